"""The scopes that are asked for are the provider's own names, and cover each thing that is read or posted, no more."""

from __future__ import annotations

import pytest

from awra_desk.app.bootstrap import ACCESS
from awra_desk.connectors.shopify.queries import PROVEN
from awra_desk.connectors.stripe.source import LOOK_BACK
from awra_desk.connectors.xero import journal
from awra_desk.connectors.xero.pull import STREAMS
from tests.contracts import shopify_contract

XERO = {
    "accounting.banktransactions": {"BankTransactions", "BankTransfers"},
    "accounting.invoices": {"Invoices", "CreditNotes"},
    "accounting.payments": {"Payments"},
    "accounting.manualjournals": {"ManualJournals"},
    "accounting.settings": {"Accounts", "Organisation"},
    "accounting.reports.trialbalance": {"Reports/TrialBalance"},
}
"""developer.xero.com, "Scopes", as of November 2026: what each granular scope opens; with ".read" only for reading."""
STRIPE = {
    "balance_transactions": {"Balance", "Balance transaction source"},
    "payouts": {"Payout"},
    "charges": {"Charge"},
    "refunds": {"Charge"},
    "disputes": {"Dispute"},
}
"""docs.stripe.com/stripe-apps/reference/permissions, as of November 2026: stream -> the resources it needs."""


@pytest.mark.parametrize("version", PROVEN)
def test_every_type_of_shopify_is_opened_by_a_scope_that_is_asked_for(version):
    asked = set(ACCESS["shopify"].scopes)
    needs = {name: set(one) for name, one in shopify_contract.every_scope(version).items()}
    assert all(one & asked for one in needs.values()), needs
    # Payouts have no scope in the schema; Shopify refuses the field without this one.
    assert asked - set().union(*needs.values()) == {"read_shopify_payments_payouts"}


def test_xero_is_asked_for_what_is_read_and_for_writing_only_what_is_posted():
    asked = set(ACCESS["xero"].scopes) - {"offline_access"}
    assert {scope.removesuffix(".read") for scope in asked} == set(XERO)
    written = {scope for scope in asked if not scope.endswith(".read")}
    assert set().union(*(XERO[scope] for scope in written)) >= {journal.MANUAL_JOURNALS, journal.BANK_TRANSACTIONS}
    assert written == {"accounting.manualjournals", "accounting.banktransactions"}
    assert {stream.resource for stream in STREAMS.values()} <= set().union(*XERO.values())


def test_a_restricted_key_of_stripe_has_a_permission_for_each_stream():
    assert set(LOOK_BACK) <= set(STRIPE)
    assert set(ACCESS["stripe"].scopes) == {f"{name}: read" for names in STRIPE.values() for name in names}


def test_what_has_no_narrower_scope_says_so():
    assert ACCESS["quickbooks"].scopes == ("com.intuit.quickbooks.accounting",)
    assert not ACCESS["quickbooks"].reads_alone
    assert ACCESS["paystack"].scopes == ("secret key",)
    assert not ACCESS["paystack"].reads_alone
