"""The QuickBooks sandbox against the official schemas: objects, answers, parameters, the query language."""

import base64
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from awra_desk.sandbox.merchant import Month
from awra_desk.sandbox.servers import exact_json
from awra_desk.sandbox.servers._http import Request, Response
from awra_desk.sandbox.servers.quickbooks import (
    PARAMETERS,
    PROPERTIES,
    STREAMS,
    Company,
    QuickBooksApplication,
    Tokens,
    quickbooks_line_ids,
    quickbooks_objects,
)
from awra_desk.sandbox.servers.quickbooks._query import Condition, Statement, parse
from awra_desk.sandbox.servers.quickbooks._render import OTHERS
from tests.connectors.small_month import OPENING, small_month
from tests.contracts import quickbooks_contract

ENDPOINTS = {
    "query": "query",
    "cdc": "cdc",
    "read": "journalentry/109",
    "write": "journalentry",
    "report": "reports/TrialBalance",
}
HELD = sorted(set(PROPERTIES) - set(OTHERS))
"""Entities of which the month has objects; `OTHERS` are entered in test_quickbooks_money.py."""


@pytest.fixture(scope="module")
def month() -> Month:
    return small_month()


class Desk:
    """A client without any cleverness: one application, one access token."""

    def __init__(self, month: Month, **options: Any) -> None:
        self.application = QuickBooksApplication(Company(month), Tokens("seed"), **options)
        self.company = self.application.company
        self.tokens = self.application.tokens
        self.access_token = self.refresh()["access_token"]

    def refresh(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.token_call().body.decode("utf-8-sig"))
        return found

    def token_call(self, *, secret: str = "", **form: str) -> Response:
        fields = {"grant_type": "refresh_token", "refresh_token": self.tokens.refresh_token, **form}
        pair = f"{self.tokens.client_id}:{secret or self.tokens.client_secret}"
        headers = {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        body = urlencode(fields).encode()
        return self.application.handle(Request("POST", "/oauth2/v1/tokens/bearer", (), headers, body))

    def call(self, path: str, *pairs: tuple[str, str], method: str = "GET", body: bytes = b"") -> Response:
        headers = {"authorization": f"Bearer {self.access_token}"}
        whole = f"/v3/company/{self.company.realm_id}/{path}"
        return self.application.handle(Request(method, whole, pairs, headers, body))

    def read(self, path: str, *pairs: tuple[str, str]) -> Any:
        response = self.call(path, *pairs)
        assert response.status == 200, response.body
        return exact_json.loads(response.body)

    def query(self, statement: str) -> dict[str, Any]:
        found: dict[str, Any] = self.read("query", ("query", statement))["QueryResponse"]
        return found

    def ids(self, statement: str) -> list[str]:
        entity = parse(statement).entity
        return [row["Id"] for row in self.query(statement).get(entity, [])]

    def refused(self, path: str, *pairs: tuple[str, str], method: str = "GET", body: bytes = b"") -> tuple[str, str]:
        """Code and element of the refusal, whose whole answer must fit the schema."""
        response = self.call(path, *pairs, method=method, body=body)
        document = exact_json.loads(response.body)
        assert response.status == 400
        assert quickbooks_contract.errors("IntuitResponse", document) == []
        error = document["Fault"]["Error"][0]
        return error["code"], error.get("element", "")


@pytest.fixture
def desk(month: Month) -> Desk:
    return Desk(month)


def test_the_schemas_refuse_what_is_not_theirs(month: Month) -> None:
    entry = quickbooks_objects(month)["JournalEntry"][0]
    assert quickbooks_contract.errors("JournalEntry", entry) == []
    for wrong in (
        {"DocNumbr": "1"},
        {"TxnDate": "2026-13-01"},
        {"Adjustment": "perhaps"},
        {"Line": [{"Amount": "ten"}]},
    ):
        assert quickbooks_contract.errors("JournalEntry", {**entry, **wrong}) != []


@pytest.mark.parametrize("entity", HELD)
def test_every_object_fits_the_schema_and_has_the_properties_one_may_ask_for(month: Month, entity: str) -> None:
    rows = quickbooks_objects(month)[entity]
    assert rows
    for row in rows:
        assert quickbooks_contract.errors(entity, row) == []
        assert row["MetaData"]["CreateTime"].endswith(("-07:00", "-08:00"))
    probe = {name.partition(".")[0] for name in PROPERTIES[entity]}
    assert quickbooks_contract.unknown_properties(entity, probe) == set()


@pytest.mark.parametrize("entity", HELD)
def test_query_and_single_read_give_the_same_objects_in_answers_that_fit(desk: Desk, month: Month, entity: str) -> None:
    answer = desk.read("query", ("query", f"select * from {entity} maxresults 1000"), ("minorversion", "75"))
    assert quickbooks_contract.errors("IntuitResponse", answer) == []
    rows = answer["QueryResponse"][entity]
    assert answer["QueryResponse"]["maxResults"] == len(rows) == len(quickbooks_objects(month)[entity])
    for row in rows:
        single = desk.read(f"{entity.lower()}/{row['Id']}")
        assert quickbooks_contract.errors("IntuitResponse", single) == []
        assert single[entity] == row


def test_preferences_need_no_id_and_tell_the_closing_date(desk: Desk) -> None:
    assert "BookCloseDate" not in desk.read("preferences")["Preferences"]["AccountingInfoPrefs"]
    desk.company.close_books(date(2026, 9, 30))
    answer = desk.read("preferences")
    assert answer["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"] == "2026-09-30"
    assert quickbooks_contract.errors("IntuitResponse", answer) == []


def test_line_ids_are_those_on_the_wire(month: Month) -> None:
    objects = {entity: {row["Id"]: row for row in rows} for entity, rows in quickbooks_objects(month).items()}
    entity_of = {stream: entity for entity, stream in STREAMS.items()}
    found = quickbooks_line_ids(month)
    for document in month.books.documents:
        for line in document.lines:
            if line.account_role in ("sales_tax", "receivables"):
                assert (document.key, line.line_no) not in found
                continue
            stream, external = found[document.key, line.line_no]
            identity, _, number = external.partition(":")
            row = objects[entity_of[stream]][identity]
            assert row["TxnDate"] == document.date.isoformat()
            assert signed_line(document.entity, row, number) == line.minor
    assert len(set(found.values())) == len(found)


def signed_line(entity: str, row: dict[str, Any], number: str) -> int:
    """The posting that `<Id>:<number>` names, read from the wire as a connector would."""
    if entity != "JournalEntry" and number == "0":
        return int(row["TotalAmt"] * 100)
    line = next(line for line in row["Line"] if line.get("Id") == number)
    sign = -1
    if entity == "JournalEntry" and line["JournalEntryLineDetail"]["PostingType"] == "Debit":
        sign = 1
    return int(line["Amount"] * 100) * sign


@pytest.mark.parametrize("endpoint", sorted(PARAMETERS))
def test_every_parameter_is_known_to_the_provider_and_every_other_is_refused(desk: Desk, endpoint: str) -> None:
    known = quickbooks_contract.declared_parameters(endpoint)
    assert set(PARAMETERS[endpoint]) <= known
    everything = {name for table in PARAMETERS.values() for name in table} | {"querry", "minor_version", ""}
    given = {"cdc": [("entities", "Account"), ("changedSince", "2026-10-20")]}.get(endpoint, [])
    method = "POST" if endpoint == "write" else "GET"
    for name in sorted(everything - set(PARAMETERS[endpoint])):
        pairs = (*given, (name, "1"))
        assert desk.refused(ENDPOINTS[endpoint], *pairs, method=method) == ("2010", name)


@pytest.mark.parametrize(
    ("path", "pairs", "code"),
    [
        ("query", [("query", "select * from Account"), ("minorversion", "new")], "2090"),
        ("reports/TrialBalance", [("end_date", "31/10/2026")], "2010"),
        ("reports/TrialBalance", [("accounting_method", "Barter")], "2170"),
        ("reports/TrialBalance", [("start_date", "2026-11-01"), ("end_date", "2026-10-01")], "6000"),
        ("reports/BalanceSheet", [], "500"),
        ("cdc", [("entities", "Account")], "2020"),
        ("cdc", [("entities", "Bill"), ("changedSince", "2026-10-20")], "2170"),
        ("cdc", [("entities", "Account"), ("changedSince", "soon")], "2010"),
        ("cdc", [("entities", "Account"), ("changedSince", "2026-01-01")], "6000"),
        ("journalentry/999", [], "610"),
        ("invoice/1", [], "500"),
    ],
)
def test_refused_reads(desk: Desk, path: str, pairs: list[tuple[str, str]], code: str) -> None:
    assert desk.refused(path, *pairs)[0] == code


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("", "4000"),
        ("select * from", "4000"),
        ("select from Account", "4000"),
        ("select * from Account where Id = 1 or Id = 2", "4000"),
        ("select * from Account where Id = ", "4000"),
        ("select * from Account where Id ! '1'", "4000"),
        ("select * from Account where Id in ('1'", "4000"),
        ("select * from Account maxresults 1001", "4001"),
        ("select * from Account startposition 0", "4001"),
        ("select * from Invoice", "4001"),
        ("select * from JournalEntry where PrivateNote = 'x'", "4001"),
        ("select * from JournalEntry orderby Line", "4001"),
        ("select * from JournalEntry where MetaData.LastUpdatedTime > 'soon'", "4001"),
        ("select * from JournalEntry where Id > 'x'", "4001"),
    ],
)
def test_refused_queries(desk: Desk, statement: str, code: str) -> None:
    assert desk.refused("query", ("query", statement))[0] == code


def test_the_statement_is_parsed_whole() -> None:
    text = (
        "SELECT * FROM JournalEntry WHERE MetaData.LastUpdatedTime >= '2026-10-01T00:00:00-07:00' "
        "AND DocNumber LIKE 'A\\'%' AND Id IN ('1', 2) ORDERBY TxnDate DESC, Id STARTPOSITION 11 MAXRESULTS 1000;"
    )
    assert parse(text) == Statement(
        "JournalEntry",
        where=(
            Condition("MetaData.LastUpdatedTime", ">=", ("2026-10-01T00:00:00-07:00",)),
            Condition("DocNumber", "like", ("A'%",)),
            Condition("Id", "in", ("1", "2")),
        ),
        order=(("TxnDate", True), ("Id", False)),
        start=11,
        limit=1000,
    )
    assert parse("select count(*) from Account").count
    assert parse("select Id, TxnDate from Deposit order by Id asc").columns == ("Id", "TxnDate")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select * from SalesReceipt", ["106", "105", "104", "103", "102", "101"]),
        ("select * from SalesReceipt orderby Id startposition 5", ["105", "106"]),
        ("select * from SalesReceipt orderby Id desc maxresults 2", ["106", "105"]),
        ("select * from SalesReceipt where TxnDate > '2026-10-04' and TxnDate <= '2026-10-05'", ["105"]),
        ("select * from SalesReceipt where TotalAmt < '12.00' orderby TotalAmt", ["101", "102"]),
        ("select * from SalesReceipt where DocNumber like '%_003'", ["104"]),
        ("select * from SalesReceipt where DocNumber in ('ch_001', 'ch_004') orderby Id", ["102", "105"]),
        ("select * from JournalEntry where DocNumber = 'fees-1001'", ["109"]),
        ("select * from Payment where PaymentRefNum = 'ch_006'", ["107"]),
        ("select * from JournalEntry where MetaData.LastUpdatedTime >= '2026-11-02T17:00:00-08:00'", ["109"]),
        ("select * from JournalEntry where MetaData.LastUpdatedTime >= '2026-11-03T02:00:00Z'", []),
        ("select * from Deposit startposition 2", []),
        ("select * from Account where AccountType = 'Bank'", ["1"]),
        ("select * from Account where AcctNum >= '6300' orderby AcctNum desc", ["17", "16"]),
    ],
)
def test_queries_find(desk: Desk, statement: str, expected: list[str]) -> None:
    assert desk.ids(statement) == expected


def test_counts_columns_and_empty_answers_have_the_providers_form(desk: Desk) -> None:
    counted = desk.read("query", ("query", "select count(*) from SalesReceipt where TotalAmt > '13.00'"))
    assert counted["QueryResponse"] == {"totalCount": 3}
    empty = desk.read("query", ("query", "select * from Deposit where Id = '1'"))
    assert empty["QueryResponse"] == {}
    part = desk.read("query", ("query", "select Id, TotalAmt from Deposit"))
    assert part["QueryResponse"]["Deposit"] == [
        {"domain": "QBO", "sparse": True, "Id": "108", "TotalAmt": Decimal("90.00")}
    ]
    for answer in (counted, empty, part):
        assert quickbooks_contract.errors("IntuitResponse", answer) == []


def test_a_query_may_be_posted_as_text(desk: Desk) -> None:
    posted = desk.call("query", method="POST", body=b"select * from Deposit")
    assert json.loads(posted.body) == json.loads(desk.call("query", ("query", "select * from Deposit")).body)


def test_inactive_accounts_are_left_out_unless_asked_for(desk: Desk) -> None:
    desk.company.set_active("17", active=False)
    assert "17" not in desk.ids("select * from Account")
    assert "17" in desk.ids("select * from Account where Active in (true, false)")
    assert desk.ids("select * from Account where Active = false") == ["17"]


def test_amounts_are_exact_decimals_on_the_wire(desk: Desk) -> None:
    assert b'"TotalAmt":10.00' in desk.call("salesreceipt/101").body


def test_the_trial_balance_is_what_the_documents_say(desk: Desk, month: Month) -> None:
    for day in (date(2026, 9, 30), date(2026, 10, 5), date(2026, 10, 31), date(2026, 11, 30)):
        report = desk.read("reports/TrialBalance", ("end_date", day.isoformat()), ("start_date", "2026-01-01"))
        assert quickbooks_contract.errors("Report", report) == []
        expected = {account.role: month.books.balance(account.role, day) for account in month.books.accounts}
        by_id = {identity: role for role, identity in desk.company.account_ids.items()}
        found = {by_id[cell["id"]]: minor for cell, minor in report_rows(report)}
        assert found == {role: minor for role, minor in expected.items() if minor}
        total = report["Rows"]["Row"][-1]["Summary"]["ColData"]
        assert total[0]["value"] == "TOTAL"
        assert total[1]["value"] == total[2]["value"]
    assert sum(OPENING.values()) == 0


def report_rows(report: dict[str, Any]) -> list[tuple[dict[str, str], int]]:
    rows = [row["ColData"] for row in report["Rows"]["Row"] if "ColData" in row]
    minor = lambda cell: int(Decimal(cell["value"] or 0) * 100)  # noqa: E731
    return [(name, minor(debit) - minor(credit)) for name, debit, credit in rows]


def test_change_data_capture_tells_what_changed_and_what_was_deleted(desk: Desk) -> None:
    since = "2026-11-02T00:00:00-08:00"
    pairs = (("entities", "JournalEntry,SalesReceipt,Deposit"), ("changedSince", since))
    before = desk.read("cdc", *pairs)
    assert [sorted(part) for part in before["CDCResponse"][0]["QueryResponse"]] == [
        ["JournalEntry", "maxResults", "startPosition"],
        [],
        [],
    ]
    desk.company.delete("SalesReceipt", "103")
    after = desk.read("cdc", *pairs)
    gone = after["CDCResponse"][0]["QueryResponse"][1]["SalesReceipt"]
    assert [(row["Id"], row["status"]) for row in gone] == [("103", "Deleted")]
    assert datetime.fromisoformat(gone[0]["MetaData"]["LastUpdatedTime"]) > datetime.fromisoformat(since)
    for answer in (before, after):
        assert quickbooks_contract.errors("IntuitResponse", answer) == []
    assert desk.refused("salesreceipt/103")[0] == "610"


def test_late_and_mutated_rows(desk: Desk) -> None:
    desk.application.rows.withhold("SalesReceipt", ["104"], calls=1)
    assert desk.refused("salesreceipt/104")[0] == "610"
    assert "104" not in desk.ids("select * from SalesReceipt")
    assert "104" in desk.ids("select * from SalesReceipt")
    desk.application.rows.mutate("Deposit", "108", {"PrivateNote": "changed"})
    notes = [desk.query("select * from Deposit")["Deposit"][0]["PrivateNote"] for _ in range(2)]
    assert notes == ["Stripe payout po_026", "changed"]


def test_tokens_are_shaped_as_the_provider_shapes_them_and_rotate(desk: Desk) -> None:
    sample = quickbooks_contract.oauth_fixture("success_token_response")
    first = desk.refresh()
    assert set(first) == set(sample) - {"id_token"}
    assert {key: type(first[key]) for key in first} == {key: type(sample[key]) for key in first}
    assert (first["token_type"], first["expires_in"]) == (sample["token_type"], 3600)
    spent = desk.tokens.refresh_token
    desk.refresh()
    refused = desk.token_call(refresh_token=spent)
    assert refused.status == 400
    assert set(json.loads(refused.body)) == set(quickbooks_contract.oauth_fixture("failure_token_response"))
    assert json.loads(refused.body)["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "secret", "status", "error"),
    [
        ({"grant_type": "password"}, "", 400, "unsupported_grant_type"),
        ({"scope": "all"}, "", 400, "invalid_request"),
        ({}, "wrong", 401, "invalid_client"),
    ],
)
def test_token_refusals(desk: Desk, form: dict[str, str], secret: str, status: int, error: str) -> None:
    response = desk.token_call(secret=secret, **form)
    assert (response.status, json.loads(response.body)["error"]) == (status, error)


def test_token_answers_may_begin_with_a_byte_order_mark(month: Month) -> None:
    desk = Desk(month, byte_order_mark=True)
    assert desk.token_call().body.startswith(b"\xef\xbb\xbf{")


def test_access_ends_after_an_hour_or_on_demand(month: Month) -> None:
    seconds = [0.0]
    tokens = Tokens("seed", clock=lambda: seconds[0])
    application = QuickBooksApplication(Company(month), tokens)
    request = Request(
        "POST",
        "/oauth2/v1/tokens/bearer",
        (),
        {"authorization": "Basic " + base64.b64encode(f"{tokens.client_id}:{tokens.client_secret}".encode()).decode()},
        urlencode({"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}).encode(),
    )
    header = "Bearer " + json.loads(application.handle(request).body)["access_token"]
    assert tokens.accepts(header)
    seconds[0] = 3599.0
    assert tokens.accepts(header)
    seconds[0] = 3600.0
    assert not tokens.accepts(header)
    seconds[0] = 0.0
    tokens.expire_access_tokens()
    assert not tokens.accepts(header)


def test_the_gateways_answers_have_their_own_form(desk: Desk) -> None:
    desk.tokens.expire_access_tokens()
    response = desk.call("companyinfo/1")
    document = json.loads(response.body)
    assert response.status == 401
    assert document["fault"]["type"] == "AUTHENTICATION"
    assert document["fault"]["error"][0]["code"] == "3200"
    assert dict(response.headers)["intuit_tid"].startswith("1-")
    desk.access_token = desk.refresh()["access_token"]
    desk.company.realm_id = "1"
    headers = {"authorization": f"Bearer {desk.access_token}"}
    foreign = desk.application.handle(Request("GET", "/v3/company/2/companyinfo/1", (), headers))
    assert (foreign.status, json.loads(foreign.body)["fault"]["error"][0]["code"]) == (403, "3100")


@pytest.mark.parametrize(("status", "code"), [(200, "10000"), (429, "3001"), (500, "10000"), (503, "10000")])
def test_scripted_failures_have_the_providers_fault(desk: Desk, status: int, code: str) -> None:
    response = desk.application.failure(status)
    document = json.loads(response.body)
    assert (response.status, document["Fault"]["Error"][0]["code"]) == (status, code)
    assert quickbooks_contract.errors("IntuitResponse", document) == []


def test_discovery_names_the_same_members_as_the_provider(desk: Desk) -> None:
    request = Request("GET", "/.well-known/openid_configuration", (), {"host": "127.0.0.1:1"})
    document = json.loads(desk.application.handle(request).body)
    assert set(document) == set(quickbooks_contract.oauth_fixture("discovery"))
    assert document["token_endpoint"] == "http://127.0.0.1:1/oauth2/v1/tokens/bearer"
