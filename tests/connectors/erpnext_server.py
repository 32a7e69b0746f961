"""ERPNext's REST interface over a simulated month, in the shape Frappe documents; what it does not know is refused.

Source of the shape: docs.frappe.io/framework/user/en/api/rest; field names of ERPNext's GL Entry, Journal Entry and
Account; `get_balance_on`. Stamps are the site's own time without offset.
"""

import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from awra_desk.sandbox.servers import exact_json
from awra_desk.sandbox.servers._http import Router, json_response
from awra_desk.sandbox.servers.faults import RowFaults

KEY, SECRET = "6b1f0e7a2c", "canary9d21f3"
COMPANY = 'Kilimani "Roasters" & Sons'
ABBREVIATION = "KR"
LIST_PARAMETERS = {"fields", "filters", "order_by", "limit_start", "limit_page_length"}


class Refusal(Exception):
    """Frappe's own answer to what it will not do."""

    def __init__(self, status, kind, words):
        self.answer = json_response(status, {"exc_type": kind, "exception": f"frappe.exceptions.{kind}: {words}"})
        super().__init__(words)


class ErpNext:
    """One site with one company.

    Attributes:
        entries: GL Entry by name. journals: Journal Entry by name. frozen: last day of the frozen books, or None.
    """

    def __init__(self, month):
        self.rows = RowFaults()
        self.frozen = None
        self.entries, self.journals = {}, {}
        self.now = datetime(2026, 11, 1, 9, 0)  # noqa: DTZ001 -- the site's own clock has no offset
        self.names = {
            account.role: f"{account.code} - {account.name} - {ABBREVIATION}" for account in month.books.accounts
        }
        self.accounts = {
            name: self._account(account, name)
            for account, name in zip(month.books.accounts, self.names.values(), strict=True)
        }
        self.line_ids = {}
        for document in month.books.documents:
            for line in document.lines:
                name = self.book(
                    document.date,
                    document.key,
                    "Journal Entry",
                    self.names[line.account_role],
                    line.minor,
                    remarks=" ".join(filter(None, (line.description, document.memo, document.number))),
                    party=document.counterparty,
                )
                self.line_ids[document.key, line.line_no] = ("gl_entries", f"{document.key}:{name}")
        self.opening = {self.names[role]: minor for role, minor in month.books.opening.items()}
        self._router = Router()
        self._router.add("GET", "/api/resource/{doctype}", self._list)
        self._router.add("GET", "/api/resource/{doctype}/{name}", self._read)
        self._router.add("POST", "/api/resource/Journal Entry", self._insert)
        self._router.add("PUT", "/api/resource/Journal Entry/{name}", self._submit)
        self._router.add("DELETE", "/api/resource/Journal Entry/{name}", self._delete)
        self._router.add("GET", "/api/method/erpnext.accounts.utils.get_balance_on", self._balance)

    def failure(self, status):
        return json_response(
            status, {"exc_type": "SimulatedError", "exception": "frappe.exceptions.SimulatedError: simulated"}
        )

    def handle(self, request):
        if request.headers.get("authorization") != f"token {KEY}:{SECRET}":
            return json_response(401, {"exc_type": "AuthenticationError"})
        handler, names, _ = self._router.find(request.method, request.path)
        try:
            if handler is None:
                raise Refusal(404, "DoesNotExistError", request.path)  # noqa: TRY301
            return handler(request, names)
        except Refusal as refusal:
            return refusal.answer

    # --- the books ------------------------------------------------------------------------------------------------

    def tick(self, seconds=1.0):
        self.now += timedelta(seconds=seconds)
        return self.now.strftime("%Y-%m-%d %H:%M:%S.%f")

    def book(self, day, voucher, kind, account, minor, *, remarks="", party="", stamp=None, **more):
        """One posting; its name says nothing about its age, as Frappe's do not."""
        stamp = stamp or self.tick()
        name = f"{(len(self.entries) * 2654435761) % 2**32:08x}ge"
        amount = Decimal(abs(minor)) / 100
        sides = {"debit": amount if minor > 0 else 0, "credit": amount if minor < 0 else 0}
        self.entries[name] = {
            "name": name,
            "creation": stamp,
            "modified": stamp,
            "docstatus": 1,
            "doctype": "GL Entry",
            "company": COMPANY,
            "posting_date": day.isoformat(),
            "account": account,
            "account_currency": "USD",
            **sides,
            **{f"{side}_in_account_currency": value for side, value in sides.items()},
            "voucher_type": kind,
            "voucher_no": voucher,
            "remarks": remarks,
            "party": party or None,
            "is_cancelled": 0,
            "cost_center": f"Main - {ABBREVIATION}",
            "project": None,
            "against_voucher": None,
            **more,
        }
        return name

    def cancel(self, voucher):
        """As ERPNext cancels: the postings and their reversals are all marked, by one statement and one stamp."""
        stamp = self.tick()
        for row in [row for row in self.entries.values() if row["voucher_no"] == voucher]:
            row |= {"is_cancelled": 1, "modified": stamp}
            minor = int((row["credit"] - row["debit"]) * 100)
            self.book(
                date.fromisoformat(row["posting_date"]),
                voucher,
                row["voucher_type"],
                row["account"],
                minor,
                remarks="On cancellation",
                stamp=stamp,
                is_cancelled=1,
            )

    def balance(self, account, through):
        moved = (row for row in self.entries.values() if row["account"] == account and not row["is_cancelled"])
        return Decimal(self.opening.get(account, 0)) / 100 + sum(
            row["debit"] - row["credit"] for row in moved if row["posting_date"] <= through
        )

    # --- answers --------------------------------------------------------------------------------------------------

    def _parameters(self, request, known):
        found = dict(request.query)
        if unknown := sorted(set(found) - known):
            raise Refusal(417, "ValidationError", f"unknown parameter {unknown[0]}")
        return found

    def _list(self, request, names):
        table = {"GL Entry": self.entries, "Journal Entry": self.journals, "Account": self.accounts}.get(
            names["doctype"]
        )
        if table is None:
            raise Refusal(404, "DoesNotExistError", f"DocType {names['doctype']} not found")
        asked = self._parameters(request, LIST_PARAMETERS)
        hidden = self.rows.hidden(names["doctype"])
        rows = [
            row
            for row in table.values()
            if row["name"] not in hidden and _meets(row, json.loads(asked.get("filters", "[]")))
        ]
        for part in reversed(asked.get("order_by", "modified desc").split(",")):
            field, direction = part.split()
            rows.sort(key=lambda row, field=field: row[field], reverse=direction == "desc")
        size = int(asked.get("limit_page_length", "20"))
        start = int(asked.get("limit_start", "0"))
        rows = rows[start : start + size] if size else rows
        self.rows.list_answered(names["doctype"])
        # Lists give a document's own fields; child tables are left out, whatever is asked.
        fields = json.loads(asked.get("fields", '["name"]'))
        flat = [{key: value for key, value in row.items() if not isinstance(value, list)} for row in rows]
        shown = flat if fields == ["*"] else [{key: row[key] for key in fields} for row in flat]
        return json_response(200, {"data": shown})

    def _read(self, request, names):
        self._parameters(request, set())
        if names["doctype"] == "Accounts Settings":
            return json_response(
                200, {"data": {"name": "Accounts Settings", "acc_frozen_upto": self.frozen and self.frozen.isoformat()}}
            )
        return json_response(200, {"data": self._journal(names["name"])})

    def _journal(self, name):
        if name not in self.journals:
            raise Refusal(404, "DoesNotExistError", f"Journal Entry {name} not found")
        return self.journals[name]

    def _insert(self, request, names):
        body = exact_json.loads(request.body)
        if unknown := set(body) - {
            "voucher_type",
            "company",
            "posting_date",
            "cheque_no",
            "cheque_date",
            "user_remark",
            "accounts",
        }:
            raise Refusal(417, "ValidationError", f"unknown field {min(unknown)}")
        if body["company"] != COMPANY:
            raise Refusal(417, "LinkValidationError", f"Could not find Company: {body['company']}")
        total = Decimal(0)
        for line in body["accounts"]:
            if unknown := set(line) - {
                "account",
                "debit_in_account_currency",
                "credit_in_account_currency",
                "user_remark",
                "cost_center",
                "project",
            }:
                raise Refusal(417, "ValidationError", f"unknown field {min(unknown)}")
            if line["account"] not in self.accounts or self.accounts[line["account"]]["disabled"]:
                raise Refusal(417, "ValidationError", f"Account {line['account']} is disabled or not there")
            amounts = [line.get(f"{side}_in_account_currency", 0) for side in ("debit", "credit")]
            if any(isinstance(amount, str) for amount in amounts):
                raise Refusal(417, "ValidationError", "an amount must be a number")
            total += amounts[0] - amounts[1]
        if total:
            raise Refusal(
                417, "ValidationError", f"Total Debit must be equal to Total Credit. The difference is {total}"
            )
        name = f"ACC-JV-2026-{len(self.journals) + 1:05d}"
        lines = [
            {"debit_in_account_currency": 0, "credit_in_account_currency": 0, "account_currency": "USD", **line}
            for line in body["accounts"]
        ]
        self.journals[name] = {**body, "accounts": lines, "name": name, "docstatus": 0, "modified": self.tick()}
        return json_response(200, {"data": self.journals[name]})

    def _submit(self, request, names):
        document = self._journal(names["name"])
        if exact_json.loads(request.body) != {"docstatus": 1} or document["docstatus"]:
            raise Refusal(417, "ValidationError", "Cannot edit a submitted document")
        day = date.fromisoformat(document["posting_date"])
        if self.frozen is not None and day <= self.frozen:
            raise Refusal(
                417, "ValidationError", f"You are not authorized to add or update entries before {self.frozen}"
            )
        document |= {"docstatus": 1, "modified": self.tick()}
        for line in document["accounts"]:
            minor = int((line["debit_in_account_currency"] - line["credit_in_account_currency"]) * 100)
            self.book(
                day,
                document["name"],
                "Journal Entry",
                line["account"],
                minor,
                remarks=f"Note: {document['user_remark']} Reference #{document['cheque_no']}",
            )
        return json_response(200, {"data": document})

    def _delete(self, request, names):
        if self._journal(names["name"])["docstatus"] == 1:
            raise Refusal(417, "ValidationError", "Submitted Record cannot be deleted")
        del self.journals[names["name"]]
        return json_response(202, {"data": "ok"})

    def _balance(self, request, names):
        asked = self._parameters(request, {"account", "date", "company"})
        if asked["company"] != COMPANY or asked["account"] not in self.accounts:
            raise Refusal(417, "ValidationError", "no such account")
        return json_response(200, {"message": self.balance(asked["account"], asked["date"])})

    def _account(self, account, name):
        return {
            "name": name,
            "account_number": account.code,
            "account_name": account.name,
            "account_type": account.kind,
            "root_type": "Asset",
            "account_currency": account.currency,
            "disabled": 0,
            "is_group": 0,
            "company": COMPANY,
            "modified": self.tick(),
        }


def _meets(row, filters):
    for field, operator, value in filters:
        if field not in row:
            raise Refusal(417, "DataError", f"Field not permitted in query: {field}")
        holds = {"=": row[field] == value, ">=": row[field] >= value if operator == ">=" else None}[operator]
        if not holds:
            return False
    return True


def by_account(server, rows):
    """account -> sum in minor units of GL Entry rows."""
    found = defaultdict(int)
    for row in rows:
        found[row["account"]] += int((row["debit"] - row["credit"]) * 100)
    return found
