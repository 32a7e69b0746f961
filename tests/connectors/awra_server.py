"""AWRA's own books in the shape its profile assumes (`declared/profiles/awra.toml`); unknown words are refused."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from awra_desk.sandbox.servers import exact_json
from awra_desk.sandbox.servers._http import Router, json_response

KEY = "awra-canary-key"
NAIROBI = timezone(timedelta(hours=3))
PAGED = {"updated_since", "cursor", "limit"}
LINE_KEYS = {"account_id", "debit", "credit", "description", "branch_id", "warehouse_id"}
BRANCHES = ({"id": "br-1", "name": "Westlands"}, {"id": "br-2", "name": "Mombasa Road"})
WAREHOUSES = ({"id": "wh-1", "name": "Industrial Area"},)
ACCOUNTS = {"1010": "M-Pesa till", "1020": "Bank", "4000": "Sales", "6000": "Charges"}


class Awra:
    """One company: collections by name, each a dict of id -> record."""

    def __init__(self):
        self.now = datetime(2026, 10, 31, 9, 0, tzinfo=NAIROBI)
        self.closed_through = None
        self.answered = {}
        self.held = {name: {} for name in ("journal-entries", "payments", "pos-sales", "invoices")}
        self.router = Router()
        for name in self.held:
            self.router.add("GET", f"/api/v1/{name}", lambda request, _, name=name: self.list(request, name))
        self.router.add("GET", "/api/v1/journal-entries/{id}", lambda _, names: self.one(names["id"]))
        self.router.add("POST", "/api/v1/journal-entries", lambda request, _: self.create(request))
        self.router.add(
            "GET", "/api/v1/trial-balance", lambda request, _: self.trial_balance(dict(request.query)["as_of"])
        )
        chart = [
            {"id": code, "code": code, "name": name, "type": "asset", "currency": "KES", "status": "active"}
            for code, name in ACCOUNTS.items()
        ]
        fixed = {"branches": BRANCHES, "warehouses": WAREHOUSES, "accounts": chart}
        for name, rows in fixed.items():
            self.router.add("GET", f"/api/v1/{name}", lambda _, __, rows=rows: json_response(200, {"data": list(rows)}))
        self.router.add(
            "GET",
            "/api/v1/company",
            lambda _, __: json_response(200, {"data": {"books_closed_through": self.closed_through}}),
        )

    def failure(self, status):
        return json_response(status, {"error": {"message": "simulated"}})

    def handle(self, request):
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return json_response(401, {"error": {"message": "unknown key"}})
        handler, names, _ = self.router.find(request.method, request.path)
        return handler(request, names) if handler else json_response(404, {"error": {"message": f"no {request.path}"}})

    def put(self, name, identity, **fields):
        self.now += timedelta(seconds=1)
        before = self.held[name].get(identity, {"id": identity, "status": "posted", "created_at": self.now.isoformat()})
        self.held[name][identity] = {**before, **fields, "updated_at": self.now.isoformat()}

    def journal(self, identity, day, lines, **fields):
        """Lines as (account, minor, branch, warehouse)."""
        told = [
            {
                "id": f"{identity}-{number}",
                "account_id": account,
                "debit" if minor > 0 else "credit": amount(minor),
                "description": "",
                "branch_id": branch,
                "warehouse_id": warehouse,
            }
            for number, (account, minor, branch, warehouse) in enumerate(lines, 1)
        ]
        self.put(
            "journal-entries",
            identity,
            date=day.isoformat(),
            currency="KES",
            number=identity.upper(),
            lines=told,
            **fields,
        )

    def list(self, request, name):
        asked = dict(request.query)
        known = PAGED | ({"status", "external_reference"} if name == "journal-entries" else set())
        if unknown := set(asked) - known:
            return json_response(422, {"error": {"message": f"unknown parameter {min(unknown)}"}})
        rows = [row for _, row in sorted(self.held[name].items())]
        if "external_reference" in asked:
            return json_response(
                200, {"data": [row for row in rows if row.get("external_reference") == asked["external_reference"]]}
            )
        since = datetime.fromisoformat(asked["updated_since"])
        rows = [
            row
            for row in rows
            if datetime.fromisoformat(row["updated_at"]) >= since and row["id"] > asked.get("cursor", "")
        ]
        size = int(asked["limit"])
        return json_response(
            200, {"data": rows[:size], "next_cursor": rows[size - 1]["id"] if len(rows) > size else None}
        )

    def one(self, identity):
        if identity not in self.held["journal-entries"]:
            return json_response(404, {"error": {"message": "no such journal entry"}})
        return json_response(200, {"data": self.held["journal-entries"][identity]})

    def create(self, request):
        key = request.headers["idempotency-key"]
        if key in self.answered:
            return self.one(self.answered[key])
        body = exact_json.loads(request.body)
        unknown = set(body) - {"date", "currency", "memo", "external_reference", "lines"}
        unknown |= {name for line in body["lines"] for name in set(line) - LINE_KEYS}
        gap = sum(Decimal(line.get("debit", "0")) - Decimal(line.get("credit", "0")) for line in body["lines"])
        if unknown or gap:
            return json_response(
                422, {"error": {"message": f"unknown {min(unknown)}" if unknown else f"out of balance by {gap}"}}
            )
        if self.closed_through and body["date"] <= self.closed_through:
            return json_response(422, {"error": {"message": f"books are closed through {self.closed_through}"}})
        identity = f"je-{len(self.held['journal-entries']) + 1:04}"
        lines = [{"id": f"{identity}-{number}", **line} for number, line in enumerate(body["lines"], 1)]
        self.put("journal-entries", identity, **{**body, "lines": lines}, number=identity.upper())
        self.answered[key] = identity
        return self.one(identity)

    def trial_balance(self, day):
        totals = dict.fromkeys(ACCOUNTS, Decimal(0))
        for entry in self.held["journal-entries"].values():
            if entry["status"] == "posted" and entry["date"] <= day:
                for line in entry["lines"]:
                    totals[line["account_id"]] += Decimal(line.get("debit", "0")) - Decimal(line.get("credit", "0"))
        rows = [
            {"account_id": account, "currency": "KES", "debit" if total >= 0 else "credit": str(abs(total))}
            for account, total in totals.items()
        ]
        return json_response(200, {"data": rows})


def amount(minor):
    return f"{abs(minor) // 100}.{abs(minor) % 100:02}"


def filled():
    """A few days of a Nairobi shop."""
    books = Awra()
    for number in range(1, 31):
        _sale(books, number)
    common = {"currency": "KES", "method": "mpesa", "invoice_number": "INV-00001", "branch_id": "br-1"}
    common["customer"] = {"name": "Otieno"}
    paid, back = {"amount": "2500.00", "reference": "SJK9XX1Y2Z"}, {"amount": "-500.00", "reference": "SJK9XX1Y3Z"}
    books.put("payments", "pay-1", kind="received", paid_at="2026-10-05T10:00:00+03:00", **paid, **common)
    books.put("payments", "pay-2", kind="refunded", paid_at="2026-10-06T10:00:00+03:00", **back, **common)
    books.put("invoices", "inv-1", number="INV-00001", total="2500.00")
    return books


def _sale(books, number):
    """A sale paid by M-Pesa but for 50 shillings in cash, and its journal entry."""
    gross = 100_000 + 1_733 * number
    receipt = f"SJK{number:02}XY{number:02}Z"
    day = date(2026, 10, 1 + number % 28)
    branch = BRANCHES[number % 2]["id"]
    lines = [("1010", gross, branch, "wh-1"), ("4000", -gross, branch, "wh-1")]
    document = {"type": "pos_sale", "number": f"POS-{number:05}"}
    books.journal(f"je-{number:04}", day, lines, memo=f"POS sale {receipt}", source=document)
    mobile = {"id": "t1", "method": "mpesa", "amount": amount(gross - 5_000), "currency": "KES", "reference": receipt}
    cash = {"id": "t2", "method": "cash", "amount": "50.00", "currency": "KES", "reference": None}
    place = {"till": "2", "branch_id": branch, "warehouse_id": "wh-1", "customer": {"name": "Walk-in"}}
    books.put(
        "pos-sales",
        f"ps-{number:04}",
        sold_at=f"{day}T18:00:00+03:00",
        number=f"POS-{number:05}",
        currency="KES",
        tenders=[mobile, cash],
        **place,
    )
