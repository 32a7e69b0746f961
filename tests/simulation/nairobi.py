"""A desk on the Nairobi entity's month: Paystack and QuickBooks answer in this process, statements lie in a folder."""

from __future__ import annotations

import json
import random
from contextlib import contextmanager

from awra_desk.app import demo_books
from awra_desk.app.bootstrap import mapping
from awra_desk.app.demo import fresh
from awra_desk.connectors.paystack import PaystackSource
from awra_desk.connectors.quickbooks import QuickBooksLedger
from awra_desk.domain.reconciliations import ChannelRule, ClosingBasis, Reconciliation, Scope, SideSpec
from awra_desk.domain.transactions import Kind
from awra_desk.files.mpesa import MpesaStatements
from awra_desk.files.statement import StatementFile
from awra_desk.ports.connections import Connection
from awra_desk.sandbox import nairobi
from awra_desk.sandbox.servers import quickbooks_line_ids
from awra_desk.sandbox.servers.paystack import PaystackApplication
from awra_desk.sandbox.servers.quickbooks import Company, QuickBooksApplication, Tokens
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.pull import pull
from awra_desk.services.reconcile import reconcile
from awra_desk.services.setup import put_connection, put_reconciliation
from awra_desk.store import open_workspace
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.simulation.in_process import InProcess

KEY = "sk_test_in_process"
SOURCES = ("M-Pesa paybill", "M-Pesa till", "Paystack", "Bank", "QuickBooks")
LOOPBACK = "http://127.0.0.1:1"
ARRIVAL_DAYS = 5


class Systems:
    """The entity's providers, and what the desk knows of them."""

    def __init__(self, month, out):
        self.month = month
        self.paystack = PaystackApplication(month.paystack, secret_key=KEY)
        self.books = QuickBooksApplication(Company(month), Tokens(f"{month.spec}"))
        self.folders = {}
        for name, text in (
            ("M-Pesa paybill", month.paybill_csv),
            ("M-Pesa till", month.till_csv),
            ("Bank", month.bank_csv),
        ):
            path = out / f"{name.lower().replace(' ', '-')}.csv"
            path.write_text(text, encoding="utf-8", newline="")
            self.folders[name] = path

    @property
    def accounts(self):
        return self.books.company.account_ids

    @property
    def line_ids(self):
        return quickbooks_line_ids(self.month)

    def source(self, clock):
        rng, tokens = random.Random(5), self.books.tokens
        secret = {
            "client_id": tokens.client_id,
            "client_secret": tokens.client_secret,
            "refresh_token": tokens.refresh_token,
            "realm_id": self.books.company.realm_id,
        }

        def ledger(connection):
            transport = InProcess(self.books)
            return QuickBooksLedger(
                connection,
                secret,
                guard=open_guard(),
                clock=clock,
                rng=rng,
                save_secret=secret.update,
                transport=transport,
            )

        def source(connection):
            if connection.provider == "paystack":
                transport = InProcess(self.paystack)
                return PaystackSource(
                    connection, {"secret_key": KEY}, guard=open_guard(), clock=clock, rng=rng, transport=transport
                )
            if connection.provider == "mpesa_statement":
                return MpesaStatements(connection, clock=clock)
            return StatementFile(connection, clock=clock) if connection.provider == "statement" else ledger(connection)

        return source, ledger


@contextmanager
def nairobi_desk(month, out):
    """A desk with its connections and reconciliations set up and the take-on imported; nothing is pulled yet."""
    systems, clock = Systems(month, out), VirtualClock()
    source, ledger = systems.source(clock)
    workspace = open_workspace(str(fresh(out)))
    workspace.add_company(month.company_name, at=clock.now())
    try:
        desk = Desk(
            workspace=workspace,
            company=month.company_name,
            zone=month.spec.zone,
            clock=clock,
            source=source,
            ledger=ledger,
            mapping=mapping,
            hash_password=lambda password: f"plain {password}",
            check_password=lambda stored, password: stored == f"plain {password}",
        )
        connect(desk, systems)
        demo_books.take_on(desk, month, reconciliations(desk, month, systems.accounts))
        yield desk, systems
    finally:
        workspace.close()


def connect(desk, systems):
    """The five connections of the entity."""
    realm = systems.books.company.realm_id
    rows = [
        ("M-Pesa paybill", "mpesa_statement", str(systems.folders["M-Pesa paybill"]), {}),
        ("M-Pesa till", "mpesa_statement", str(systems.folders["M-Pesa till"]), {}),
        ("Paystack", "paystack", LOOPBACK, {"allow_loopback": "true"}),
        ("Bank", "statement", str(systems.folders["Bank"]), {"currency": "KES"}),
        (
            "QuickBooks",
            "quickbooks",
            LOOPBACK,
            {"allow_loopback": "true", "realm_id": realm, "token_url": f"{LOOPBACK}/oauth2/v1/tokens/bearer"},
        ),
    ]
    for name, provider, place, options in rows:
        put_connection(desk, Connection(desk.company, name, provider, place, desk.zone, options), by=ENGINE)


def reconciliations(desk, month, accounts):
    """The five reconciliations of the entity."""
    common = {"company": desk.company, "currency": "KES", "zone": month.spec.zone, "after_days": ARRIVAL_DAYS}

    def channels(words, name):
        return (ChannelRule(name, kinds=(Kind.FEE.value,)),), (ChannelRule(name, begins=words),)

    specs = []
    for name, role, words in (
        (nairobi.PAYBILL, "mpesa_paybill", "M-Pesa paybill charges"),
        (nairobi.TILL, "mpesa_till", "M-Pesa till charges"),
    ):
        own, theirs = channels(words, "mpesa-fees")
        source = SideSpec(name, ("statement",), "", channels=own)
        ledger = SideSpec("QuickBooks", (), accounts[role], channels=theirs)
        specs.append(Reconciliation(name=name, source=source, ledger=ledger, **common))
    own, theirs = channels("Paystack fees", "paystack-fees")
    balance = SideSpec("Paystack", ("transactions", "refunds", "settlements"), "balance", channels=own)
    clearing = SideSpec("QuickBooks", (), accounts["paystack_clearing"], channels=theirs)
    specs.append(Reconciliation(name=nairobi.PAYSTACK_BALANCE, source=balance, ledger=clearing, **common))
    paid_out = SideSpec("Paystack", ("settlements",), "settlements", sign=-1, closing=ClosingBasis.BALANCE_FLOW)
    only = Scope("paystack", "not a Paystack settlement; proven by the bank statement")
    bank = SideSpec("QuickBooks", (), accounts["bank"], scope=only)
    specs.append(Reconciliation(name=nairobi.PAYSTACK_SETTLEMENTS, source=paid_out, ledger=bank, **common))
    statement, whole = SideSpec("Bank", ("statement",), ""), SideSpec("QuickBooks", (), accounts["bank"])
    specs.append(Reconciliation(name=nairobi.BANK, source=statement, ledger=whole, **common))
    for spec in specs:
        put_reconciliation(desk, spec, by=ENGINE)
    return specs


def pull_all(desk, month, names=SOURCES):
    days = (month.take_on.as_of, month.spec.period.last)
    return [pull(desk, name, days=days) for name in names]


def reconcile_all(desk, month):
    return {name: reconcile(desk, name, month.spec.period) for name in nairobi.RECONCILIATIONS}


def as_json(statement):
    return json.dumps(statement, default=str, sort_keys=True)
