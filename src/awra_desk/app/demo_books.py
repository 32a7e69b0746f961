"""How the demo sets the simulated merchant up: connections, people, the three reconciliations, the take-on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awra_desk.domain.people import Person, Role
from awra_desk.domain.reconciliations import (
    ChannelRule,
    ClosingBasis,
    OpeningBalance,
    OpeningItem,
    Reconciliation,
    Scope,
    SideSpec,
)
from awra_desk.domain.transactions import Kind, record_id
from awra_desk.ports.connections import Connection
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.system import SecretStore
from awra_desk.sandbox.merchant import BANK_STATEMENT, STRIPE_BALANCE, STRIPE_PAYOUTS, Month
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.people import add_person
from awra_desk.services.setup import import_take_on, put_connection, put_reconciliation

STRIPE, BANK = "Stripe", "Bank"
ARRIVAL_DAYS = 5  # a payout takes two working days and a long weekend to reach the bank
ACCOUNTANT, SUPERVISOR = "amina", "joseph"

FEES = ChannelRule("stripe-fees", kinds=(Kind.FEE.value, Kind.TAX.value))
SALES = ChannelRule("stripe-sales", kinds=(Kind.CHARGE.value,))
LEDGER_CHANNELS = (
    ChannelRule("stripe-fees", begins="Stripe fees"),
    ChannelRule("stripe-sales", begins="Stripe sales summary"),
)

# Roles of entry templates -> roles of the simulated chart.
TEMPLATE_ROLES = {
    "fees": "fees",
    "sales": "sales",
    "refunds": "refunds",
    "chargebacks": "chargebacks",
    "reserve": "reserve",
    "bank": "bank",
    "bank_charges": "bank_fees",
    "tips": "tips",
    "gift_cards": "gift_cards",
}


def people(desk: Desk, password: str) -> None:
    """An accountant who makes entries and a supervisor who approves them."""
    amina = Person(desk.company, ACCOUNTANT, "Amina Wanjiru", frozenset({Role.ACCOUNTANT}), "USD", None)
    joseph = Person(desk.company, SUPERVISOR, "Joseph Otieno", frozenset({Role.SUPERVISOR}), "USD", 5_000_000)
    for person in (amina, joseph):
        add_person(desk, person, password, by=ENGINE)


def connect_all(
    desk: Desk,
    month: Month,
    secrets: SecretStore,
    stripe: Mapping[str, Any],
    ledger: Mapping[str, Any],
    ledger_name: str,
    statement: Path,
) -> None:
    """Connect Stripe, the ledger and the bank's statement file.

    Args:
        stripe, ledger: {"provider", "base_url", "credentials", "options"}; `ledger` also {"accounts": {role: account
            id}}.
    """
    roles = {f"account.{ours}": ledger["accounts"][theirs] for ours, theirs in TEMPLATE_ROLES.items()}
    loopback = {"allow_loopback": "true"}
    for name, system, options in ((STRIPE, stripe, loopback), (ledger_name, ledger, {**loopback, **roles})):
        connection = Connection(
            desk.company,
            name,
            system["provider"],
            system["base_url"],
            month.spec.zone,
            {**options, **system.get("options", {})},
        )
        secrets.put(connection.secret_name, json.dumps(system["credentials"]))
        put_connection(desk, connection, by=ENGINE)
    put_connection(desk, Connection(desk.company, BANK, "statement", str(statement), month.spec.zone), by=ENGINE)


def reconciliations(desk: Desk, month: Month, ledger_name: str, accounts: Mapping[str, str]) -> list[Reconciliation]:
    """The three reconciliations of the month."""
    bank = SideSpec(ledger_name, (), accounts["bank"])
    stripe_only = Scope("stripe", "not a Stripe payout; proven by the bank statement")
    common: dict[str, Any] = {"company": desk.company, "currency": "USD", "zone": month.spec.zone, "owner": ACCOUNTANT}
    specs = [
        Reconciliation(
            name=STRIPE_BALANCE,
            source=SideSpec(STRIPE, ("balance_transactions",), "", channels=(FEES, SALES)),
            ledger=SideSpec(ledger_name, (), accounts["stripe_clearing"], channels=LEDGER_CHANNELS),
            after_days=ARRIVAL_DAYS,
            **common,
        ),
        Reconciliation(
            name=STRIPE_PAYOUTS,
            source=SideSpec(STRIPE, ("payouts",), "", sign=-1, closing=ClosingBasis.BALANCE_FLOW),
            ledger=SideSpec(ledger_name, (), accounts["bank"], scope=stripe_only),
            after_days=ARRIVAL_DAYS,
            **common,
        ),
        Reconciliation(name=BANK_STATEMENT, source=SideSpec(BANK, ("statement",), ""), ledger=bank, **common),
    ]
    for spec in specs:
        put_reconciliation(desk, spec, by=ENGINE)
    return specs


def take_on(desk: Desk, month: Month, specs: list[Reconciliation]) -> None:
    """Import the take-on the bookkeeper typed in: both sides' balances with their sign applied, and the open items."""
    balances, items = [], []
    for known in month.take_on.balances:
        for side, minor in ((SOURCE_SIDE, known.source), (LEDGER_SIDE, known.ledger)):
            balances.append(OpeningBalance(known.reconciliation, side, month.take_on.as_of, minor))
    sides = {(spec.name, name): side for spec in specs for name, side in _sides(spec)}
    for item in month.take_on.items:
        identity = record_id(sides[item.reconciliation, item.side].source, item.stream, item.external_id)
        facts = (item.date, item.minor, item.reference, item.description)
        items.append(OpeningItem(item.reconciliation, item.side, identity, *facts))
    import_take_on(desk, balances, items, by=ENGINE)


def _sides(spec: Reconciliation) -> tuple[tuple[str, SideSpec], ...]:
    return (SOURCE_SIDE, spec.source), (LEDGER_SIDE, spec.ledger)
