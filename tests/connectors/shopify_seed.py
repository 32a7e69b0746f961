"""Fills a shop: orders of every gateway and shape, the Shopify Payments account behind some of them, payouts of it."""

from tests.connectors.shopify_shop import Shop, bag, later, money

GATEWAYS = ("shopify_payments", "shopify_payments", "paypal", "gift_card", "cash")
ORDERS = 30
LINES = (["BEANS-1"], ["BEANS-1", "BEANS-1"], ["BEANS-1", "MUG"], ["BEANS-1", None], ["MUG"] * 3)
LARGE = 17  # the order with more transactions and refunds than a page of orders shows
PER_PAYOUT = 6


def transaction(order, number, kind, minor, hour, *, gateway="shopify_payments", status="SUCCESS", shown=None):
    at = later(hour)
    return {
        "id": f"gid://shopify/OrderTransaction/{order}{number:03}",
        "kind": kind,
        "status": status,
        "test": False,
        "gateway": gateway,
        "paymentId": f"c{order}.{number}",
        "createdAt": at,
        "processedAt": at,
        "settlementCurrency": None,
        "settlementCurrencyRate": None,
        "amountSet": bag(minor, shown),
        "fees": [],
    }


def order(number, transactions, refunds, hour, *, currency="USD"):
    moved = {"SALE": 1, "CAPTURE": 1, "REFUND": -1, "CHANGE": -1}
    sums = [
        (row["kind"], moved.get(row["kind"], 0) * round(float(row["amountSet"]["shopMoney"]["amount"]) * 100))
        for row in transactions
        if row["status"] == "SUCCESS"
    ]
    refunded = -sum(minor for kind, minor in sums if kind == "REFUND")
    at = later(hour)
    return {
        "id": f"gid://shopify/Order/{1000 + number}",
        "name": f"#{1000 + number}",
        "test": False,
        "createdAt": at,
        "processedAt": at,
        "updatedAt": at,
        "cancelledAt": None,
        "currencyCode": currency,
        "displayFinancialStatus": "PARTIALLY_REFUNDED" if refunded else "PAID",
        "totalPriceSet": bag(sum(minor for kind, minor in sums if kind != "REFUND")),
        "netPaymentSet": bag(sum(minor for _, minor in sums)),
        "totalRefundedSet": bag(refunded),
        "taxLines": [{"title": "VAT"}] if number % 2 else [{"title": "State"}, {"title": "County"}],
        "lineItems": [{"sku": sku} for sku in LINES[number % len(LINES)]],
        "transactions": transactions,
        "refunds": refunds,
    }


def refund(number, part, transactions, hour, minor):
    identity = f"gid://shopify/Refund/{number}{part:02}"
    at = later(hour)
    return {"id": identity, "createdAt": at, "totalRefundedSet": bag(minor), "transactions": transactions}


def make_order(number):
    """Mostly one sale; some authorised first, some failed first, some paid in euros, some in cash with change."""
    gateway, minor = GATEWAYS[number % len(GATEWAYS)], 2_000 + 137 * number
    shown = money(minor * 9 // 10, "EUR") if number % 7 == 3 else None
    rows, refunds = [], []
    if number % 6 == 0:
        rows.append(transaction(number, 0, "AUTHORIZATION", minor, number, gateway=gateway))
        rows.append(transaction(number, 1, "CAPTURE", minor, number, gateway=gateway))
    elif gateway == "cash":
        rows.append(transaction(number, 0, "SALE", minor + 500, number, gateway=gateway))
        rows.append(transaction(number, 1, "CHANGE", 500, number, gateway=gateway))
    else:
        rows.append(transaction(number, 0, "SALE", minor, number, gateway=gateway, status="FAILURE", shown=shown))
        rows.append(transaction(number, 1, "SALE", minor, number, gateway=gateway, shown=shown))
    if number % 9 == 4:
        rows.append(transaction(number, 2, "REFUND", 700, number + 1, gateway=gateway))
        refunds.append(refund(number, 0, [rows[-1]["id"]], number + 1, 700))
    if number == LARGE:
        for part in range(24):
            many = [
                transaction(number, 100 + part * 10 + at, "REFUND", 1, number) for at in range(7 if part == 2 else 1)
            ]
            rows += many
            refunds.append(refund(number, part + 1, [row["id"] for row in many], number, len(many)))
    return order(number, rows, refunds, number + (1 if refunds else 0))


class Payments:
    """The Shopify Payments account: its transactions, and payouts that sweep them."""

    def __init__(self, shop):
        self.shop, self.waiting = shop, []

    def move(self, kind, minor, hour, *, fee=0, currency="USD", places=2, source=None, order_number=None, payout=None):
        number = 5_000 + len(self.shop.balance_transactions)
        row = {
            "id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{number}",
            "type": kind,
            "test": False,
            "transactionDate": later(hour),
            "amount": money(minor, currency, places),
            "fee": money(fee, currency, places),
            "net": money(minor - fee, currency, places),
            "sourceId": source,
            "sourceType": None,
            "sourceOrderTransactionId": source,
            "adjustmentReason": None,
            "associatedOrder": order_number
            and {"id": f"gid://shopify/Order/{1000 + order_number}", "name": f"#{1000 + order_number}"},
            "associatedPayout": {"id": payout, "status": "PAID"} if payout else {"id": None, "status": "PENDING"},
            "adjustmentsOrders": [],
            "_minor": minor - fee,
            "_currency": currency,
            "_places": places,
        }
        self.shop.balance_transactions.append(row)
        if payout is None:
            self.waiting.append(row)
        return row

    def sweep(self, hour, *, status="PAID", currency="USD"):
        """A payout of all that waits in the currency."""
        number = 9_000 + len(self.shop.payouts)
        identity = f"gid://shopify/ShopifyPaymentsPayout/{number}"
        members = [row for row in self.waiting if row["_currency"] == currency]
        self.waiting = [row for row in self.waiting if row["_currency"] != currency]
        net, places = sum(row["_minor"] for row in members), members[0]["_places"]
        for row in members:
            row["associatedPayout"] = {"id": identity, "status": status}
        self.move("TRANSFER", -net, hour, currency=currency, places=places, payout=identity)
        payout = {
            "id": identity,
            "legacyResourceId": str(number),
            "issuedAt": later(hour),
            "status": status,
            "transactionType": "DEPOSIT",
            "externalTraceId": f"T{number}",
            "net": money(net, currency, places),
        }
        self.shop.payouts.append(payout)
        return payout, net


def seed(shop):
    """Thirty orders; payouts after every six Shopify Payments moves, one failed and sent again; yen beside dollars."""
    shop.orders = [make_order(number) for number in range(1, ORDERS + 1)]
    account, moved = Payments(shop), 0
    for row in shop.orders:
        number = int(row["name"][1:]) - 1000
        for paid in row["transactions"]:
            if paid["gateway"] != "shopify_payments" or paid["status"] != "SUCCESS" or paid["kind"] == "AUTHORIZATION":
                continue
            minor = round(float(paid["amountSet"]["shopMoney"]["amount"]) * 100)
            sale = paid["kind"] != "REFUND"
            source = paid["id"].rpartition("/")[2]
            kind, signed, fee = ("CHARGE", minor, minor * 29 // 1000 + 30) if sale else ("REFUND", -minor, 0)
            account.move(kind, signed, number, fee=fee, source=source, order_number=number)
            moved += sale
            if sale and moved % PER_PAYOUT == 0:
                account.sweep(number + 2)
    account.move("DISPUTE_WITHDRAWAL", -2_137, 40, fee=1_500, order_number=1)
    account.move("DISPUTE_REVERSAL", 2_137, 44, fee=-1_500, order_number=1)
    account.move("RESERVED_FUNDS", -3_000, 45)
    account.move("RESERVED_FUNDS_REVERSAL", 3_000, 46)
    account.move("CHARGE", 50_000, 47)
    failed, net = account.sweep(48, status="FAILED")
    account.move("TRANSFER_FAILURE", net, 60)
    for minor in (120_000, 4_567):
        account.move("CHARGE", minor, 61, fee=100, currency="JPY", places=0)
    account.sweep(62, currency="JPY")
    account.sweep(63, status="SCHEDULED")
    account.move("CHARGE", 9_900, 64, fee=317)
    assert failed["status"] == "FAILED"
    shop.disputes = [dispute(number, status) for number, status in enumerate(("WON", "LOST", "NEEDS_RESPONSE"))]
    settle(shop)
    return shop


def dispute(number, status):
    return {
        "id": f"gid://shopify/ShopifyPaymentsDispute/{number}",
        "type": "CHARGEBACK",
        "status": status,
        "initiatedAt": later(40 + number),
        "evidenceDueBy": None,
        "finalizedOn": None,
        "amount": money(2_137),
        "order": {"id": f"gid://shopify/Order/{1001 + number}", "name": f"#{1001 + number}"},
        "reasonDetails": {"reason": "FRAUDULENT", "networkReasonCode": "10.4"},
    }


def settle(shop):
    """The balance is what the account's moves add up to."""
    sums = {}
    for row in shop.balance_transactions:
        key = row["_currency"], row["_places"]
        sums[key] = sums.get(key, 0) + row["_minor"]
    shop.balance = [money(minor, code, places) for (code, places), minor in sorted(sums.items())]


def seeded(clock, **fields):
    """A shop, seeded."""
    return seed(Shop(clock=clock, **fields))
