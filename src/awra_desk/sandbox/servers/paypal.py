"""PayPal's reporting API over a simulated account: tokens, transactions, balances and disputes.

Behaviour is taken from PayPal's Transaction Search and Customer Disputes documents and the pages named beside them
(tests/contracts/paypal): what happened shows up hours later, windows span 31 days, more than 10,000 results are
refused, a filter empties the balances of the rows. Unknown parameters are refused, which is stricter than PayPal is
known to be.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.paypal_account import History, Moved, PayPalBooks, moment, money
from awra_desk.sandbox.servers._http import Request, Response, Router, json_response
from awra_desk.sandbox.servers.faults import RowFaults
from awra_desk.sandbox.servers.parameters import Kind, Parameter, ParameterError, Table, Value, read_parameters

TOKEN_SECONDS = 32_400
LAG = 2 * 3600
LIMIT = 10_000
_SPAN, _KEPT, _DISPUTES_KEPT = timedelta(days=31), timedelta(days=3 * 365), timedelta(days=180)
_SCOPE = "https://uri.paypal.com/services"
SEARCH, BALANCES, DISPUTES = (
    f"{_SCOPE}/{name}" for name in ("reporting/search/read", "reporting/balances/read", "disputes/read-seller")
)
_TEXT = Parameter(Kind.TEXT)
_FILTERS = {
    "transaction_id": Parameter(Kind.TEXT, maximum=19),
    "transaction_type": _TEXT,
    "transaction_status": _TEXT,
    "transaction_amount": _TEXT,
    "transaction_currency": _TEXT,
    "payment_instrument_type": _TEXT,
    "store_id": _TEXT,
    "terminal_id": _TEXT,
    "balance_affecting_records_only": Parameter(Kind.CHOICE, choices=("Y", "N")),
}
_UNUSED = ("payment_instrument_type", "store_id", "terminal_id")
"""Declared, but nothing here has what they ask for: nothing is found."""

PARAMETERS: dict[str, Table] = {
    "/v1/reporting/transactions": {
        **_FILTERS,
        "start_date": Parameter(Kind.INSTANT, required=True),
        "end_date": Parameter(Kind.INSTANT, required=True),
        "fields": _TEXT,
        "page_size": Parameter(Kind.INTEGER, minimum=1, maximum=500),
        "page": Parameter(Kind.INTEGER, minimum=1, maximum=2**31 - 1),
    },
    "/v1/reporting/balances": {"as_of_time": Parameter(Kind.INSTANT), "currency_code": Parameter(Kind.TEXT, maximum=3)},
    "/v1/customer/disputes": {
        "start_time": Parameter(Kind.INSTANT),
        "disputed_transaction_id": Parameter(Kind.TEXT, maximum=255),
        "page_size": Parameter(Kind.INTEGER, minimum=1, maximum=50),
        "next_page_token": Parameter(Kind.TEXT, maximum=255),
        "dispute_state": Parameter(Kind.TEXT, maximum=2000),
        "update_time_before": Parameter(Kind.INSTANT),
        "update_time_after": Parameter(Kind.INSTANT),
    },
}
"""Path -> the query parameters it takes; everything else is refused."""

_MALFORMED = "Request is not well-formed, syntactically incorrect, or violates schema."
_ERRORS = {
    400: ("INVALID_REQUEST", _MALFORMED),
    401: (
        "AUTHENTICATION_FAILURE",
        "Authentication failed due to missing authorization header, or invalid authentication credentials.",
    ),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable."),
}


class _Refusal(Exception):
    def __init__(self, status: int, *, name: str = "", message: str = "", details: list[Json] | None = None) -> None:
        self.status = status
        known = _ERRORS.get(status, _ERRORS[500])
        self.body: Json = {"name": name or known[0], "message": message or known[1]}
        if details:
            self.body["details"] = details
        super().__init__(self.body["name"])


class PayPalApplication:
    """One account's API.

    Args:
        limit: results of a window beyond which PayPal refuses it.

    Attributes:
        rows: scripted rows; resources are "transactions" (ids like "7XK…-T0006") and "disputes".
        now: the provider's present, unix seconds; its data go up to `LAG` before it. scopes: what the app may read.
    """

    def __init__(
        self,
        books: PayPalBooks,
        *,
        client_id: str,
        client_secret: str,
        limit: int = LIMIT,
        rows: RowFaults | None = None,
    ) -> None:
        self.rows = rows if rows is not None else RowFaults()
        self.now = books.now
        self.scopes = {SEARCH, BALANCES, DISPUTES}
        self.client_id, self.client_secret = client_id, client_secret
        self._books = books
        self._history = History(books.moved)
        self._limit = limit
        self._issued = self._answered = 0
        self._router = Router()
        self._router.add("POST", "/v1/oauth2/token", self._token)
        self._router.add("GET", "/v1/reporting/transactions", self._transactions)
        self._router.add("GET", "/v1/reporting/balances", self._balances)
        self._router.add("GET", "/v1/customer/disputes", self._disputes)

    @property
    def token(self) -> str:
        """The access token that is good now."""
        return "A21AA" + hashlib.sha256(f"{self.client_secret}/{self._issued}".encode()).hexdigest()

    @property
    def refreshed(self) -> int:
        """Up to when the data go, unix seconds."""
        return self.now - LAG

    def expire(self) -> None:
        """Let the token in use be good no longer."""
        self._issued += 1

    def add(self, one: Moved) -> None:
        """Something happens while the server runs."""
        self._books.moved.append(one)
        self._books.moved.sort(key=lambda row: (row.at, row.identity, row.code, row.currency))
        self._history = History(self._books.moved)

    def handle(self, request: Request) -> Response:
        """The answer to one call."""
        handler, values, known = self._router.find(request.method, request.path)
        try:
            return handler(request, values) if handler else self._error(_Refusal(405 if known else 404))
        except _Refusal as refusal:
            return self._error(refusal)

    def failure(self, status: int) -> Response:
        """PayPal's error object for trouble of this status; with 200, a page of HTML in its place."""
        if status == 200:
            return Response(200, b"<html><body>Maintenance</body></html>", (("Content-Type", "text/html"),))
        return self._error(_Refusal(status))

    def _token(self, request: Request, _values: dict[str, str]) -> Response:
        expected = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or not hmac.compare_digest(given, expected):
            return self._answer(401, {"error": "invalid_client", "error_description": "Client Authentication failed"})
        if dict(parse_qsl(request.body.decode())).get("grant_type") != "client_credentials":
            return self._answer(400, {"error": "unsupported_grant_type", "error_description": "Grant Type is NULL"})
        told = {"scope": " ".join(sorted(self.scopes)), "access_token": self.token, "token_type": "Bearer"}
        return self._answer(200, {**told, "app_id": "APP-80W284485P519543T", "expires_in": TOKEN_SECONDS})

    def _transactions(self, request: Request, _values: dict[str, str]) -> Response:
        asked = self._asked(request, SEARCH)
        start, end = _instant(asked["start_date"]), _instant(asked["end_date"])
        if end - start > _SPAN or end < start:
            raise _Refusal(400, details=[_issue("end_date", "Date range is greater than 31 days")])
        if not datetime.fromtimestamp(self.now, UTC) - _KEPT <= start <= datetime.fromtimestamp(self.refreshed, UTC):
            raise _Refusal(400, message="Data for the given start date is not available.")
        found = [one for one in self._books.moved if self._shown(one, asked, start.timestamp(), end.timestamp())]
        if len(found) > self._limit:
            words = "Result set size is greater than the maximum limit. Change the filter criteria and try again."
            raise _Refusal(400, name="RESULTSET_TOO_LARGE", message=words)
        self.rows.list_answered("transactions")
        size, page = int(str(asked.get("page_size", 100))), int(str(asked.get("page", 1)))
        rows = [self._row(one, asked) for one in found[(page - 1) * size : page * size]]
        pages = -(-len(found) // size)
        last = min(end, datetime.fromtimestamp(self.refreshed, UTC))
        body = {
            **({"transaction_details": rows} if rows else {}),
            "account_number": self._books.account,
            "start_date": _stamp(start),
            "end_date": _stamp(last),
            "last_refreshed_datetime": moment(self.refreshed),
            "page": page,
            "total_items": len(found),
            "total_pages": pages,
            "links": _links(request, {"page": str(page + 1)} if page < pages else None),
        }
        if request.headers.get("paypal-enforce-iso8601-format") != "true":
            body = _without_colons(body)
        return self._answer(200, body)

    def _shown(self, one: Moved, asked: Mapping[str, Value], start: float, end: float) -> bool:
        if not start <= one.at <= min(end, self.refreshed) or _name(one) in self.rows.hidden("transactions"):
            return False
        if any(name in asked for name in _UNUSED) or not _within(one.minor, asked.get("transaction_amount")):
            return False
        wanted = {"transaction_id": one.identity, "transaction_type": one.code, "transaction_currency": one.currency}
        wanted["transaction_status"] = one.status(self.refreshed)
        if any(asked.get(name, value) != value for name, value in wanted.items()):
            return False
        return one.affects or asked.get("balance_affecting_records_only") == "N"

    def _row(self, one: Moved, asked: Mapping[str, Value]) -> Json:
        filtered = any(name in asked for name in _FILTERS)
        info = self._info(one, with_balances=not filtered)
        row: Json = {"transaction_info": info}
        if one.payer:
            first, last = one.payer.split()
            name = {"given_name": first, "surname": last, "alternate_full_name": one.payer}
            email = f"{first.lower()}.{last.lower()}@example.com"
            row["payer_info"] = {"email_address": email, "payer_status": "Y", "payer_name": name}
        chosen = str(asked.get("fields", "transaction_info")).split(",")
        row = {key: value for key, value in row.items() if "all" in chosen or key in chosen}
        return self.rows.served("transactions", _name(one), row)

    def _info(self, one: Moved, *, with_balances: bool) -> Json:
        updated = one.done if one.done is not None and one.done <= self.refreshed else one.at
        info: Json = {
            "transaction_id": one.identity,
            **({"paypal_reference_id": one.reference, "paypal_reference_id_type": "TXN"} if one.reference else {}),
            "transaction_event_code": one.code,
            "transaction_initiation_date": moment(one.at),
            "transaction_updated_date": moment(updated),
            "transaction_amount": money(one.currency, one.minor),
            **({"fee_amount": money(one.currency, one.fee)} if one.fee else {}),
            "transaction_status": one.status(self.refreshed),
            **one.fields,
        }
        if with_balances:
            total, withheld = self._history.held(updated).get(one.currency, (0, 0))
            info["ending_balance"] = money(one.currency, total)
            info["available_balance"] = money(one.currency, total - withheld)
        return info

    def _balances(self, request: Request, _values: dict[str, str]) -> Response:
        asked = self._asked(request, BALANCES)
        as_of = _instant(asked["as_of_time"]) if "as_of_time" in asked else None
        at = self.refreshed if as_of is None else min(int(as_of.timestamp()), self.refreshed)
        held = self._history.held(at)
        rows = [
            {
                "currency": code,
                **({"primary": True} if code == "USD" else {}),
                "total_balance": money(code, total),
                "available_balance": money(code, total - withheld),
                "withheld_balance": money(code, withheld),
            }
            for code, (total, withheld) in held.items()
            if asked.get("currency_code", code) == code
        ]
        told = {
            "account_id": self._books.account,
            "as_of_time": moment(at),
            "last_refresh_time": moment(self.refreshed),
        }
        return self._answer(200, {"balances": rows, **told})

    def _disputes(self, request: Request, _values: dict[str, str]) -> Response:
        asked = self._asked(request, DISPUTES)
        present = datetime.fromtimestamp(self.now, UTC)
        after = _instant(asked["update_time_after"]) if "update_time_after" in asked else present - _DISPUTES_KEPT
        if after < present - _DISPUTES_KEPT:
            raise _Refusal(400, details=[_issue("update_time_after", "must be within the last 180 days")])
        before = _instant(asked["update_time_before"]) if "update_time_before" in asked else present
        states = str(asked.get("dispute_state", "")).split(",") if "dispute_state" in asked else None
        hidden = self.rows.hidden("disputes")
        found = [
            self.rows.served("disputes", row["dispute_id"], row)
            for row in reversed(self._books.disputes)
            if row["dispute_id"] not in hidden and (states is None or row["dispute_state"] in states)
        ]
        begun = _instant(asked["start_time"]) if "start_time" in asked else None
        found = [
            row
            for row in found
            if after <= datetime.fromisoformat(row["update_time"]) <= before
            and (begun is None or datetime.fromisoformat(row["create_time"]) >= begun)
            and asked.get("disputed_transaction_id") in (None, self._books.disputed[row["dispute_id"]])
        ]
        self.rows.list_answered("disputes")
        size, place = int(str(asked.get("page_size", 10))), int(str(asked.get("next_page_token", "0")))
        rows = found[place : place + size]
        following = {"next_page_token": str(place + size)} if place + size < len(found) else None
        return self._answer(200, {**({"items": rows} if rows else {}), "links": _links(request, following)})

    def _asked(self, request: Request, scope: str) -> dict[str, Value]:
        """The parameters of a call that may be made."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not hmac.compare_digest(token.encode(), self.token.encode()):
            raise _Refusal(401)
        if scope not in self.scopes:
            raise _Refusal(403)
        try:
            return read_parameters(PARAMETERS[request.path], request.query)
        except ParameterError as error:
            raise _Refusal(400, details=[_issue(error.name, error.problem, error.value)]) from error

    def _error(self, refusal: _Refusal) -> Response:
        self._answered += 1
        name = f"f{self._answered:012x}"
        return self._answer(refusal.status, {**refusal.body, "debug_id": name, "links": []}, name)

    def _answer(self, status: int, body: Any, name: str = "") -> Response:
        if not name:
            self._answered += 1
        return json_response(status, body, {"Paypal-Debug-Id": name or f"f{self._answered:012x}"})


def _name(one: Moved) -> str:
    return f"{one.identity}-{one.code}"


def _within(minor: int, bounds: Value | None) -> bool:
    """Whether an amount is in a range like "[500 TO 1005]", minor units."""
    if bounds is None:
        return True
    found = re.fullmatch(r"\[?(-?\d+) TO (-?\d+)\]?", str(bounds))
    if found is None:
        raise _Refusal(400, details=[_issue("transaction_amount", "not a range", str(bounds))])
    return int(found[1]) <= minor <= int(found[2])


def _issue(field: str, words: str, value: str = "") -> Json:
    return {"field": field, "value": value, "location": "query", "issue": words}


def _instant(value: Value) -> datetime:
    assert isinstance(value, datetime)
    return value.astimezone(UTC)


def _stamp(instant: datetime) -> str:
    return moment(int(instant.timestamp()))


def _links(request: Request, following: Mapping[str, str] | None) -> list[Json]:
    """The call itself, and the next page's."""
    host = request.headers.get("host", "api-m.sandbox.paypal.com")
    base = f"{'http' if host.startswith('127.') else 'https'}://{host}{request.path}"
    found = [{"href": f"{base}?{urlencode(request.query)}", "rel": "self", "method": "GET"}]
    if following:
        query = {**dict(request.query), **following}
        found.append({"href": f"{base}?{urlencode(query)}", "rel": "next", "method": "GET"})
    return found


def _without_colons(value: Any) -> Any:
    """Dates as the API writes them for those who did not ask for ISO 8601: +0000."""
    if isinstance(value, dict):
        dates = {key: f"{text[:-1]}+0000" for key, text in value.items() if isinstance(text, str) and key.endswith(
            ("_date", "_datetime"))}  # fmt: skip
        return {key: dates.get(key) or _without_colons(item) for key, item in value.items()}
    return [_without_colons(item) for item in value] if isinstance(value, list) else value
