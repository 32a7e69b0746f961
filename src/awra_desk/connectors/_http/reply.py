"""What comes back: a reply whose body was read whole and strictly, or a trouble that the policy table knows."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

REQUEST_ID_HEADERS = ("request-id", "intuit_tid", "paypal-debug-id", "x-request-id")
"""Headers in which providers name a request, so that their support can find it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A provider's answer.

    Attributes:
        headers: names in lower case.
        text: the body, decoded from UTF-8; body: its JSON value as `exact_json.loads` gives it, None when there is
            none.
        request_id: the provider's own name of the request, or "".
    """

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)  # a token endpoint's is a secret
    body: Any = field(repr=False)
    request_id: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A request that did not end well.

    Attributes:
        code: key into the policy table.
        words: what the provider or the line said, "" if nothing; not yet redacted.
        retry_after: seconds or date to wait for, as text: the header's, or what `inspect` read in the body; None when
            neither says. told_at: the answer's own Date, or None.
    """

    code: str
    words: str = ""
    request_id: str = ""
    retry_after: str | None = None
    told_at: datetime | None = None


class TroubleMet(Exception):
    """Carries a trouble up to the retry loop; never leaves this package."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.code)


_LINE: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError), "connect"),
    ((httpx.TimeoutException,), "timeout"),
    ((httpx.NetworkError, httpx.RemoteProtocolError), "dropped"),
    ((httpx.DecodingError,), "undecodable"),
)


def request_id(headers: Mapping[str, str]) -> str:
    """The provider's name of the request, or ""."""
    return next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), "")


def line_trouble(error: httpx.HTTPError | httpx.InvalidURL) -> Trouble:
    """What an exception of the HTTP library means.

    Its own words are dropped: they may quote headers, and they are not for people.
    """
    if _certificate(error):
        return Trouble("certificate")
    if isinstance(error, httpx.RemoteProtocolError) and "incomplete" in str(error):
        return Trouble("truncated")
    return Trouble(next((code for kinds, code in _LINE if isinstance(error, kinds)), "unsendable"))


def _certificate(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
