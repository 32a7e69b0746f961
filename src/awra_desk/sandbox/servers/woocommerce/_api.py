"""The REST API (wc/v3) of one shop, for a key that may only read: orders and refunds.

Behaviour is taken from WooCommerce's documentation and controllers; the tests prove parameters and answers against the
documentation's samples and the OpenAPI file held. Stricter than WordPress in one thing: a parameter that nobody
declared is refused, where WordPress ignores it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers._http import Request, Response, Router, json_response
from awra_desk.sandbox.servers.faults import RowFaults
from awra_desk.sandbox.servers.parameters import Kind, Parameter, ParameterError, Table, Value, read_parameters
from awra_desk.sandbox.servers.woocommerce._auth import OAUTH, pairs, refused
from awra_desk.sandbox.servers.woocommerce._shop import TRASH, Money, WooShop

ROOT = "/wp-json/wc/v3"
_TEXT = Parameter(Kind.TEXT)
_COMMON: Table = {
    "_fields": _TEXT,
    "dp": Parameter(Kind.INTEGER, minimum=0, maximum=10),
    "context": Parameter(Kind.CHOICE, choices=("view", "edit")),
    **dict.fromkeys(OAUTH, _TEXT),
}
_LIST: Table = {
    **_COMMON,
    "page": Parameter(Kind.INTEGER, minimum=1),
    "per_page": Parameter(Kind.INTEGER, minimum=1, maximum=100),
    "offset": Parameter(Kind.INTEGER, minimum=0),
    "order": Parameter(Kind.CHOICE, choices=("asc", "desc")),
    "orderby": Parameter(Kind.CHOICE, choices=("date", "id", "include", "title", "slug", "modified")),
    "after": _TEXT,
    "before": _TEXT,
    "modified_after": _TEXT,
    "modified_before": _TEXT,
    "dates_are_gmt": Parameter(Kind.BOOLEAN),
    "include": Parameter(Kind.TEXTS),
    "exclude": Parameter(Kind.TEXTS),
}
PARAMETERS: dict[str, Table] = {
    "/orders": {**_LIST, "status": _TEXT},
    "/orders/{id}": _COMMON,
    "/orders/{id}/refunds": _LIST,
    "/orders/{id}/refunds/{refund_id}": _COMMON,
    "/refunds": _LIST,
}
"""Path template below the root -> the query parameters it takes."""

_STATUSES = (
    "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft", "any", TRASH,
)  # fmt: skip
_SORTED: dict[str, Callable[[Json], Any]] = {
    "id": lambda row: row["id"],
    "date": lambda row: (row["date_created_gmt"], row["id"]),
    "modified": lambda row: (row.get("date_modified_gmt") or row["date_created_gmt"], row["id"]),
}
_BOUNDS: dict[str, tuple[str, Callable[[str, str], bool]]] = {
    "after": ("date_created", str.__gt__),
    "before": ("date_created", str.__lt__),
    "modified_after": ("date_modified", str.__gt__),
    "modified_before": ("date_modified", str.__lt__),
}
_MODIFIED = "date_modified"


class _Refusal(Exception):
    """What WordPress answers with its error object."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code = status, code
        super().__init__(message)


class WooCommerceApplication:
    """Answers as one shop's site does.

    Args:
        shop: its records; tests change them while it serves.
        key, secret: of the REST API key that is accepted.
        rows: rows that come late or change; resources are "orders" and "refunds".
    """

    def __init__(self, shop: WooShop, *, key: str, secret: str, rows: RowFaults | None = None) -> None:
        self.rows = rows if rows is not None else RowFaults()
        self.shop, self.key, self.secret = shop, key, secret
        self._router = Router()
        for template in PARAMETERS:
            self._router.add("GET", f"{ROOT}{template}", self._handler(template))

    def handle(self, request: Request) -> Response:
        """The answer to one call."""
        if problem := refused(request, self.key, self.secret):
            return _error(401, *problem)
        handler, values, known = self._router.find(request.method, request.path)
        if handler is None and known:
            words = "The API key provided does not have write permissions."
            return _error(401, "woocommerce_rest_authentication_error", words)
        if handler is None:
            return _error(404, "rest_no_route", "No route was found matching the URL and request method.")
        try:
            return handler(request, values)
        except _Refusal as refusal:
            return _error(refusal.status, refusal.code, str(refusal))

    def failure(self, status: int) -> Response:
        """A host's page for its own troubles, WordPress's error object for those of the key."""
        if status in (401, 403):
            return _error(status, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        page = f"<!DOCTYPE html><html><body><h1>{status}</h1></body></html>"
        return Response(status, page.encode(), (("Content-Type", "text/html; charset=UTF-8"),))

    def _handler(self, template: str) -> Callable[[Request, dict[str, str]], Response]:
        def answer(request: Request, values: dict[str, str]) -> Response:
            try:
                parameters = read_parameters(PARAMETERS[template], pairs(request))
            except ParameterError as error:
                words = f"Invalid parameter(s): {error.name}"
                raise _Refusal(400, "rest_invalid_param", words) from None
            if template == "/orders/{id}":
                return self._shown(self._order(values["id"]), parameters)
            if template == "/orders/{id}/refunds/{refund_id}":
                return self._shown(self._refund(values), parameters)
            if template == "/orders":
                return self._list("orders", self._chosen_orders(parameters), parameters)
            rows = list(self.shop.refunds.values())
            if values:
                parent = self._order(values["id"])["id"]
                rows = [row for row in rows if row["parent_id"] == parent]
            return self._list("refunds", rows, parameters)

        return answer

    def _chosen_orders(self, parameters: Mapping[str, Value]) -> list[Json]:
        status = str(parameters.get("status", "any"))
        if status not in _STATUSES:
            raise _Refusal(400, "rest_invalid_param", "Invalid parameter(s): status")
        rows = self.shop.orders.values()
        if status == "any":
            return [row for row in rows if row["status"] != TRASH]
        return [row for row in rows if row["status"] == status]

    def _list(self, resource: str, rows: list[Json], parameters: Mapping[str, Value]) -> Response:
        hidden = self.rows.hidden(resource)
        bounds = _bounds(parameters)
        included, excluded = (parameters.get(name, ()) for name in ("include", "exclude"))
        assert isinstance(included, tuple)
        assert isinstance(excluded, tuple)
        found = [
            row
            for row in (self.rows.served(resource, str(row["id"]), row) for row in rows)
            if str(row["id"]) not in hidden
            and all(_within(row, *bound) for bound in bounds)
            and (not included or str(row["id"]) in included)
            and str(row["id"]) not in excluded
        ]
        key = _SORTED.get(str(parameters.get("orderby", "date")), _SORTED["id"])
        found.sort(key=key, reverse=parameters.get("order", "desc") == "desc")
        size, page = parameters.get("per_page", 10), parameters.get("page", 1)
        assert isinstance(size, int)
        assert isinstance(page, int)
        start = parameters.get("offset", (page - 1) * size)
        assert isinstance(start, int)
        self.rows.list_answered(resource)
        shown = [self._row(row, parameters) for row in found[start : start + size]]
        pages = -(-len(found) // size)
        return json_response(200, shown, {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)})

    def _order(self, text: str) -> Json:
        row = self.shop.orders.get(int(text)) if text.isdigit() else None
        if row is None or text in self.rows.hidden("orders"):
            raise _Refusal(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        return self.rows.served("orders", text, row)

    def _refund(self, values: Mapping[str, str]) -> Json:
        parent, text = self._order(values["id"])["id"], values["refund_id"]
        row = self.shop.refunds.get(int(text)) if text.isdigit() else None
        if row is None or row["parent_id"] != parent or text in self.rows.hidden("refunds"):
            raise _Refusal(404, "woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.")
        return self.rows.served("refunds", text, row)

    def _shown(self, row: Json, parameters: Mapping[str, Value]) -> Response:
        return json_response(200, self._row(row, parameters))

    def _row(self, row: Json, parameters: Mapping[str, Value]) -> Json:
        decimals = parameters.get("dp", 2)
        assert isinstance(decimals, int)
        if "status" in row and "refunds" not in row:
            row = {**row, "refunds": self._summary(row["id"])}
        fields = str(parameters["_fields"]).split(",") if "_fields" in parameters else list(row)
        shown: Json = _written({name: row[name] for name in fields if name in row}, decimals)
        return shown

    def _summary(self, parent: int) -> list[Json]:
        rows = (row for row in self.shop.refunds.values() if row["parent_id"] == parent)
        return [{"id": row["id"], "reason": row["reason"], "total": Money(-row["amount"])} for row in rows]


def _bounds(parameters: Mapping[str, Value]) -> list[tuple[str, Callable[[str, str], bool], str]]:
    suffix = "_gmt" if parameters.get("dates_are_gmt") else ""
    given = [(name, str(parameters[name])) for name in _BOUNDS if name in parameters]
    return [(f"{_BOUNDS[name][0]}{suffix}", _BOUNDS[name][1], text.removesuffix("Z")) for name, text in given]


def _within(row: Json, name: str, holds: Callable[[str, str], bool], bound: str) -> bool:
    return holds(row.get(name) or row[name.replace(_MODIFIED, "date_created")], bound)


def _written(value: Any, decimals: int) -> Any:
    """The value with its money as texts."""
    if isinstance(value, Money):
        return format(Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP), "f")
    if isinstance(value, dict):
        return {name: _written(item, decimals) for name, item in value.items()}
    return [_written(item, decimals) for item in value] if isinstance(value, list) else value


def _error(status: int, code: str, message: str) -> Response:
    return json_response(status, {"code": code, "message": message, "data": {"status": status}})
