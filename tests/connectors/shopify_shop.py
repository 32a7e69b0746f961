"""A shop behind Shopify's official schema: seeded orders and payments, executed by graphql-core.

What the schema does not say is added as Shopify documents it: cost and throttling, access scopes, the version header,
search by time and cursors. The provider's own answer shape comes from the schema, so seeded data cannot drift from it.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

from graphql import FieldNode, GraphQLObjectType, get_named_type, is_list_type, is_object_type, parse
from graphql import GraphQLNonNull as NonNull

from awra_desk.sandbox.servers._http import Response, json_response
from tests.contracts import shopify_contract

TOKEN = "shpat_canary51H8xQ2eZvKYlo"
START = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
ALL_SCOPES = frozenset(
    {
        "read_orders",
        "read_all_orders",
        "read_shopify_payments_accounts",
        "read_shopify_payments_payouts",
        "read_shopify_payments_disputes",
    }
)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def money(minor, currency="USD", places=2):
    whole, rest = divmod(abs(minor), 10**places)
    digits = f"{whole}.{rest:0{places}d}" if places else f"{whole}.0"
    return {"amount": f"{'-' if minor < 0 else ''}{digits}", "currencyCode": currency}


def bag(minor, shown=None):
    return {"shopMoney": money(minor), "presentmentMoney": shown or money(minor)}


@dataclass
class Shop:
    """The server; `handle` answers requests as the Admin API does.

    Attributes:
        version: of the schema that answers; names: what the header says (None: the version).
        hidden: ids that no answer shows now. after_page: called after each answered page, with its number.
        available, restore: points in the bucket and how many come back a second, by the clock.
    """

    clock: object
    version: str = "2026-10"
    header: str | None = None
    scopes: frozenset = ALL_SCOPES
    orders: list = field(default_factory=list)
    balance_transactions: list = field(default_factory=list)
    payouts: list = field(default_factory=list)
    disputes: list = field(default_factory=list)
    balance: list = field(default_factory=list)
    has_payments: bool = True
    hidden: set = field(default_factory=set)
    after_page: object = None
    available: float = 2_000.0
    maximum: float = 2_000.0
    restore: float = 100.0
    asked: list = field(default_factory=list)
    costs: dict = field(default_factory=dict)
    throttled: int = 0
    _pages: int = 0
    _counted_at: object = None

    def handle(self, request):
        """The answer to one call."""
        if request.headers.get("x-shopify-access-token") != TOKEN:
            words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return self._answer(401, {"errors": words})
        version = re.fullmatch(r"/admin/api/(\d{4}-\d{2})/graphql\.json", request.path)
        if request.method != "POST" or version is None:
            return self._answer(404, {"errors": "Not Found"})
        body = json.loads(request.body)
        self.asked.append((version[1], body["query"].split()[1].partition("(")[0], body["variables"]))
        wrong = shopify_contract.query_errors(self.version, body["query"])
        if wrong:
            return self._refused(wrong[0], "undefinedField")
        return self._execute(body["query"], body["variables"])

    def failure(self, status):
        return self._answer(status, {"errors": "trouble"})

    def _execute(self, query, variables):
        price = cost(self.version, query, variables.get("first", 1))
        self.costs[query] = max(price, self.costs.get(query, 0))
        if price > 1_000:
            return self._refused("Query cost exceeds the single query max cost limit", "MAX_COST_EXCEEDED", price)
        now = self.clock.now()
        gone = (now - (self._counted_at or now)).total_seconds()
        self.available, self._counted_at = min(self.maximum, self.available + gone * self.restore), now
        if price > self.available:
            self.throttled += 1
            return self._refused("Throttled", "THROTTLED", price)
        missing = self._missing_scope(query)
        if missing:
            return self._refused(f"Access denied for {missing[0]}. Required access: {missing[1]}", "ACCESS_DENIED")
        self.available -= price
        result = shopify_contract.execute(self.version, query, variables, self._root())
        assert result.errors is None, result.errors
        answer = self._answer(200, {"data": result.data, "extensions": self._cost(price)})
        self._pages += 1
        if self.after_page:
            self.after_page(self._pages)
        return answer

    def _refused(self, words, code, price=1):
        errors = [{"message": words, "extensions": {"code": code, "documentation": "https://shopify.dev"}}]
        return self._answer(200, {"errors": errors, "extensions": self._cost(price)})

    def _cost(self, price):
        figures = (self.maximum, self.available, self.restore)
        names = ("maximumAvailable", "currentlyAvailable", "restoreRate")
        status = {name: Decimal(f"{figure:.1f}") for name, figure in zip(names, figures, strict=True)}
        return {"cost": {"requestedQueryCost": price, "actualQueryCost": price, "throttleStatus": status}}

    def _answer(self, status, document) -> Response:
        headers = {"X-Request-Id": f"req-{len(self.asked)}", "X-Shopify-API-Version": self.header or self.version}
        return json_response(status, document, headers)

    def _missing_scope(self, query):
        kinds = {"shopifyPaymentsAccount": "ShopifyPaymentsAccount", "disputes": "ShopifyPaymentsDispute"}
        kinds |= {"orders": "Order", "order": "Order", "refund": "Refund"}
        for name, kind in kinds.items():
            if re.search(rf"\b{name}\b *[({{]", query.partition("{")[2]):
                needed = shopify_contract.scopes(self.version, kind)
                if needed and not self.scopes & set(needed):
                    return name, " or ".join(needed)
        return None

    def _root(self):
        account = {
            "balance": self.balance,
            "balanceTransactions": self._connection(self.balance_transactions, "transactionDate", "processed_at"),
            "payouts": self._connection(self.payouts, "issuedAt", "issued_at"),
            "disputes": self._connection(self.disputes, "initiatedAt", "initiated_at"),
        }
        orders = [self._order(order) for order in self.orders]
        by_id = {order["id"]: order for order in orders}
        refunds = {refund["id"]: refund for order in self.orders for refund in order["refunds"]}
        return {
            "orders": self._connection(orders, "updatedAt", "updated_at"),
            "order": lambda info, id: by_id.get(id),  # noqa: A006
            "refund": lambda info, id: self._refund(refunds[id]),  # noqa: A006
            "ordersCount": lambda info, **_: {"count": len(orders), "precision": "EXACT"},
            "shopifyPaymentsAccount": account if self.has_payments else None,
            "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in sorted(self.scopes)]},
        }

    def _order(self, order):
        def cut(rows):
            return lambda info, first=None, **_: rows[:first]

        transactions = [row for row in order["transactions"] if row["id"] not in self.hidden]
        refunds = [self._refund(refund) for refund in order["refunds"]]
        count = {"count": len(order["transactions"]), "precision": "EXACT"}
        answers = {"transactions": cut(transactions), "refunds": cut(refunds), "lineItems": _lines(order["lineItems"])}
        return {**order, **answers, "transactionsCount": count}

    def _refund(self, refund):
        rows = [{"id": identity} for identity in refund["transactions"]]
        return {**refund, "transactions": self._connection(rows, "id", "")}

    def _connection(self, rows, key, search):
        """A resolver: rows in the order of `key`, from `search` on, a page after a cursor that names key and id."""

        def answer(info, first, after=None, query=None, **_):
            shown = sorted((row for row in rows if row["id"] not in self.hidden), key=lambda row: (row[key], row["id"]))
            if query:
                since = re.fullmatch(rf"{search}:>='([^']+)'", query)
                assert since, f"Shopify does not know the search {query!r}"
                shown = [row for row in shown if row[key] >= since[1]]
            if after:
                shown = [row for row in shown if f"{row[key]}|{row['id']}" > after]
            page, more = shown[:first], len(shown) > first
            end = f"{page[-1][key]}|{page[-1]['id']}" if page else None
            return {"nodes": page, "pageInfo": {"hasNextPage": more, "endCursor": end}}

        return answer


@cache
def cost(version, query, wanted):
    """Points by the documented rule: an object 1, a connection 2 and `first` times what is in it, leaves nothing.

    Args:
        wanted: what a `first` that is a variable stands for.
    """
    schema, document = shopify_contract.schema(version), parse(query)

    def of(parent: GraphQLObjectType, selections):
        return sum(of_field(parent.fields[node.name.value], node) for node in selections if isinstance(node, FieldNode))

    def of_field(definition, node):
        kind = get_named_type(definition.type)
        if not is_object_type(kind):
            return 0
        first = next((argument.value for argument in node.arguments or () if argument.name.value == "first"), None)
        times = int(wanted if first.kind == "variable" else first.value) if first else 1
        if kind.name.endswith("Connection"):
            inner = {child.name.value: child for child in node.selection_set.selections}
            return 2 + times * (
                1 + of(get_named_type(kind.fields["nodes"].type), inner["nodes"].selection_set.selections)
            )
        outer = definition.type.of_type if isinstance(definition.type, NonNull) else definition.type
        return (times if is_list_type(outer) else 1) * (1 + of(kind, node.selection_set.selections))

    return sum(of(schema.query_type, definition.selection_set.selections) for definition in document.definitions)


def _lines(rows):
    return lambda info, first, **_: {"nodes": rows[:first], "pageInfo": {"hasNextPage": len(rows) > first}}


def later(hours):
    return stamp(START + timedelta(hours=hours))
