"""A simulated provider without sockets: a client's transport that hands each request to the application itself."""

import httpx

from awra_desk.sandbox.servers._http import Request

BASE_URL = "https://provider.example.com"


def transport(application):
    """For tests that make thousands of calls; those about the line use a loopback server."""

    def answer(request):
        asked = Request(
            method=request.method,
            path=request.url.path,
            query=tuple(request.url.params.multi_items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.content,
        )
        response = application.handle(asked)
        return httpx.Response(response.status, headers=list(response.headers), content=response.body)

    return httpx.MockTransport(answer)
