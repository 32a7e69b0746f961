"""The one HTTP client: bounded, strict, patient by the policy table, and silent about secrets.

Connectors call `get` and `ask` for what may be repeated, `write` for what must happen once. It owns retries (there is
no other layer of them), rate, credentials' renewal and the reading of bodies; it knows no provider.
"""

from __future__ import annotations

import logging
import random
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from awra_desk.connectors._http.auth import Auth
from awra_desk.connectors._http.bucket import LONGEST_WAIT, Stopped, TokenBucket, instant
from awra_desk.connectors._http.guard import Guard
from awra_desk.connectors._http.origin import check_base_url, is_loopback, same_origin_link
from awra_desk.connectors._http.pace import Go
from awra_desk.connectors._http.policy import Action, Policy, Rule, Written, http_date, retry_after
from awra_desk.connectors._http.redaction import Redactor
from awra_desk.connectors._http.reply import Reply, Trouble, TroubleMet, line_trouble, request_id
from awra_desk.normalise.exact_json import JsonRefused, loads
from awra_desk.ports.connections import OutcomeUnknown, PostingRefused, TransportError
from awra_desk.ports.system import Clock

log = logging.getLogger(__name__)
for _name in ("httpx", "httpcore"):
    # They log whole URLs and answer headers; ours says as much without secrets.
    logging.getLogger(_name).setLevel(logging.WARNING)

Params = Sequence[tuple[str, str]]
Inspect = Callable[[Reply], Trouble | None]

MAX_BYTES = 32 * 1024 * 1024
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_WAIT_LONGER = "Try again in a few minutes."
_QUOTED = 300  # characters of a provider's own words that an error quotes


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    params: Params
    headers: Mapping[str, str]
    content: str | None
    form: Params | None
    accept: Collection[int]
    writes: bool

    @property
    def name(self) -> str:
        return f"{self.method} {urlsplit(self.url).path}"


class Http:
    """One connection to one provider.

    Args:
        base_url: see `origin.check_base_url`; requests name paths below it.
        provider: the name people know it by, for messages.
        bucket: shared by all clients of the same account.
        guard: the connection's: where its limits are kept, and whether it may write.
        inspect: looks at each answer with a JSON body, whatever its status; a trouble it returns replaces the status's
            own (a fault inside a 200, a code the policy has a row for, the provider's own words).
        transport: a replacement for the network, in tests.
        redact: further secrets to hide, beside the credentials'.
        headers: sent with every request.
        timeout: seconds to wait for an answer.

    Raises:
        UsageError: the base URL may not be used.
    """

    def __init__(  # noqa: PLR0913 -- the composition of one connection, called in one place a provider
        self,
        base_url: str,
        *,
        provider: str,
        auth: Auth,
        policy: Policy,
        bucket: TokenBucket,
        clock: Clock,
        rng: random.Random,
        transport: httpx.BaseTransport | None = None,
        redact: Iterable[str] = (),
        inspect: Inspect | None = None,
        headers: Mapping[str, str] | None = None,
        allow_loopback: bool = False,
        hosts: Collection[str] = (),
        max_bytes: int = MAX_BYTES,
        timeout: float | None = None,
        guard: Guard,
    ) -> None:
        self._base = check_base_url(base_url, allow_loopback=allow_loopback, hosts=hosts)
        self._provider = provider
        self._auth = auth
        self._policy = policy
        self._bucket = bucket
        self._guard = guard
        bucket.share(guard.shared, guard.name)
        self._clock = clock
        self._rng = rng
        self._inspect = inspect
        self._max_bytes = max_bytes
        self._redact = Redactor(redact)
        self._client = httpx.Client(
            transport=transport,
            headers={"User-Agent": "awra-desk", "Accept": "application/json", **(headers or {})},
            timeout=_TIMEOUT if timeout is None else httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            follow_redirects=False,
            trust_env=not is_loopback(urlsplit(self._base).hostname or ""),  # a proxy has no business on loopback
        )

        # Sources have no end of their own: their connections end with them.
        self.close = weakref.finalize(self, self._client.close)
        """Close the connections now; the client is of no use afterwards."""

    def __repr__(self) -> str:
        return f"Http({self._provider}, {self._base})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def hide(self, secrets: Iterable[str]) -> None:
        """Keep these out of every message, too."""
        self._redact.learn(secrets)

    def get(
        self, path: str, *, params: Params = (), headers: Mapping[str, str] | None = None, accept: Collection[int] = ()
    ) -> Reply:
        """Read.

        Args:
            path: below the base URL, or an absolute link of the same origin (a provider's "next" link).
            accept: statuses outside 200..299 that are answers here, not troubles.

        Raises:
            TransportError: after what the policy allows.
        """
        return self._repeat(self._request("GET", path, params=params, headers=headers, accept=accept))

    def ask(
        self,
        path: str,
        *,
        params: Params = (),
        content: str | None = None,
        form: Params | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Reply:
        """POST something that may be repeated: a search, a token refresh.

        Args:
            content: JSON text, or `form`: fields to URL-encode.

        Raises:
            TransportError: after what the policy allows.
        """
        request = self._request("POST", path, params=params, content=content, form=form, headers=headers, accept=accept)
        return self._repeat(request)

    def write(
        self,
        path: str,
        *,
        method: str = "POST",
        params: Params = (),
        content: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Change something at the provider. Repeated only while it is certain that nothing was done there.

        Raises:
            PostingRefused: the provider answered and refused.
            OutcomeUnknown: the answer was lost, cut or unreadable; it may or may not have acted.
            TransportError: it was not reached or turned us away before acting, so certainly nothing was written.
        """
        return self._repeat(self._request(method, path, params=params, content=content, headers=headers, writes=True))

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Params,
        content: str | None = None,
        form: Params | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
        writes: bool = False,
    ) -> _Request:
        if path.startswith("/") and not path.startswith("//"):
            url = self._base + path
        else:
            url = same_origin_link(self._base, path)
        extra = {"Content-Type": "application/json"} if content is not None else {}
        return _Request(method, url, params, {**extra, **(headers or {})}, content, form, accept, writes)

    def _repeat(self, request: _Request) -> Reply:
        self._refuse_writing(request)
        began = self._clock.elapsed()
        refreshed = renewed = False
        trouble: Trouble | None = None
        attempt = 0
        while True:
            attempt += 1
            credentials = self._auth.headers()
            self._redact.learn(self._auth.secrets())
            # With renewed credentials it is another request, not the same one again.
            go = self._enter(request, trouble, attempt, retry=attempt > 1 and not renewed)
            renewed = False
            try:
                return self._settled(go, request, credentials)
            except TroubleMet as met:
                trouble = met.trouble
            rule = self._policy.rule(trouble.code)
            self._log(request, f"{trouble.code} at attempt {attempt}", trouble.request_id)
            asked = self._pause(trouble, rule)
            if request.writes and rule.written is not Written.NO:
                raise self._lost(request, trouble, rule)
            if rule.action is Action.REFRESH and not refreshed and attempt < self._policy.attempts:
                refreshed = True
                renewed = self._auth.refresh(credentials)
                if renewed:
                    continue
            spent = self._clock.elapsed() - began
            self._clock.sleep(self._wait(request, trouble, rule, attempt, spent=spent, asked=asked))

    def _refuse_writing(self, request: _Request) -> None:
        """The one place where a connection that may only read is kept from writing, whoever asks."""
        if request.writes and (words := self._guard.forbidden()):
            raise TransportError(
                f"nothing was sent to {self._provider}: {words}",
                kind="refused",
                record=self._redact(request.name),
                remedy="Have the integration owner open the next rung (`awra-desk ladder`).",
            )

    def _enter(self, request: _Request, trouble: Trouble | None, attempt: int, *, retry: bool) -> Go:
        """Wait for the account's turn.

        Raises:
            TransportError: it does not come; after a failed attempt that failure is what is told.
        """
        try:
            return self._bucket.enter(retry=retry)
        except Stopped as stopped:
            stop = stopped.stop
        until = None if stop.until is None else instant(stop.until)
        if trouble is not None:
            rule = self._policy.rule(trouble.code)
            raise self._failed(request, trouble, rule, tries=attempt - 1, not_before=until)
        remedy = _WAIT_LONGER if until is None else f"Try again after {until:%Y-%m-%d %H:%M:%S} UTC."
        raise TransportError(
            f"{self._provider} {stop.words}",
            kind=stop.kind,
            record=self._redact(request.name),
            remedy=remedy,
            not_before=until,
        )

    def _settled(self, go: Go, request: _Request, credentials: Mapping[str, str]) -> Reply:
        """One request, and what it says of the provider's health. Raises TroubleMet."""
        alive, told_at = False, None
        try:
            reply = self._send(request, credentials)
        except TroubleMet as met:
            alive = self._policy.rule(met.trouble.code).action is not Action.RETRY
            told_at = met.trouble.told_at
            raise
        else:
            alive, told_at = True, http_date(reply.headers.get("date"))
            return reply
        finally:
            skew = (told_at - self._clock.now()).total_seconds() if told_at else None
            self._bucket.leave(go, alive=alive, skew=skew)

    def _pause(self, trouble: Trouble, rule: Rule) -> float | None:
        """Hold everybody back for as long as the provider asks; returns the seconds it asked for, None for none."""
        asked = retry_after(trouble.retry_after, trouble.told_at or self._clock.now())
        if asked:
            self._bucket.pause(asked)
        elif rule.action is Action.RATE_LIMITED:
            self._bucket.pause(self._policy.base)
        return asked

    def _wait(
        self, request: _Request, trouble: Trouble, rule: Rule, attempt: int, *, spent: float, asked: float | None
    ) -> float:
        """Seconds until the next attempt.

        Raises:
            TransportError: there is none.
        """
        if rule.action not in (Action.RETRY, Action.RATE_LIMITED):
            raise self._failed(request, trouble, rule)
        if asked is not None and asked > min(self._policy.longest_wait, LONGEST_WAIT):
            until = self._bucket.pause(asked)
            length = f"until {until:%Y-%m-%d %H:%M} UTC" if asked < 7 * 86_400 else "more than a week"
            remedy = f"It asks us to wait {length}; try again after that."
            raise self._failed(request, trouble, rule, remedy=remedy, not_before=until)
        wait = max(self._policy.backoff(attempt, self._rng), asked or 0.0)
        if attempt >= self._policy.attempts or spent + wait > self._policy.budget:
            raise self._failed(request, trouble, rule, tries=attempt)
        if rule.action is Action.RATE_LIMITED:
            self._bucket.pause(wait)
        return wait

    def _send(self, request: _Request, credentials: Mapping[str, str]) -> Reply:
        """One request. Raises TroubleMet."""
        try:
            with self._client.stream(
                request.method,
                request.url,
                params=list(request.params) or None,
                headers={**request.headers, **credentials},
                content=request.content.encode() if request.content is not None else None,
                data=dict(request.form) if request.form is not None else None,
            ) as response:
                raw = self._body(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            trouble = line_trouble(error)
        else:
            return self._judge(request, response, raw)
        # Outside the handler, so that the library's exception (which may quote headers) is not chained to ours.
        raise TroubleMet(trouble)

    def _body(self, response: httpx.Response) -> bytes:
        """The whole body. A compressed bomb is stopped here too, because the decoded size counts."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self._max_bytes:
                raise TroubleMet(Trouble("oversized", request_id=request_id(response.headers)))
            parts.append(part)
        return b"".join(parts)

    def _judge(self, request: _Request, response: httpx.Response, raw: bytes) -> Reply:
        """The reply, if it is one; else raises TroubleMet."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        good = response.is_success or response.status_code in request.accept
        reply, flaw = _read(response.status_code, headers, raw)
        trouble = self._inspect(reply) if self._inspect and reply.body is not None else None
        if trouble is None and good and not (flaw and response.is_success):
            self._log(request, str(reply.status), reply.request_id)
            return reply
        if trouble is None:
            code, words = ("undecodable", flaw) if good else (str(reply.status), _own_words(reply))
            trouble = Trouble(code, words)
        wait, told_at = trouble.retry_after or headers.get("retry-after"), http_date(headers.get("date"))
        raise TroubleMet(Trouble(trouble.code, trouble.words, reply.request_id, wait, told_at))

    def _lost(self, request: _Request, trouble: Trouble, rule: Rule) -> PostingRefused | OutcomeUnknown:
        """The error of a write that was not certainly without effect."""
        what, record = self._words(trouble, rule), self._record(request, trouble)
        if rule.written is Written.REFUSED:
            return PostingRefused(what, record=record, remedy="Correct the entry and submit it again.")
        return OutcomeUnknown(
            what, record=record, remedy="It is looked up by its reference before anything is sent again."
        )

    def _failed(
        self,
        request: _Request,
        trouble: Trouble,
        rule: Rule,
        *,
        remedy: str = "",
        tries: int = 1,
        not_before: datetime | None = None,
    ) -> TransportError:
        what = self._words(trouble, rule) + (f", {tries} times" if tries > 1 else "")
        record = self._record(request, trouble)
        return TransportError(what, kind=rule.kind, record=record, remedy=remedy or rule.remedy, not_before=not_before)

    def _words(self, trouble: Trouble, rule: Rule) -> str:
        said = self._redact(trouble.words)[:_QUOTED]
        return f"{self._provider} {rule.words}" + (f": {said}" if said else "")

    def _log(self, request: _Request, outcome: str, name: str) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", self._redact(f"{self._provider} {request.name}: {outcome} {name}".rstrip()))

    def _record(self, request: _Request, trouble: Trouble) -> str:
        named = f" (request {trouble.request_id})" if trouble.request_id else ""
        return self._redact(f"{request.name}{named}")


def _read(status: int, headers: Mapping[str, str], raw: bytes) -> tuple[Reply, str]:
    """The reply and what is wrong with its body ("" when sound; an empty body is sound)."""
    name = request_id(headers)
    try:
        text = raw.decode("utf-8-sig")  # Intuit's own samples begin with a byte order mark
    except UnicodeDecodeError as error:
        return Reply(status, headers, "", None, name), f"not UTF-8 at byte {error.start}"
    if not text.strip():
        return Reply(status, headers, text, None, name), ""
    try:
        return Reply(status, headers, text, loads(text), name), ""
    except JsonRefused as error:
        return Reply(status, headers, text, None, name), str(error)


def _own_words(reply: Reply) -> str:
    """The provider's own message, where the body has one in a usual place; a page of HTML is nobody's message."""
    body = reply.body
    if isinstance(body, dict):
        error = body.get("error")
        nested = error if isinstance(error, dict) else {}
        told = (body.get(key) for key in ("error_description", "message", "description"))
        texts = [text.strip().rstrip(".") for text in (nested.get("message"), *told, error) if isinstance(text, str)]
        return ". ".join(dict.fromkeys(text for text in texts if text))
    return ""
