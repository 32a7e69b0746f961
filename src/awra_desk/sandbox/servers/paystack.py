"""The Paystack API over a simulated Nairobi month: lists, a settlement's transactions, the balance and its ledger.

Behaviour is taken from Paystack's documentation and OpenAPI document (tests/contracts/paystack): lists are newest
first, by page number or, for transactions, by cursor; `from` and `to` bound the time of creation, inclusively. Unknown
parameters are refused, which is stricter than Paystack is known to be.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.nairobi import CURRENCY, PaystackBooks
from awra_desk.sandbox.servers._http import Handler, Request, Response, Router, json_response
from awra_desk.sandbox.servers.faults import RowFaults
from awra_desk.sandbox.servers.parameters import Kind, Parameter, ParameterError, Table, Value, read_parameters

_DEFAULT_PAGE = 50
_MAX_PAGE = 100
_COUNT = Parameter(Kind.INTEGER, minimum=1)
_TEXT = Parameter(Kind.TEXT, maximum=200)
_PAGED: Table = {
    "perPage": Parameter(Kind.INTEGER, minimum=1, maximum=_MAX_PAGE),
    "page": _COUNT,
    "from": Parameter(Kind.INSTANT),
    "to": Parameter(Kind.INSTANT),
}
_TRANSACTION_STATES = ("failed", "success", "abandoned", "reversed")
_DISPUTE_STATES = ("awaiting-merchant-feedback", "awaiting-bank-feedback", "pending", "resolved")

PARAMETERS: dict[str, Table] = {
    "/transaction": {
        **_PAGED,
        "use_cursor": Parameter(Kind.BOOLEAN),
        "next": _TEXT,
        "previous": _TEXT,
        "status": Parameter(Kind.CHOICE, choices=_TRANSACTION_STATES),
        "amount": _COUNT,
        "settlement": _COUNT,
        "channel": _TEXT,
    },
    "/refund": _PAGED,
    "/settlement": {
        **_PAGED,
        "status": Parameter(Kind.CHOICE, choices=("success", "processing", "pending", "failed")),
        "subaccount": _TEXT,
    },
    "/settlement/{id}/transactions": _PAGED,
    "/dispute": {**_PAGED, "status": Parameter(Kind.CHOICE, choices=_DISPUTE_STATES), "transaction": _TEXT},
    "/balance": {},
    "/balance/ledger": _PAGED,
}
"""Path template -> the query parameters it takes; everything else is refused."""

_NEXT_STEP = {
    400: "Ensure that the value(s) you're passing are valid.",
    401: "Ensure that you provide the correct authorization key for the request",
    404: "Ensure that the resource exists",
}


class _Refusal(Exception):
    """The provider's own refusal."""

    def __init__(self, status: int, message: str, code: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class PaystackApplication:
    """The account's API.

    Args:
        secret_key: the only key that is accepted.

    Attributes:
        rows: scripted rows; resources are "transactions", "refunds", "settlements", "disputes" and "ledger", ids are
            texts.
    """

    def __init__(self, books: PaystackBooks, *, secret_key: str, rows: RowFaults | None = None) -> None:
        self.rows = rows if rows is not None else RowFaults()
        self.secret_key = secret_key
        self._books = books
        self._router = Router()
        for path, resource, words in (
            ("/transaction", "transactions", "Transactions retrieved"),
            ("/refund", "refunds", "Refunds retrieved"),
            ("/settlement", "settlements", "Settlements retrieved"),
            ("/dispute", "disputes", "Disputes retrieved"),
            ("/balance/ledger", "ledger", "Balance ledger retrieved"),
        ):
            self._router.add("GET", path, self._list_handler(path, resource, words))
        self._router.add("GET", "/settlement/{id}/transactions", self._members)
        self._router.add("GET", "/balance", self._balance)

    def handle(self, request: Request) -> Response:
        """The answer to one call."""
        try:
            self._check_key(request.headers.get("authorization", ""))
            handler, values = self._handler(request)
            return handler(request, values)
        except _Refusal as refusal:
            return self._error(refusal)

    def failure(self, status: int) -> Response:
        """Paystack's error object for trouble of this status; with 200, an answer that says it is none."""
        words = {200: "An error occurred", 401: "Invalid key", 429: "Rate limit exceeded. Please try again later."}
        kind = "api_error" if status >= 500 or status == 200 else "validation_error"
        return self._error(_Refusal(status, words.get(status, "An error occurred"), "unknown"), kind)

    def add(self, resource: str, row: Json) -> None:
        """Something happens while the server runs."""
        getattr(self._books, resource).append(row)

    def _check_key(self, header: str) -> None:
        scheme, _, key = header.partition(" ")
        if scheme != "Bearer" or key.strip() != self.secret_key:
            raise _Refusal(401, "Invalid key", "invalid_Key")

    def _handler(self, request: Request) -> tuple[Handler, dict[str, str]]:
        handler, values, known = self._router.find(request.method, request.path)
        if handler is None:
            raise _Refusal(404, "Method not allowed" if known else "Resource not found", "not_found")
        return handler, values

    def _list_handler(self, path: str, resource: str, words: str) -> Handler:
        def answer(request: Request, _values: dict[str, str]) -> Response:
            parameters = _parameters(path, request)
            rows = self._filtered(getattr(self._books, resource), parameters, resource)
            return self._page(rows, parameters, resource, words)

        return answer

    def _members(self, request: Request, values: dict[str, str]) -> Response:
        parameters = _parameters("/settlement/{id}/transactions", request)
        members = self._books.members.get(int(values["id"])) if values["id"].isdigit() else None
        if members is None or values["id"] in self.rows.hidden("settlements"):
            raise _Refusal(404, "Settlement not found", "not_found")
        wanted = set(members)
        rows = [row for row in self._books.transactions if row["id"] in wanted]
        return self._page(
            self._filtered(rows, parameters, "transactions"), parameters, "transactions", "Transactions retrieved"
        )

    def _balance(self, request: Request, _values: dict[str, str]) -> Response:
        _parameters("/balance", request)
        data = [{"currency": CURRENCY, "balance": self._books.balance}]
        return json_response(200, {"status": True, "message": "Balances retrieved", "data": data})

    def _filtered(self, rows: list[Json], parameters: Mapping[str, Value], resource: str) -> list[Json]:
        """Newest first, those that are shown and asked for."""
        hidden = self.rows.hidden(resource)
        first, last = (_stamp(parameters.get(name)) for name in ("from", "to"))
        found = []
        for row in sorted(rows, key=lambda row: (_created(row), row["id"]), reverse=True):
            shown = str(row["id"]) not in hidden and (first is None or _created(row) >= first)
            if shown and (last is None or _created(row) <= last) and self._wanted(row, parameters):
                found.append(row)
        return found

    def _wanted(self, row: Json, parameters: Mapping[str, Value]) -> bool:
        for name in ("status", "amount", "channel"):
            if name in parameters and row.get(name) != parameters[name]:
                return False
        settlement = parameters.get("settlement")
        return not isinstance(settlement, int) or row["id"] in self._books.members.get(settlement, ())

    def _page(self, rows: list[Json], parameters: Mapping[str, Value], resource: str, words: str) -> Response:
        size, page = parameters.get("perPage", _DEFAULT_PAGE), parameters.get("page", 1)
        assert isinstance(size, int)
        assert isinstance(page, int)
        if parameters.get("use_cursor") is True or "next" in parameters:
            shown, meta = _after_cursor(rows, size, str(parameters.get("next", "")))
        else:
            shown = rows[(page - 1) * size : page * size]
            meta = {"total": len(rows), "skipped": (page - 1) * size, "perPage": size, "page": page}
            meta["pageCount"] = -(-len(rows) // size)
        data = [self.rows.served(resource, str(row["id"]), row) for row in shown]
        self.rows.list_answered(resource)
        return json_response(200, {"status": True, "message": words, "data": data, "meta": meta})

    def _error(self, refusal: _Refusal, kind: str = "validation_error") -> Response:
        meta = {"nextStep": _NEXT_STEP.get(refusal.status, "Please try again later")}
        body = {"status": False, "message": str(refusal), "meta": meta, "type": kind, "code": refusal.code}
        return json_response(refusal.status, body)


def _after_cursor(rows: list[Json], size: int, token: str) -> tuple[list[Json], dict[str, Any]]:
    """The rows behind the cursor, which names the last row told."""
    place = 0
    if token:
        try:
            identity = int(base64.b64decode(token, validate=True).decode().rpartition(":")[2])
        except (ValueError, binascii.Error):
            raise _Refusal(400, "Invalid cursor", "invalid_params") from None
        # Rows that came since stand before the cursor, so they shift nothing.
        place = next((at + 1 for at, row in enumerate(rows) if row["id"] == identity), len(rows))
    shown = rows[place : place + size]
    following = None
    if place + size < len(rows):
        following = base64.b64encode(f"undefined:{shown[-1]['id']}".encode()).decode()
    return shown, {"next": following, "previous": token or None, "perPage": size}


def _parameters(template: str, request: Request) -> dict[str, Value]:
    try:
        return read_parameters(PARAMETERS[template], request.query)
    except ParameterError as error:
        raise _Refusal(400, f"Invalid value passed for {error.name}: {error.problem}", "invalid_params") from error


def _created(row: Json) -> str:
    found: str = row.get("createdAt") or row["created_at"]
    return found


def _stamp(value: Value | None) -> str | None:
    """An instant as Paystack writes it, so that texts compare as instants do."""
    if not isinstance(value, datetime):
        return None
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
