"""Xero's HTTP interface over one organisation's books: lists, documents, reports, creation, tokens."""

import hashlib
import re
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers import exact_json
from awra_desk.sandbox.servers._http import Request, Response, Router, json_response
from awra_desk.sandbox.servers.faults import RowFaults
from awra_desk.sandbox.servers.parameters import Kind, Parameter, ParameterError, Table, read_parameters
from awra_desk.sandbox.servers.xero._books import IDENTITIES, XeroBooks, identity, moment, money
from awra_desk.sandbox.servers.xero._writes import Refusal, create

ROOT = "/api.xro/2.0"
_PAGED: Table = {
    "where": Parameter(Kind.TEXT),
    "order": Parameter(Kind.CHOICE, choices=("UpdatedDateUTC ASC", "UpdatedDateUTC DESC")),
    "page": Parameter(Kind.INTEGER, minimum=1),
    "pageSize": Parameter(Kind.INTEGER, minimum=1, maximum=1000),
}
PARAMETERS: dict[str, Table] = {
    **dict.fromkeys(("BankTransactions", "Payments", "Invoices", "CreditNotes", "ManualJournals"), _PAGED),
    "BankTransfers": {"where": Parameter(Kind.TEXT), "includeDeleted": Parameter(Kind.BOOLEAN)},
    "Journals": {"offset": Parameter(Kind.INTEGER, minimum=0)},
    "Accounts": {},
    "Organisation": {},
    "Reports/TrialBalance": {"date": Parameter(Kind.DATE)},
}
"""Resource -> the parameters of its list that the sandbox takes; `If-Modified-Since` is a header."""

_LINES = {
    "BankTransactions": "LineItems",
    "Invoices": "LineItems",
    "CreditNotes": "LineItems",
    "ManualJournals": "JournalLines",
}
_PAGE = 100
_CONTAINS = re.compile(r'(\w+)!=null AND \1\.Contains\("([^"]*)"\)')
ACCESS_SECONDS = 1800

SCOPES = (
    "offline_access accounting.banktransactions accounting.invoices.read accounting.payments.read"
    " accounting.settings.read accounting.reports.trialbalance.read accounting.manualjournals"
)
"""What the simulated person granted."""


class XeroApplication:
    """Answers calls over a `XeroBooks`.

    Attributes:
        advanced: whether the app's tier may read Journals. rows: late rows. refresh_token: the only one that is valid.
    """

    def __init__(self, books: XeroBooks, *, seed: str = "xero") -> None:
        self.books = books
        self.rows = RowFaults()
        self.advanced = False
        self.client_id = hashlib.sha256(f"{seed}/client".encode()).hexdigest()[:32].upper()
        self._seed, self._issued, self._created = seed, 0, 0
        self._access: set[str] = set()
        self._answered: dict[str, Response] = {}
        self.refresh_token = self._secret("refresh")
        self._router = Router()
        for resource in PARAMETERS:
            self._router.add("GET", f"{ROOT}/{resource}", partial(self._get, resource))
        for resource in ("ManualJournals", "BankTransactions"):
            self._router.add("PUT", f"{ROOT}/{resource}", partial(self._put, resource))
        for resource in IDENTITIES:
            self._router.add("GET", f"{ROOT}/{resource}/{{name}}", partial(self._one, resource))

    def expire_access_tokens(self) -> None:
        """Ends every access token now."""
        self._access.clear()

    def failure(self, status: int) -> Response:
        """Xero's own answer for trouble of this status."""
        if status == 401:
            return _detail(401, "Unauthorized", "TokenExpired: token expired")
        if status == 429:
            return Response(429, b"", (("X-Rate-Limit-Problem", "minute"), ("X-DayLimit-Remaining", "4000")))
        return json_response(
            status, {"ErrorNumber": 500, "Type": "APIException", "Message": "An error occurred in Xero."}
        )

    def handle(self, request: Request) -> Response:
        """Xero's answer."""
        if (request.method, request.path) == ("POST", "/connect/token"):
            return self._token(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self._access:
            return self.failure(401)
        if (request.method, request.path) == ("GET", "/connections"):
            name = self.books.month.company_name
            return json_response(
                200,
                [
                    {
                        "id": identity("connection"),
                        "tenantId": self.books.tenant_id,
                        "tenantType": "ORGANISATION",
                        "tenantName": name,
                    }
                ],
            )
        if request.headers.get("xero-tenant-id") != self.books.tenant_id:
            return _detail(403, "Forbidden", "AuthenticationUnsuccessful")
        return self._routed(request)

    def _routed(self, request: Request) -> Response:
        handler, names, _ = self._router.find(request.method, request.path)
        if handler is None:
            return json_response(404, {"Message": "The resource you're looking for cannot be found"})
        try:
            return handler(request, names)
        except ParameterError as error:
            return _exception("QueryParseException", f"{error.name}: {error.problem}")

    def _get(self, resource: str, request: Request, _names: dict[str, str]) -> Response:
        asked = read_parameters(PARAMETERS[resource], request.query)
        match resource:
            case "Organisation":
                return self._answer(Organisations=[self._organisation()])
            case "Accounts":
                return self._answer(Accounts=self.books.accounts())
            case "Reports/TrialBalance":
                day = asked.get("date")
                return self._answer(
                    Reports=[self._trial_balance(day if isinstance(day, date) else self.books.now.date())]
                )
            case "Journals":
                if not self.advanced:
                    return _detail(401, "Unauthorized", "AuthorizationUnsuccessful")
                return self._answer(Journals=self._journals(int(str(asked.get("offset", 0)))))
        return self._list(resource, request, asked)

    def _list(self, resource: str, request: Request, asked: dict[str, Any]) -> Response:
        since = request.headers.get("if-modified-since")
        hidden = self.rows.hidden(resource)
        rows = [row for name, row in self.books.documents[resource].items() if name not in hidden]
        if since is not None:
            # An answer to the second: Xero's own precision.
            start = datetime.fromisoformat(since)
            rows = [row for row in rows if _stamp(row) >= start]
        if resource == "BankTransfers" and not asked.get("includeDeleted"):
            rows = [row for row in rows if row["Status"] != "DELETED"]
        rows = _where(rows, asked.get("where"))
        rows.sort(key=lambda row: (_stamp(row), row[IDENTITIES[resource]]), reverse="DESC" in str(asked.get("order")))
        self.rows.list_answered(resource)
        if "page" not in asked:
            # Without a page Xero gives everything, and leaves the lines out.
            return self._answer(
                **{resource: [{**row, **({_LINES[resource]: []} if resource in _LINES else {})} for row in rows]}
            )
        page, size = int(asked["page"]), int(asked.get("pageSize", _PAGE))
        part = rows[(page - 1) * size : page * size]
        pagination = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": len(rows)}
        return self._answer(pagination=pagination, **{resource: part})

    def _one(self, resource: str, _request: Request, names: dict[str, str]) -> Response:
        row = self.books.documents[resource].get(names["name"])
        return self._answer(**{resource: [row]}) if row else _detail(404, "NotFound", "The resource cannot be found")

    def _put(self, resource: str, request: Request, _names: dict[str, str]) -> Response:
        key = request.headers.get("idempotency-key", "")
        if key in self._answered:
            return self._answered[key]
        try:
            body = exact_json.loads(request.body)
            elements = body[resource] if set(body) == {resource} else [body]
            self._created += 1
            made = [create(self.books, resource, element, self._created) for element in elements]
        except Refusal as refusal:
            return _exception("ValidationException", "A validation exception occurred", [refusal.element])
        except (KeyError, TypeError, ValueError) as error:
            return _exception("PostDataInvalidException", f"{type(error).__name__}: {error}")
        answer = self._answer(**{resource: made})
        if key:
            self._answered[key] = answer
        return answer

    def forget_keys(self) -> None:
        """As Xero does within minutes."""
        self._answered.clear()

    def _token(self, request: Request) -> Response:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if form.get("client_id") != self.client_id:
            return json_response(400, {"error": "invalid_client"})
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return json_response(400, {"error": "invalid_grant"})
        self.refresh_token = self._secret("refresh")
        access = self._secret("access")
        self._access.add(access)
        return json_response(
            200,
            {
                "access_token": access,
                "expires_in": ACCESS_SECONDS,
                "token_type": "Bearer",
                "refresh_token": self.refresh_token,
                "scope": SCOPES,
            },
        )

    def _secret(self, purpose: str) -> str:
        self._issued += 1
        return hashlib.sha256(f"{self._seed}/{purpose}/{self._issued}".encode()).hexdigest()

    def _answer(self, **body: Any) -> Response:
        head = {
            "Id": identity("answer"),
            "Status": "OK",
            "ProviderName": "AWRA Desk",
            "DateTimeUTC": moment(self.books.now),
        }
        return json_response(200, {**head, **body}, {"X-DayLimit-Remaining": "4000", "X-MinLimit-Remaining": "59"})

    def _organisation(self) -> Json:
        lock = self.books.period_lock
        return {
            "OrganisationID": self.books.tenant_id,
            "Name": self.books.month.company_name,
            "BaseCurrency": "USD",
            "CountryCode": "US",
            "OrganisationStatus": "ACTIVE",
            "FinancialYearEndDay": 31,
            "FinancialYearEndMonth": 12,
            "Timezone": "EASTERNSTANDARDTIME",
            "ShortCode": "!awra",
            **({"PeriodLockDate": moment(datetime.combine(lock, time(), UTC))} if lock else {}),
        }

    def _journals(self, after: int) -> list[Json]:
        rows = [row for row in self.books.documents["ManualJournals"].values() if row["Status"] == "POSTED"]
        numbered = [(number, row) for number, row in enumerate(rows, 1) if number > after]
        return [
            {
                "JournalID": identity("ready", row["ManualJournalID"]),
                "JournalNumber": number,
                "JournalDate": row["Date"],
                "SourceID": row["ManualJournalID"],
                "SourceType": "MANJOURNAL",
                "CreatedDateUTC": row["UpdatedDateUTC"],
                "JournalLines": [],
            }
            for number, row in numbered[:_PAGE]
        ]

    def _trial_balance(self, day: date) -> Json:
        balances = self.books.balances(day)
        rows = []
        totals = [0, 0]
        for account in self.books.accounts():
            minor = balances.get(account["Code"], 0)
            if not minor:
                continue
            sides = (max(minor, 0), max(-minor, 0))
            totals = [total + side for total, side in zip(totals, sides, strict=True)]
            attributes = [{"Id": "account", "Value": account["AccountID"]}]
            texts = [
                f"{account['Name']} ({account['Code']})",
                "",
                "",
                *(str(money(side)) if side else "" for side in sides),
            ]
            rows.append({"RowType": "Row", "Cells": [{"Value": text, "Attributes": attributes} for text in texts]})
        titles = ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")
        total = [{"Value": text} for text in ("Total", "", "", *(str(money(side)) for side in totals))]
        return {
            "ReportID": "TrialBalance",
            "ReportName": "Trial Balance",
            "ReportType": "TrialBalance",
            "ReportTitles": ["Trial Balance", self.books.month.company_name, f"As at {day:%d %B %Y}"],
            "ReportDate": f"{day:%d %B %Y}",
            "UpdatedDateUTC": moment(self.books.now),
            "Rows": [
                {"RowType": "Header", "Cells": [{"Value": title} for title in titles]},
                {"RowType": "Section", "Title": "Accounts", "Rows": rows},
                {"RowType": "Section", "Title": "", "Rows": [{"RowType": "SummaryRow", "Cells": total}]},
            ],
        }


def _where(rows: list[Json], text: object) -> list[Json]:
    """The rows that meet the only filter the sandbox knows, which is ours."""
    if text is None:
        return rows
    found = _CONTAINS.fullmatch(str(text))
    if found is None:
        raise ParameterError("where", "unknown", str(text))
    return [row for row in rows if found[2] in (row.get(found[1]) or "")]


def _stamp(row: Json) -> datetime:
    text: str = row["UpdatedDateUTC"]
    return datetime.fromtimestamp(int(text[6:-7]) / 1000, UTC)


def _detail(status: int, title: str, detail: str) -> Response:
    return json_response(status, {"Type": None, "Title": title, "Status": status, "Detail": detail})


def _exception(kind: str, words: str, elements: list[Json] | None = None) -> Response:
    body: Json = {"ErrorNumber": 10, "Type": kind, "Message": words}
    return json_response(400, body | ({"Elements": elements} if elements else {}))
