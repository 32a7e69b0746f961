"""The `/_sandbox/` endpoint: lets another process script trouble while `awra-desk sandbox` serves. No provider has
it.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from awra_desk.sandbox.servers import exact_json
from awra_desk.sandbox.servers._http import Exchange, Request, Response, json_response
from awra_desk.sandbox.servers.deliveries import SignedEvent, post_all
from awra_desk.sandbox.servers.faults import FaultPlan, RowFaults, Rule


class Admin:
    """Changes one server's faults.

    `POST /_sandbox/faults` with `{"faults": [{"path", "kind", ...}]}` adds rules (`Rule.from_json`), DELETE ends all.
    `POST /_sandbox/late` with `{"resource", "ids", "calls"?}` withholds rows, DELETE shows them.
    `POST /_sandbox/mutations` with `{"resource", "id", "changes"}` lets an object change.
    `GET /_sandbox/exchanges` lists the calls so far.
    `POST /_sandbox/events` with `{"url", "ids"?}` posts the account's events there, signed, all or these in this order;
    the answer has the status of each.
    """

    def __init__(
        self,
        faults: FaultPlan,
        rows: RowFaults,
        exchanges: Collection[Exchange],
        events: Callable[[Sequence[str] | None], Sequence[SignedEvent]] | None = None,
    ) -> None:
        self._faults = faults
        self._events = events
        self._rows = rows
        self._exchanges = exchanges

    def handle(self, request: Request) -> Response:
        """Does what is asked; 400 with the reason if it is not understood, 404 for another path."""
        try:
            document = exact_json.loads(request.body) if request.body else {}
            match request.method, request.path:
                case "POST", "/_sandbox/faults":
                    self._faults.add(*[Rule.from_json(rule) for rule in document["faults"]])
                case "DELETE", "/_sandbox/faults":
                    self._faults.clear()
                case "POST", "/_sandbox/late":
                    self._rows.withhold(document["resource"], document["ids"], calls=document.get("calls"))
                case "DELETE", "/_sandbox/late":
                    self._rows.release()
                case "POST", "/_sandbox/mutations":
                    self._rows.mutate(document["resource"], document["id"], document["changes"])
                case "GET", "/_sandbox/exchanges":
                    return json_response(200, {"exchanges": [_shown(exchange) for exchange in list(self._exchanges)]})
                case "POST", "/_sandbox/events" if self._events is not None:
                    statuses = post_all(document["url"], self._events(document.get("ids")))
                    return json_response(200, {"statuses": statuses})
                case _:
                    return json_response(404, {"error": f"{request.method} {request.path} is unknown"})
        except (KeyError, TypeError, ValueError) as error:
            return json_response(400, {"error": f"{type(error).__name__}: {error}"})
        return json_response(200, {"done": True})

    def failure(self, status: int) -> Response:
        """Never struck by faults itself."""
        return json_response(status, {"error": "failure"})


def _shown(exchange: Exchange) -> dict[str, Any]:
    return {
        "method": exchange.method,
        "path": exchange.path,
        "query": [list(pair) for pair in exchange.query],
        "status": exchange.status,
        "fault": exchange.fault.value if exchange.fault else None,
    }
