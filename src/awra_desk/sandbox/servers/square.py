"""The Square API over the cafés' month: locations, payments, refunds, disputes, payouts and their entries.

Behaviour is taken from Square's OpenAPI document (tests/contracts/square): lists go by cursor, which belongs to its
query; without a location payments and payouts are those of the main one; without a beginning they are those of one
year; an empty list is left out. Unknown parameters are refused, which is stricter than Square is known to be.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers._http import Handler, Request, Response, Router, json_response
from awra_desk.sandbox.servers.faults import RowFaults
from awra_desk.sandbox.servers.parameters import Kind, Parameter, ParameterError, Table, Value, read_parameters
from awra_desk.sandbox.servers.square_tokens import GrantRefused, SquareTokens
from awra_desk.sandbox.square import SquareBooks

VERSION = "2025-08-20"
_MOST = 100
_DISPUTES_PAGE = 50
_YEAR = timedelta(days=365)
_TEXT = Parameter(Kind.TEXT, maximum=400)
_INSTANT = Parameter(Kind.INSTANT)
_ORDER = Parameter(Kind.CHOICE, choices=("ASC", "DESC"))
_PAGED: Table = {"cursor": _TEXT, "limit": Parameter(Kind.INTEGER, minimum=1), "sort_order": _ORDER}
_CREATED: Table = {"begin_time": _INSTANT, "end_time": _INSTANT, "location_id": _TEXT, **_PAGED}
_UPDATED: Table = {"updated_at_begin_time": _INSTANT, "updated_at_end_time": _INSTANT}

PARAMETERS: dict[str, Table] = {
    "/v2/locations": {},
    "/v2/payments": {
        **_CREATED,
        **_UPDATED,
        "sort_field": Parameter(Kind.CHOICE, choices=("CREATED_AT", "UPDATED_AT")),
        "total": Parameter(Kind.INTEGER),
    },
    "/v2/payments/{payment_id}": {},
    "/v2/refunds": {
        **_CREATED,
        **_UPDATED,
        "sort_field": Parameter(Kind.CHOICE, choices=("CREATED_AT", "UPDATED_AT")),
        "status": _TEXT,
        "source_type": _TEXT,
    },
    "/v2/refunds/{refund_id}": {},
    "/v2/disputes": {"cursor": _TEXT, "states": _TEXT, "location_id": _TEXT},
    "/v2/payouts": {**_CREATED, "status": Parameter(Kind.CHOICE, choices=("SENT", "FAILED", "PAID"))},
    "/v2/payouts/{payout_id}": {},
    "/v2/payouts/{payout_id}/payout-entries": _PAGED,
}
"""Path template -> the query parameters it takes; everything else is refused."""

_OF_MAIN = ("/v2/payments", "/v2/payouts")
_FIELDS = {"status": "status", "states": "state", "source_type": "destination_type", "location_id": "location_id"}


class _Refusal(Exception):
    """The provider's own refusal."""

    def __init__(self, status: int, category: str, code: str, detail: str, field: str = "") -> None:
        self.status = status
        self.error = {"category": category, "code": code, "detail": detail, **({"field": field} if field else {})}
        super().__init__(detail)


class SquareApplication:
    """The seller's API.

    Args:
        access_token: the personal token; those of a sign-in are accepted, too.

    Attributes:
        tokens: of the sign-in.
        rows: scripted rows; resources are "locations", "payments", "refunds", "disputes", "payouts" and
            "payout_entries".
    """

    def __init__(self, books: SquareBooks, *, access_token: str, rows: RowFaults | None = None) -> None:
        self.rows = rows if rows is not None else RowFaults()
        self.access_token = access_token
        self.tokens = SquareTokens(f"{books.spec}/square", access_token)
        self.books = books
        self._router = Router()
        for name, single in (("payments", "payment"), ("refunds", "refund"), ("disputes", ""), ("payouts", "payout")):
            self._router.add("GET", f"/v2/{name}", self._list_handler(name))
            if single:
                self._router.add("GET", f"/v2/{name}/{{{single}_id}}", self._one_handler(name, single))
        self._router.add("GET", "/v2/locations", self._locations)
        self._router.add("GET", "/v2/payouts/{payout_id}/payout-entries", self._entries)

    def handle(self, request: Request) -> Response:
        """The answer to one call."""
        try:
            if request.path.startswith("/oauth2/"):
                return self._sign_in(request)
            self._check_token(request.headers.get("authorization", ""))
            handler, values = self._handler(request)
            return handler(request, values)
        except _Refusal as refusal:
            return _answer(refusal.status, {"errors": [refusal.error]})

    def failure(self, status: int) -> Response:
        """Square's errors for trouble of this status; with 200, errors in place of records."""
        category, code, detail = {
            401: ("AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED", "The access token has expired."),
            403: ("AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", "The merchant has not given your application access."),
            429: ("RATE_LIMIT_ERROR", "RATE_LIMITED", "Your request reached the API rate limit."),
            503: ("API_ERROR", "SERVICE_UNAVAILABLE", "The service is unavailable."),
        }.get(status, ("API_ERROR", "INTERNAL_SERVER_ERROR", "An internal error has occurred."))
        if status == 200:
            category, code, detail = "INVALID_REQUEST_ERROR", "BAD_REQUEST", "This could not be read."
        return _answer(status, {"errors": [{"category": category, "code": code, "detail": detail}]})

    def _sign_in(self, request: Request) -> Response:
        try:
            if (request.method, request.path) == ("GET", "/oauth2/authorize"):
                return Response(302, b"", (("Location", self.tokens.authorize(dict(request.query))),))
            if (request.method, request.path) == ("POST", "/oauth2/token"):
                return _answer(200, self.tokens.obtain(request.body))
        except GrantRefused as refused:
            raise _Refusal(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", str(refused)) from refused
        raise _Refusal(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "Resource not found.")

    def _check_token(self, header: str) -> None:
        scheme, _, token = header.partition(" ")
        if scheme != "Bearer" or not self.tokens.accepts(token.strip()):
            raise _Refusal(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", "This request could not be authorized.")

    def _handler(self, request: Request) -> tuple[Handler, dict[str, str]]:
        handler, values, known = self._router.find(request.method, request.path)
        if handler is None:
            code = "METHOD_NOT_ALLOWED" if known else "NOT_FOUND"
            raise _Refusal(405 if known else 404, "INVALID_REQUEST_ERROR", code, "Resource not found.")
        return handler, values

    def _locations(self, request: Request, _values: dict[str, str]) -> Response:
        _parameters("/v2/locations", request)
        return self._shown("locations", self._visible("locations", self.books.locations))

    def _list_handler(self, resource: str) -> Handler:
        path = f"/v2/{resource}"

        def answer(request: Request, _values: dict[str, str]) -> Response:
            parameters = dict(_parameters(path, request))
            if path in _OF_MAIN:
                parameters.setdefault("location_id", self.books.main)
            if resource != "disputes":
                parameters.setdefault("begin_time", datetime.fromtimestamp(self.books.now, UTC) - _YEAR)
            rows = self._visible(resource, getattr(self.books, resource))
            return self._page(resource, [row for row in rows if _wanted(row, parameters)], parameters)

        return answer

    def _one_handler(self, resource: str, single: str) -> Handler:
        def answer(request: Request, values: dict[str, str]) -> Response:
            _parameters(f"/v2/{resource}/{{{single}_id}}", request)
            identity = values[f"{single}_id"]
            row = next(
                (row for row in self._visible(resource, getattr(self.books, resource)) if row["id"] == identity), None
            )
            if row is None:
                words = f"Could not find {single} with id: {identity}"
                raise _Refusal(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", words, f"{single}_id")
            return _answer(200, {single: self.rows.served(resource, identity, row)})

        return answer

    def _entries(self, request: Request, values: dict[str, str]) -> Response:
        parameters = dict(_parameters("/v2/payouts/{payout_id}/payout-entries", request))
        payout = values["payout_id"]
        if payout not in self.books.payout_entries or payout in self.rows.hidden("payouts"):
            words = "The requested payout was not found."
            raise _Refusal(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", words, "payout_id")
        rows = self._visible("payout_entries", self.books.payout_entries[payout])
        return self._page("payout_entries", rows, parameters, f"/{payout}", "effective_at")

    def _visible(self, resource: str, rows: Sequence[Json]) -> list[Json]:
        hidden = self.rows.hidden(resource)
        return [row for row in rows if row["id"] not in hidden]

    def _page(
        self, resource: str, rows: list[Json], parameters: Mapping[str, Value], within: str = "", stamp: str = ""
    ) -> Response:
        """A page behind the cursor, which names the last row told: rows that come or go shift nothing."""
        stamp = stamp or ("updated_at" if parameters.get("sort_field") == "UPDATED_AT" else "created_at")
        newest_first = parameters.get("sort_order", "DESC") == "DESC"
        ordered = sorted(rows, key=lambda row: (row[stamp], row["id"]), reverse=newest_first)
        query = resource + within + json.dumps({k: str(v) for k, v in sorted(parameters.items()) if k != "cursor"})
        if "cursor" in parameters:
            place = _place(str(parameters["cursor"]), query)
            told = [(row[stamp], row["id"]) for row in ordered]
            ordered = [
                row for row, at in zip(ordered, told, strict=True) if (at < place if newest_first else at > place)
            ]
        limit = parameters.get("limit", _MOST)
        assert isinstance(limit, int)
        size = _DISPUTES_PAGE if resource == "disputes" else min(limit, _MOST)
        shown = ordered[:size]
        last = (shown[-1][stamp], shown[-1]["id"]) if len(ordered) > size else None
        return self._shown(resource, shown, _cursor(*last, query) if last else "")

    def _shown(self, resource: str, rows: Sequence[Json], cursor: str = "") -> Response:
        served = [self.rows.served(resource, str(row["id"]), row) for row in rows]
        self.rows.list_answered(resource)
        return _answer(200, {**({resource: served} if served else {}), **({"cursor": cursor} if cursor else {})})


def _wanted(row: Json, parameters: Mapping[str, Value]) -> bool:
    """Whether a list with these parameters shows the row."""
    for name, field in (("", "created_at"), ("updated_at_", "updated_at")):
        at, first, last = (datetime.fromisoformat(row[field]), parameters.get(f"{name}begin_time"),
                           parameters.get(f"{name}end_time"))  # fmt: skip
        if isinstance(first, datetime) and at < first:
            return False
        if isinstance(last, datetime) and at >= last:
            return False
    if "total" in parameters and row["total_money"]["amount"] != parameters["total"]:
        return False
    return all(row.get(field) == parameters[name] for name, field in _FIELDS.items() if name in parameters)


def _cursor(stamp: str, identity: str, query: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([stamp, identity, query]).encode()).decode().rstrip("=")


def _place(cursor: str, query: str) -> tuple[str, str]:
    try:
        stamp, identity, of = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error):
        stamp = identity = of = ""
    if of != query:
        raise _Refusal(400, "INVALID_REQUEST_ERROR", "INVALID_CURSOR", "The cursor is not valid.", "cursor")
    return stamp, identity


def _parameters(template: str, request: Request) -> dict[str, Value]:
    try:
        return read_parameters(PARAMETERS[template], request.query)
    except ParameterError as error:
        code = "UNKNOWN_QUERY_PARAMETER" if error.problem == "unknown" else "INVALID_VALUE"
        words = f"`{error.name}` is not accepted: {error.problem}"
        raise _Refusal(400, "INVALID_REQUEST_ERROR", code, words, error.name) from error


def _answer(status: int, document: Json) -> Response:
    return json_response(status, document, {"Square-Version": VERSION})
