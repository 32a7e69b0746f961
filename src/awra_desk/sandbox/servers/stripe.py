"""The Stripe API over a simulated month: lists, single objects and the balance, for a restricted key that may only
read.

Behaviour is taken from Stripe's OpenAPI document and published fixtures; the tests prove the parameter tables and
every answer against them. Events older than 30 days are kept, unlike at Stripe. Writes are refused as for a key
without the permission.
"""

import base64
import binascii
import hashlib
import re
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awra_desk.sandbox.merchant import Json, StripeBooks
from awra_desk.sandbox.servers._http import Request, Response, Router, json_response
from awra_desk.sandbox.servers.deliveries import SignedEvent, stripe_event
from awra_desk.sandbox.servers.faults import RowFaults
from awra_desk.sandbox.servers.parameters import Kind, Parameter, ParameterError, Table, Value, read_parameters

DEFAULT_VERSION = "2022-11-15"
_DEFAULT_LIMIT = 10
_CACHED_FILTERS = 64
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?")

_TEXT = Parameter(Kind.TEXT, maximum=5000)
_RANGE = Parameter(Kind.RANGE)
_EXPAND: dict[str, Parameter] = {"expand": Parameter(Kind.TEXTS)}
_LIST = {
    **_EXPAND,
    "limit": Parameter(Kind.INTEGER, minimum=1, maximum=100),
    "starting_after": _TEXT,
    "ending_before": _TEXT,
    "created": _RANGE,
}


@dataclass(frozen=True, slots=True)
class _Resource:
    """One kind of object: `plural` as in the path and `StripeBooks`, `noun` as in messages, and the list's own
    filters.
    """

    plural: str
    noun: str
    path_name: str
    filters: Mapping[str, Parameter]
    expandable: tuple[str, ...] = ()


_RESOURCES = (
    _Resource(
        "charges",
        "charge",
        "charge",
        {"customer": _TEXT, "payment_intent": _TEXT, "transfer_group": _TEXT},
        ("balance_transaction", "failure_balance_transaction"),
    ),
    _Resource(
        "refunds",
        "refund",
        "refund",
        {"charge": _TEXT, "payment_intent": _TEXT},
        ("balance_transaction", "charge", "failure_balance_transaction"),
    ),
    _Resource(
        "balance_transactions",
        "balance transaction",
        "id",
        {"currency": _TEXT, "payout": _TEXT, "source": _TEXT, "type": _TEXT},
        ("source",),
    ),
    _Resource(
        "payouts",
        "payout",
        "payout",
        {"arrival_date": _RANGE, "destination": _TEXT, "status": _TEXT},
        ("balance_transaction", "failure_balance_transaction", "original_payout", "reversed_by"),
    ),
    _Resource("disputes", "dispute", "dispute", {"charge": _TEXT, "payment_intent": _TEXT}, ("charge",)),
    _Resource(
        "events",
        "event",
        "id",
        {"delivery_success": Parameter(Kind.BOOLEAN), "type": _TEXT, "types": Parameter(Kind.TEXTS)},
    ),
)
_EXPANDABLE = {resource.noun.replace(" ", "_"): resource.expandable for resource in _RESOURCES}

PARAMETERS: dict[str, Table] = {
    "/v1/balance": _EXPAND,
    **{f"/v1/{resource.plural}": {**_LIST, **resource.filters} for resource in _RESOURCES},
    **{f"/v1/{resource.plural}/{{{resource.path_name}}}": _EXPAND for resource in _RESOURCES},
}
"""Path template -> the query parameters it takes; everything else is refused."""


class _Refusal(Exception):
    """What Stripe answers with its error object."""

    def __init__(self, status: int, message: str, *, code: str = "", param: str = "") -> None:
        self.status = status
        self.code = code
        self.param = param
        super().__init__(message)


class StripeApplication:
    """Answers as api.stripe.com does for one account.

    Args:
        books: the simulated account.
        api_key: the restricted key that is accepted.
        rows: rows that come late or change; resources are named as in the path ("balance_transactions").
    """

    def __init__(self, books: StripeBooks, *, api_key: str, rows: RowFaults | None = None) -> None:
        self.rows = rows if rows is not None else RowFaults()
        self._books = books
        self.api_key = api_key
        self.signing_secret = f"whsec_{hashlib.sha256(f'{api_key}/events'.encode()).hexdigest()[:32]}"
        self._calls = 0
        self._newest_first: dict[str, list[Json]] = {
            resource.plural: getattr(books, resource.plural)[::-1] for resource in _RESOURCES
        }
        self._position = {
            plural: {row["id"]: place for place, row in enumerate(rows)} for plural, rows in self._newest_first.items()
        }
        self._by_id = {row["id"]: row for rows in self._newest_first.values() for row in rows}
        self._filtered: dict[tuple[Any, ...], list[int]] = {}
        self._router = self._routes()

    def handle(self, request: Request) -> Response:
        """The answer to one call, with Stripe's headers."""
        try:
            self._check_key(request.headers.get("authorization", ""))
            self._check_version(request.headers.get("stripe-version", DEFAULT_VERSION))
            handler, values, known = self._router.find(request.method, request.path)
            if handler is None:
                raise self._no_handler(request, known=known)
            return handler(request, values)
        except _Refusal as refusal:
            kind = "api_error" if refusal.status >= 500 else "invalid_request_error"
            return self._error(refusal, kind, request.headers.get("stripe-version", DEFAULT_VERSION))

    def deliveries(self, ids: Sequence[str] | None = None, at: int | None = None) -> list[SignedEvent]:
        """The account's events as Stripe posts them to a webhook endpoint, oldest first, or these in this order.

        Args:
            at: unix second at which they are signed, None for now.

        Raises:
            KeyError: no such event.
        """
        chosen = [self._by_id[each] for each in ids] if ids is not None else self._newest_first["events"][::-1]
        return [stripe_event(event, self.signing_secret, int(time.time()) if at is None else at) for event in chosen]

    def failure(self, status: int) -> Response:
        """Stripe's error object for trouble of this status."""
        known = {
            401: _Refusal(401, f"Invalid API Key provided: {_masked(self.api_key)}"),
            429: _Refusal(429, "Request rate limit exceeded.", code="rate_limit"),
            503: _Refusal(503, "Stripe is temporarily unavailable."),
        }
        refusal = known.get(status) or _Refusal(status, "An unknown error occurred")
        return self._error(refusal, "api_error" if status >= 500 else "invalid_request_error", DEFAULT_VERSION)

    def _routes(self) -> Router:
        router = Router()
        router.add("GET", "/v1/balance", self._balance)
        for resource in _RESOURCES:
            router.add("GET", f"/v1/{resource.plural}", self._list_handler(resource))
            router.add("GET", f"/v1/{resource.plural}/{{{resource.path_name}}}", self._one_handler(resource))
        return router

    def _check_key(self, header: str) -> None:
        scheme, _, value = header.partition(" ")
        key = value.strip()
        if scheme.lower() == "basic":
            try:
                key = base64.b64decode(key, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                key = ""
        if scheme.lower() not in ("basic", "bearer") or not key:
            raise _Refusal(
                401, "You did not provide an API key. You need to provide your API key in the Authorization header."
            )
        if key != self.api_key:
            raise _Refusal(401, f"Invalid API Key provided: {_masked(key)}")

    def _check_version(self, version: str) -> None:
        if not _VERSION.fullmatch(version):
            raise _Refusal(400, f"Invalid Stripe API version: {version}")

    def _no_handler(self, request: Request, *, known: bool) -> _Refusal:
        if known:
            return _Refusal(
                403,
                f"The provided key '{_masked(self.api_key)}' does not have the required permissions for this endpoint "
                f"on account '{self._books.account_id}'.",
            )
        return _Refusal(404, f"Unrecognized request URL ({request.method}: {request.path}).")

    def _balance(self, request: Request, _values: dict[str, str]) -> Response:
        parameters = _parameters("/v1/balance", request)
        return self._success(request, self._expanded(self._books.balance, parameters, prefix=""))

    def _one_handler(self, resource: _Resource) -> Callable[[Request, dict[str, str]], Response]:
        template = f"/v1/{resource.plural}/{{{resource.path_name}}}"

        def answer(request: Request, values: dict[str, str]) -> Response:
            parameters = _parameters(template, request)
            identity = values[resource.path_name]
            known = identity in self._position[resource.plural]
            if not known or identity in self.rows.hidden(resource.plural):
                raise _Refusal(404, f"No such {resource.noun}: '{identity}'", code="resource_missing", param="id")
            row = self.rows.served(resource.plural, identity, self._by_id[identity])
            return self._success(request, self._expanded(row, parameters, prefix=""))

        return answer

    def _list_handler(self, resource: _Resource) -> Callable[[Request, dict[str, str]], Response]:
        def answer(request: Request, _values: dict[str, str]) -> Response:
            parameters = _parameters(f"/v1/{resource.plural}", request)
            page, has_more = self._page(resource, parameters)
            rows = [self.rows.served(resource.plural, row["id"], row) for row in page]
            self.rows.list_answered(resource.plural)
            expanded = [self._expanded(row, parameters, prefix="data.") for row in rows]
            return self._success(
                request,
                {"object": "list", "data": expanded, "has_more": has_more, "url": f"/v1/{resource.plural}"},
            )

        return answer

    def _page(self, resource: _Resource, parameters: Mapping[str, Value]) -> tuple[list[Json], bool]:
        """The rows of one page and whether more follow in the direction asked for."""
        if "starting_after" in parameters and "ending_before" in parameters:
            raise _Refusal(400, "You may only specify one of these parameters: ending_before, starting_after.")
        limit = parameters.get("limit", _DEFAULT_LIMIT)
        assert isinstance(limit, int)
        places = self._matching(resource, parameters)
        if "ending_before" in parameters:
            stop = bisect_left(places, self._cursor(resource, parameters, "ending_before"))
            start = max(0, stop - limit)
            has_more = start > 0
        else:
            start = 0
            if "starting_after" in parameters:
                start = bisect_right(places, self._cursor(resource, parameters, "starting_after"))
            stop = start + limit
            has_more = stop < len(places)
        rows = self._newest_first[resource.plural]
        return [rows[place] for place in places[start:stop]], has_more

    def _cursor(self, resource: _Resource, parameters: Mapping[str, Value], name: str) -> int:
        identity = str(parameters[name])
        place = self._position[resource.plural].get(identity)
        if place is None:
            raise _Refusal(400, f"No such {resource.noun}: '{identity}'", code="resource_missing", param=name)
        return place

    def _matching(self, resource: _Resource, parameters: Mapping[str, Value]) -> list[int]:
        """Positions, ascending, of the rows that pass the filters; kept, since a pager asks with the same filters
        again.
        """
        filters = {name: value for name, value in parameters.items() if name == "created" or name in resource.filters}
        hidden = self.rows.hidden(resource.plural)
        key = (resource.plural, repr(sorted(filters.items())), hidden)
        if key not in self._filtered:
            tests = [self._test(name, value) for name, value in filters.items()]
            if len(self._filtered) >= _CACHED_FILTERS:
                self._filtered.clear()
            self._filtered[key] = [
                place
                for place, row in enumerate(self._newest_first[resource.plural])
                if row["id"] not in hidden and all(test(row) for test in tests)
            ]
        return self._filtered[key]

    def _test(self, name: str, value: Value) -> Callable[[Json], bool]:
        if isinstance(value, dict):
            return lambda row: _within(row[name], value)
        if name == "payout":
            members = self._members(str(value))
            return lambda row: row["id"] in members
        if name == "types" and isinstance(value, tuple):
            return lambda row: row["type"] in value
        if name == "type" and isinstance(value, str) and value.endswith("*"):
            return lambda row: row["type"].startswith(value[:-1])
        if name == "delivery_success":
            return lambda row: (row["pending_webhooks"] == 0) is value
        return lambda row: row.get(name) == value

    def _members(self, payout: str) -> frozenset[str]:
        if payout not in self._position["payouts"]:
            raise _Refusal(400, f"No such payout: '{payout}'", code="resource_missing", param="payout")
        if not self._by_id[payout]["automatic"] or self._by_id[payout]["method"] == "instant":
            words = "Balance transaction history can only be filtered on automatic transfers, not manual."
            raise _Refusal(400, words, param="payout")
        return frozenset({*self._books.payout_members.get(payout, ()), self._by_id[payout]["balance_transaction"]})

    def _expanded(self, row: Json, parameters: Mapping[str, Value], *, prefix: str) -> Json:
        paths = parameters.get("expand", ())
        assert isinstance(paths, tuple)
        for path in paths:
            if not path.startswith(prefix):
                raise _not_expandable(path)
            row = self._expand(row, path.removeprefix(prefix).split("."), path)
        return row

    def _expand(self, row: Json, parts: Sequence[str], path: str) -> Json:
        field, rest = parts[0], parts[1:]
        if field not in _EXPANDABLE.get(row["object"], ()):
            raise _not_expandable(path)
        value = self._by_id.get(row[field], row[field]) if isinstance(row.get(field), str) else row.get(field)
        if rest and isinstance(value, dict):
            value = self._expand(value, rest, path)
        return {**row, field: value}

    def _success(self, request: Request, document: Json) -> Response:
        return json_response(200, document, self._headers(request.headers.get("stripe-version", DEFAULT_VERSION)))

    def _error(self, refusal: _Refusal, kind: str, version: str) -> Response:
        error = {"message": str(refusal), "type": kind}
        if refusal.code:
            error["code"] = refusal.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{refusal.code.replace('_', '-')}"
        if refusal.param:
            error["param"] = refusal.param
        return json_response(refusal.status, {"error": error}, self._headers(version))

    def _headers(self, version: str) -> dict[str, str]:
        self._calls += 1
        digest = hashlib.sha256(f"{self.api_key}/{self._calls}".encode()).hexdigest()
        return {"Request-Id": f"req_{digest[:14]}", "Stripe-Version": version}


def _parameters(template: str, request: Request) -> dict[str, Value]:
    try:
        return read_parameters(PARAMETERS[template], request.query)
    except ParameterError as error:
        raise _refused_parameter(error) from error


def _refused_parameter(error: ParameterError) -> _Refusal:
    match error.problem:
        case "unknown":
            return _Refusal(
                400, f"Received unknown parameter: {error.name}", code="parameter_unknown", param=error.name
            )
        case "integer":
            return _Refusal(400, f"Invalid integer: {error.value}", code="parameter_invalid_integer", param=error.name)
        case "minimum" | "maximum":
            side = "greater" if error.problem == "minimum" else "less"
            words = f"This value must be {side} than or equal to {error.limit} (it currently is '{error.value}')."
            return _Refusal(400, words, code="parameter_invalid_integer", param=error.name)
        case "boolean":
            return _Refusal(400, f"Invalid boolean: {error.value}", param=error.name)
        case "length":
            words = f"Invalid string: {error.value[:20]}...; must be at most {error.limit} characters"
            return _Refusal(400, words, param=error.name)
    return _Refusal(400, f"Invalid value for {error.name}: {error.value}", param=error.name)


def _not_expandable(path: str) -> _Refusal:
    return _Refusal(400, f"This property cannot be expanded ({path}).", param="expand")


def _within(value: int, bounds: Mapping[str, int]) -> bool:
    compare: dict[str, Callable[[int], bool]] = {
        "eq": lambda bound: value == bound,
        "gt": lambda bound: value > bound,
        "gte": lambda bound: value >= bound,
        "lt": lambda bound: value < bound,
        "lte": lambda bound: value <= bound,
    }
    return all(compare[name](bound) for name, bound in bounds.items())


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}"
