"""The simulated Paystack has the published fields, takes the declared parameters, and answers for its money."""

import json

import pytest

from awra_desk.sandbox.nairobi import NairobiSpec, simulate_nairobi
from awra_desk.sandbox.servers._http import Request
from awra_desk.sandbox.servers.paystack import PARAMETERS, PaystackApplication
from tests.contracts import paystack_contract

KEY = "sk_test_sandbox0001"
LISTS = {
    "/transaction": "transactions",
    "/refund": "refunds",
    "/settlement": "settlements",
    "/dispute": "disputes",
    "/balance/ledger": "ledger",
}


@pytest.fixture(scope="module")
def books():
    return simulate_nairobi(NairobiSpec(seed=2, orders=260)).paystack


@pytest.fixture
def application(books):
    return PaystackApplication(books, secret_key=KEY)


def ask(application, path, *pairs, key=KEY, method="GET"):
    response = application.handle(Request(method, path, pairs, {"authorization": f"Bearer {key}"}))
    return response.status, json.loads(response.body)


@pytest.mark.parametrize(("path", "resource"), LISTS.items())
def test_every_row_has_the_published_fields(application, path, resource):
    _, answer = ask(application, path, ("perPage", "100"))
    assert answer["data"]
    assert {error for row in answer["data"] for error in paystack_contract.shape_errors(resource, row)} == set()
    assert set(answer) == {"status", "message", "data", "meta"}
    assert answer["message"] == paystack_contract.sample(resource)["message"]


def test_settlement_transactions_and_ledger_fit_too(application, books):
    identity, members = next((one, ids) for one, ids in books.members.items() if ids)
    _, answer = ask(application, f"/settlement/{identity}/transactions")
    assert sorted(row["id"] for row in answer["data"]) == sorted(members)
    assert set(answer["meta"]) == set(paystack_contract.sample("settlement transactions")["meta"]) - {"total_volume"}
    assert {error for row in books.ledger for error in paystack_contract.ledger_errors(row)} == set()


@pytest.mark.parametrize("template", list(PARAMETERS))
def test_parameters_are_those_the_provider_declares(application, template):
    declared = paystack_contract.declared_parameters(template)
    assert set(PARAMETERS[template]) <= declared
    path = template.replace("{id}", str(next(iter(application._books.members))))
    names = {name for table in PARAMETERS.values() for name in table} | {"perpage", "since", ""}
    for name in sorted(names - set(PARAMETERS[template])):
        status, answer = ask(application, path, (name, "1"))
        assert (status, answer["status"], answer["type"]) == (400, False, "validation_error")


def test_the_money_adds_up(books):
    members = {row["id"]: row for row in books.transactions}
    refunds = [row for row in books.refunds if row["status"] != "failed"]
    assert len(books.settlements) > 10
    for settlement in books.settlements:
        paid = [members[identity] for identity in books.members[settlement["id"]]]
        back = sum(row["amount"] for row in refunds if row["settlement"] == settlement["id"])
        assert settlement["total_processed"] == sum(row["amount"] for row in paid)
        assert settlement["total_fees"] == sum(row["fees"] for row in paid)
        assert settlement["effective_amount"] == settlement["total_amount"] - back > 0
        assert (settlement["deductions"] or 0) == back
    balance = 0
    for row in books.ledger:
        balance += row["difference"]
        assert row["balance"] == balance
    done = [row for row in books.transactions if row["status"] != "failed"]
    paid_out = sum(row["effective_amount"] for row in books.settlements)
    assert books.balance == sum(r["amount"] - r["fees"] for r in done) - sum(r["amount"] for r in refunds) - paid_out


def test_pages_by_number_and_by_cursor_show_the_same(application, books):
    whole = [row["id"] for row in ask(application, "/transaction", ("perPage", "100"))[1]["data"]]
    first = ask(application, "/transaction", ("perPage", "7"), ("use_cursor", "true"))[1]
    second = ask(
        application, "/transaction", ("perPage", "7"), ("use_cursor", "true"), ("next", first["meta"]["next"])
    )[1]
    assert [row["id"] for row in first["data"] + second["data"]] == whole[:14]
    third = ask(application, "/transaction", ("perPage", "7"), ("page", "3"))[1]
    assert [row["id"] for row in third["data"]] == whole[14:21]
    assert third["meta"]["pageCount"] == -(-third["meta"]["total"] // 7)


def test_filters_and_windows(application, books):
    row = books.transactions[20]
    status, answer = ask(application, "/transaction", ("from", row["createdAt"]), ("to", row["createdAt"]))
    assert (status, [one["id"] for one in answer["data"]]) == (200, [row["id"]])
    identity = books.settlements[3]["id"]
    found = ask(application, "/transaction", ("settlement", str(identity)), ("perPage", "100"))[1]["data"]
    assert sorted(one["id"] for one in found) == sorted(books.members[identity])
    failed = ask(application, "/transaction", ("status", "failed"))[1]["data"]
    assert {one["status"] for one in failed} == {"failed"}


def test_what_is_refused(application):
    assert ask(application, "/balance", key="sk_test_other")[0] == 401
    assert ask(application, "/customer")[0] == 404
    assert ask(application, "/transaction", method="POST")[0] == 404
    assert ask(application, "/settlement/1/transactions")[0] == 404
    assert ask(application, "/settlement/x/transactions")[0] == 404
    assert ask(application, "/transaction", ("next", "!"), ("use_cursor", "true"))[0] == 400
    for status in (200, 401, 429, 500, 503):
        response = application.failure(status)
        body = json.loads(response.body)
        assert (response.status, body["status"], set(body)) == (
            status, False, {"status", "message", "meta", "type", "code"},
        )  # fmt: skip


def test_late_rows_and_changes(application, books):
    identity = str(books.refunds[-1]["id"])
    application.rows.withhold("refunds", [identity], calls=1)
    application.rows.mutate("settlements", str(books.settlements[-1]["id"]), {"status": "success"})
    counts = [len(ask(application, "/refund")[1]["data"]) for _ in range(2)]
    assert counts[1] == counts[0] + 1
    states = [ask(application, "/settlement")[1]["data"][0]["status"] for _ in range(2)]
    assert states == ["pending", "success"]
