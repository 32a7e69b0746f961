"""The client's manners: one origin, bounded bodies, strict JSON, and no secret in anything a person or log can see."""

import gzip
import logging
import traceback

import httpx
import pytest

from awra_desk.connectors._http import BasicAuth, BearerAuth, Redactor, Trouble, check_base_url, same_origin_link
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.ports.connections import TransportError
from tests.connectors.virtual_time import KEY, VirtualClock, client


def answering(status=200, content=b"{}", headers=None):
    return lambda _: httpx.Response(status, content=content, headers=headers)


def test_a_reply_keeps_number_literals_and_the_request_id():
    content = b'\xef\xbb\xbf{"amount": 1.10, "id": "a"}'
    reply = client(answering(content=content, headers={"intuit_tid": "1-abc"})).get(
        "/v1/x", params=[("a", "1"), ("a", "2")]
    )
    assert reply.body["amount"].literal == "1.10"
    assert reply.request_id == "1-abc"
    assert (reply.status, reply.headers["intuit_tid"]) == (200, "1-abc")


def test_an_empty_answer_has_no_body():
    assert client(answering(204, b"")).get("/v1/x").body is None


def test_accepted_statuses_are_answers():
    reply = client(answering(416, b"<html>")).get("/v1/x", accept={416})
    assert (reply.status, reply.body) == (416, None)


def test_trouble_inside_a_200_is_trouble():
    def inspect(reply):
        return Trouble("429", "slow down") if "error" in reply.body else None

    with pytest.raises(TransportError, match="slow down") as caught:
        client(answering(content=b'{"error": 1}'), inspect=inspect).get("/v1/x")
    assert caught.value.kind == "rate"


def test_a_redirect_is_not_followed():
    seen = []

    def answer(request):
        seen.append(str(request.url))
        return httpx.Response(302, headers={"Location": "https://evil.example/"})

    with pytest.raises(TransportError, match="elsewhere"):
        client(answer).get("/v1/x")
    assert seen == ["https://api.shop.example/v1/x"]


def test_an_endless_or_explosive_answer_is_stopped():
    bomb = gzip.compress(b"0" * 5_000_000)
    for content, headers in ((b"1" * 2_000, {}), (bomb, {"Content-Encoding": "gzip"})):
        with pytest.raises(TransportError, match="more than a page") as caught:
            client(answering(content=content, headers=headers), max_bytes=1_000).get("/v1/x")
        assert caught.value.kind == "protocol"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.shop.example", "ftp://api.shop.example", "https://user:pw@api.shop.example", "https://api.shop.example?key=1",
        "https://api.shop.example/#x", "https://", "api.shop.example", "https://169.254.169.254", "https://0.0.0.0",
        "https://[fe80::1]", "http://127.0.0.1:80", "https://localhost", "https://[::1]", "http://[bad", "https://host:99999",
    ],
)  # fmt: skip
def test_base_urls_that_may_not_be_used(url):
    with pytest.raises(UsageError) as caught:
        check_base_url(url)
    assert "pw" not in caught.value.text


def test_base_urls_that_may_be_used():
    assert check_base_url("https://books.example.org/api/") == "https://books.example.org/api"
    assert check_base_url("http://127.0.0.1:8080", allow_loopback=True) == "http://127.0.0.1:8080"
    assert check_base_url("https://api.stripe.com", hosts=("api.stripe.com",)) == "https://api.stripe.com"
    with pytest.raises(UsageError, match="not the provider's"):
        check_base_url("https://api.stripe.com.evil.example", hosts=("api.stripe.com",))
    with pytest.raises(UsageError, match="https only"):
        check_base_url("http://books.example.org", allow_loopback=True)


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/next", "http://api.shop.example/next", "//evil.example", "https://api.shop.example:8443/x"],
)
def test_credentials_do_not_follow_a_link_elsewhere(link):
    asked = []
    http = client(lambda request: asked.append(request) or httpx.Response(200, content=b"{}"))
    with pytest.raises(TransportError) as caught:
        http.get(link)
    assert caught.value.kind == "protocol"
    assert asked == []


def test_links_on_the_same_origin_are_followed():
    assert same_origin_link("https://api.shop.example/v1", "/v1/x?page=2") == "https://api.shop.example/v1/x?page=2"
    seen = []
    http = client(lambda request: seen.append(str(request.url)) or httpx.Response(200, content=b"{}"))
    http.get("https://api.shop.example:443/v1/x?page=2")
    assert seen == ["https://api.shop.example/v1/x?page=2"]


def every_trace_of(failure):
    """All texts in which somebody might meet an error."""
    return [str(failure), repr(failure), *traceback.format_exception(failure), getattr(failure, "text", "")]


@pytest.mark.parametrize("secret_in", ["message", "header", "url", "html", "exception"])
def test_no_secret_in_errors_or_logs(secret_in, caplog):
    """The canary: a provider that echoes the key, in every way it could, does not get it into our words."""
    caplog.set_level(logging.DEBUG)

    def answer(request):
        if secret_in == "exception":
            raise httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'")
        body = f'{{"error": {{"message": "Key {KEY} and access_token=abcdefgh12345 and Bearer zyxwvut98765 unknown"}}}}'
        return httpx.Response(
            400,
            content=f"<b>{KEY}</b>" if secret_in == "html" else body,
            headers={"Request-Id": KEY if secret_in == "header" else "req_1"},
        )

    http = client(answer)
    path = f"/v1/{KEY}" if secret_in == "url" else "/v1/x"
    with pytest.raises(UserError) as caught:
        http.get(path)
    with pytest.raises(UserError) as written:
        http.write(path, content=f'{{"note": "{KEY}"}}')
    texts = [text for failure in (caught.value, written.value) for text in every_trace_of(failure)]
    texts += [record.getMessage() for record in caplog.records] + [repr(http), repr(BearerAuth(KEY))]
    for text in texts:
        for secret in (KEY, "canary51", "abcdefgh12345", "zyxwvut98765"):
            assert secret not in "".join(
                line for line in text.splitlines() if "raise" not in line and "match" not in line
            )


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "caf\u00e9", "tab\t"])
def test_a_key_no_header_can_hold_is_refused_without_being_shown(key):
    for make in (lambda: BearerAuth(key), lambda: BasicAuth("name", key)):
        with pytest.raises(TransportError) as caught:
            make()
        assert caught.value.kind == "auth"
        assert not key or key not in caught.value.text


def test_redaction_knows_the_forms_of_a_secret():
    hide = Redactor(["s3cret/with+signs"])
    quoted = "token s3cret%2Fwith%2Bsigns and s3cret/with+signs and czNjcmV0L3dpdGgrc2lnbnM="
    assert "s3cret" not in hide(quoted)
    assert "czNj" not in hide(quoted)
    assert hide('{"refresh_token": "RT1-abc", "x": 1}') == '{"refresh_token": "***", "x": 1}'
    assert hide("sk_live_51Habc") == "sk_***"
    assert hide("an ordinary sentence about tokens") == "an ordinary sentence about tokens"
    assert "s3cret" not in repr(hide)


def test_the_client_closes():
    clock = VirtualClock()
    with client(answering(), clock) as http:
        assert http.get("/v1/x").status == 200
    with pytest.raises(RuntimeError):
        http.get("/v1/x")
