"""The generated month as the providers see it: each object fits its contract, and QuickBooks can hold the books."""

from datetime import date, timedelta

import pytest

from awra_desk.sandbox.merchant import Month, MonthSpec, simulate
from awra_desk.sandbox.servers import exact_json, quickbooks_line_ids, quickbooks_objects
from awra_desk.sandbox.servers.quickbooks import Company
from awra_desk.sandbox.servers.quickbooks._render import OTHERS
from tests.contracts import quickbooks_contract, stripe_contract

RESOURCES = ("balance_transaction", "charge", "dispute", "event", "payout", "refund")


@pytest.fixture(scope="module")
def month() -> Month:
    return simulate(MonthSpec(seed=7, orders=120))


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_stripe_object_fits_the_contract(month: Month, resource: str) -> None:
    rows = getattr(month.stripe, f"{resource}s")
    assert rows
    found = {
        error
        for row in rows
        for error in stripe_contract.resource_errors(resource, exact_json.loads(exact_json.dumps(row)))
    }
    assert found == set()
    assert [row["created"] for row in rows] == sorted(row["created"] for row in rows)


def test_the_balance_fits_the_contract(month: Month) -> None:
    assert stripe_contract.resource_errors("balance", month.stripe.balance) == []


def test_every_ledger_object_fits_the_schema(month: Month) -> None:
    for entity, rows in quickbooks_objects(month).items():
        assert rows or entity in OTHERS
        found = {error for row in rows for error in quickbooks_contract.errors(entity, row)}
        assert found == set()


def test_every_line_of_a_reconciled_account_has_an_id_of_its_own(month: Month) -> None:
    found = quickbooks_line_ids(month)
    wanted = {
        (document.key, line.line_no)
        for document in month.books.documents
        for line in document.lines
        if line.account_role in ("bank", "stripe_clearing")
    }
    assert wanted <= set(found)
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_company_has_the_bookkeepers_balances_on_every_day(seed: int) -> None:
    books = (month := simulate(MonthSpec(seed=seed, orders=60))).books
    company = Company(month)
    for offset in range(-1, 35, 6):
        day = date(2026, 10, 1) + timedelta(days=offset)
        expected = {company.account_ids[account.role]: books.balance(account.role, day) for account in books.accounts}
        assert company.balances(day) == expected
