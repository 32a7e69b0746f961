"""Builds a `Desk` from real adapters; nobody else does."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.resources import files
from typing import Any

from awra_desk.app.connecting import DeskConnecting
from awra_desk.app.signing import signing
from awra_desk.connectors import (
    daraja,
    paypal,
    paystack,
    quickbooks,
    shopify,
    square,
    stripe,
    tryton,
    vendure,
    woocommerce,
    xero,
)
from awra_desk.connectors._http import Access, Guard, read_standing
from awra_desk.connectors.daraja import DarajaSource
from awra_desk.connectors.declared import PROFILES, declaration_text, earlier_texts, load_declaration, open_declared
from awra_desk.connectors.paypal import PayPalSource
from awra_desk.connectors.paystack import PaystackSource
from awra_desk.connectors.quickbooks import QuickBooksLedger
from awra_desk.connectors.shopify import ShopifySource
from awra_desk.connectors.square import SquareSource
from awra_desk.connectors.stripe import StripeSource
from awra_desk.connectors.tryton import TrytonLedger
from awra_desk.connectors.vendure import VendureSource
from awra_desk.connectors.woocommerce import WooCommerceSource
from awra_desk.connectors.xero import XeroLedger
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.domain.ladder import WRITING
from awra_desk.domain.records import RawRecord
from awra_desk.files.bai2 import bai2_files
from awra_desk.files.camt import camt_files
from awra_desk.files.mapping import TABLE, load_mapping, saved_mapping
from awra_desk.files.mpesa import MpesaStatements
from awra_desk.files.mt940 import mt940_files
from awra_desk.files.ofx import ofx_files
from awra_desk.files.statement import StatementFile
from awra_desk.files.table_files import table_files
from awra_desk.normalise import Normalised, Versions, load_contract, versions_of
from awra_desk.ports.connections import Connection, Ledger, Source, Standing
from awra_desk.ports.storage import Workspace
from awra_desk.ports.system import Clock, SecretStore
from awra_desk.services.desk import Desk, InForce, Mapping, Read
from awra_desk.store import open_workspace
from awra_desk.system.browser import SystemBrowser
from awra_desk.system.clock import SystemClock
from awra_desk.system.passwords import check_password, hash_password
from awra_desk.system.secrets import KeyringSecrets

Secret = dict[str, Any]

CONTRACTS: dict[str, tuple[str, ...]] = {
    "stripe": ("awra_desk.connectors.stripe", "contract-1.toml"),
    "daraja": ("awra_desk.connectors.daraja", "contract-1.toml"),
    "paypal": ("awra_desk.connectors.paypal", "contract-1.toml"),
    "paystack": ("awra_desk.connectors.paystack", "contract-1.toml"),
    "quickbooks": ("awra_desk.connectors.quickbooks", "contract-1.toml"),
    "tryton": ("awra_desk.connectors.tryton", "contract-1.toml"),
    "shopify": ("awra_desk.connectors.shopify", "contract-1.toml"),
    "square": ("awra_desk.connectors.square", "contract-1.toml"),
    "vendure": ("awra_desk.connectors.vendure", "contract-1.toml"),
    "woocommerce": ("awra_desk.connectors.woocommerce", "contract-1.toml"),
    "xero": ("awra_desk.connectors.xero", "contract-1.toml"),
    "bai2": ("awra_desk.files", "bai2-1.toml"),
    "camt053": ("awra_desk.files", "camt-1.toml"),
    "mt940": ("awra_desk.files", "mt940-1.toml"),
    "ofx": ("awra_desk.files", "ofx-1.toml"),
    "paypal_activity": ("awra_desk.files", "paypal_activity-1.toml"),
    "shopify_payouts": ("awra_desk.files", "shopify_payouts-1.toml"),
    "statement": ("awra_desk.files", "statement-1.toml"),
    "stripe_report": ("awra_desk.files", "stripe_report-1.toml"),
    "mpesa_statement": ("awra_desk.files", "mpesa-1.toml"),
}
"""Provider -> (package, contract files in the order in which they come into force)."""

TABLES = ("paypal_activity", "shopify_payouts", "stripe_report")
"""Those whose files are tables, and whose contract says how they are read, too."""


def _table(provider: str) -> Callable[..., Source]:
    """Makes the source of a provider whose contract says how its tables are read."""
    return lambda connection, *, clock: table_files(connection, clock=clock, text=_contract_texts(provider)[-1])


FILES: dict[str, Callable[..., Source]] = {
    **{name: _table(name) for name in TABLES},
    "bai2": bai2_files,
    "camt053": camt_files,
    "mpesa_statement": MpesaStatements,
    "mt940": mt940_files,
    "ofx": ofx_files,
    "statement": StatementFile,
    TABLE: table_files,
}
"""Those whose base URL is a path on this machine."""

SOURCES: dict[str, Callable[..., Source]] = {
    "daraja": DarajaSource,
    "paypal": PayPalSource,
    "paystack": PaystackSource,
    "shopify": ShopifySource,
    "stripe": StripeSource,
    "vendure": VendureSource,
    "woocommerce": WooCommerceSource,
}
"""Provider -> its connector, where it is read only and its secret never changes."""

RENEWED: dict[str, Callable[..., Source]] = {"square": SquareSource}
"""Provider -> its connector, where it is read only and its secret is renewed now and then."""

DECLARED = (*PROFILES, "declared")
"""Providers connected by one declared file: those that ship, and the connection's own."""

PROVIDERS = (*CONTRACTS, *DECLARED, TABLE)
"""Everything that can be connected."""

ACCESS: dict[str, Access] = {
    "daraja": daraja.ACCESS,
    "paypal": paypal.ACCESS,
    "paystack": paystack.ACCESS,
    "quickbooks": quickbooks.ACCESS,
    "shopify": shopify.ACCESS,
    "square": square.ACCESS,
    "stripe": stripe.ACCESS,
    "tryton": tryton.ACCESS,
    "vendure": vendure.ACCESS,
    "woocommerce": woocommerce.ACCESS,
    "xero": xero.ACCESS,
    **dict.fromkeys((*FILES, *DECLARED), Access()),
}
"""Provider -> its hosts, the least scopes, and how people sign in; files and declared systems say nothing here."""

DEFAULT_COMPANY = "default"


@contextmanager
def open_desk(
    workspace: str,
    *,
    company: str = "",
    zone: str = "",
    clock: Clock | None = None,
    secrets: SecretStore | None = None,
    create: bool = False,
) -> Iterator[Desk]:
    """A company's desk over a workspace (path or URL), closed at the end.

    Args:
        company: "" means the only one there is; a new workspace gets one named "default".
        create: make the workspace when it is not there; without it a mistyped name is an error.
        zone: IANA zone for "today"; "" means that of the first connection, else UTC.

    Raises:
        UsageError: several companies and none named, or an unknown one.
    """
    time, keys = clock or SystemClock(), secrets or KeyringSecrets()
    opened = open_workspace(workspace, create=create)
    try:
        name = _company(opened, company, time)
        yield Desk(
            workspace=opened,
            company=name,
            zone=zone or _zone(opened, name),
            clock=time,
            source=lambda connection: connect(connection, keys, time, guard(opened, connection, keys)),
            ledger=lambda connection: connect_ledger(connection, keys, time, guard(opened, connection, keys)),
            mapping=mapping,
            hash_password=hash_password,
            check_password=check_password,
            standing=lambda connection: standing(opened, connection, keys, time),
            connecting=DeskConnecting(keys, time, SystemBrowser(), ACCESS),
            signing=lambda connection: signing(connection, keys),
        )
    finally:
        opened.close()


def guard(workspace: Workspace, connection: Connection, secrets: SecretStore) -> Guard:
    """What holds for the connection whatever its connector asks: limits of all processes, and no write below the rung
    for it, as the workspace says at that moment.
    """

    def forbidden() -> str:
        with workspace.read(connection.company) as uow:
            rung = uow.connections.get(connection.name).rung
        return "" if rung in WRITING else f"connection {connection.name} is on rung {rung.words}"

    return Guard(workspace.shared(connection.company), connection.name, forbidden, lambda: _stored(connection, secrets))


def standing(workspace: Workspace, connection: Connection, secrets: SecretStore, clock: Clock) -> Standing:
    """How the connection stands with its provider."""
    stored = _stored(connection, secrets) or {}
    shared = workspace.shared(connection.company)
    granted = str(stored.get("scope", ""))
    return read_standing(shared, connection.name, ACCESS[connection.provider], clock.now(), granted=granted)


def connect(connection: Connection, secrets: SecretStore, clock: Clock, guard: Guard) -> Source:
    """The connector of a connection, with its secret from the keyring.

    Raises:
        UsageError: unknown provider. UserError: no secret is stored.
    """
    if connection.provider in FILES:
        return FILES[connection.provider](connection, clock=clock)
    if connection.provider in SOURCES:
        make = SOURCES[connection.provider]
        return make(connection, _secret(connection, secrets), clock=clock, rng=_rng(), guard=guard)
    if connection.provider in RENEWED:
        make, save = RENEWED[connection.provider], _saving(connection, secrets)
        return make(connection, _secret(connection, secrets), clock=clock, rng=_rng(), save_secret=save, guard=guard)
    if connection.provider in DECLARED:
        return _declared(connection, secrets, clock, guard)
    return connect_ledger(connection, secrets, clock, guard)


def connect_ledger(connection: Connection, secrets: SecretStore, clock: Clock, guard: Guard) -> Ledger:
    """The ledger connector of a connection.

    Raises:
        UsageError: the provider is not a ledger.
    """
    save = _saving(connection, secrets)
    if connection.provider == "quickbooks":
        return QuickBooksLedger(
            connection, _secret(connection, secrets), clock=clock, rng=_rng(), save_secret=save, guard=guard
        )
    if connection.provider == "xero":
        return XeroLedger(
            connection, _secret(connection, secrets), clock=clock, rng=_rng(), save_secret=save, guard=guard
        )
    if connection.provider == "tryton":
        return TrytonLedger(connection, _secret(connection, secrets), clock=clock, rng=_rng(), guard=guard)
    if connection.provider in DECLARED and isinstance(declared := _declared(connection, secrets, clock, guard), Ledger):
        return declared
    raise UsageError(
        f"{connection.provider!r} is not a ledger this desk can write to",
        record=connection.name,
        remedy="Connect quickbooks, xero or tryton, or a declared file with [api.write].",
    )


def _declared(connection: Connection, secrets: SecretStore, clock: Clock, guard: Guard) -> Source:
    secret, save = _secret(connection, secrets), _saving(connection, secrets)
    return open_declared(connection, secret, clock=clock, rng=_rng(), save_secret=save, guard=guard)


def _saving(connection: Connection, secrets: SecretStore) -> Callable[[Secret], None]:
    """Puts a renewed secret where the connection's is kept."""
    return lambda secret: secrets.put(connection.secret_name, json.dumps(secret))


def mapping(connection: Connection) -> Mapping:
    """The contract in force for a connection, ready to interpret its raw records.

    Raises:
        UsageError: unknown provider, or its contract's versions do not follow each other.
    """
    if connection.provider in DECLARED:
        versions = _declared_versions((*earlier_texts(connection), declaration_text(connection)))
    elif connection.provider == TABLE:
        versions = versions_of([saved_mapping(connection).contract])
    else:
        versions = _versions(connection.provider)

    def interpret(records: Sequence[RawRecord], read: Read | None) -> Normalised:
        return versions.interpret(records, company=connection.company, zone=connection.zone, read=read)

    spans = tuple(InForce(contract.version, contract.effective_from) for contract in versions.contracts)
    return Mapping(versions.version, interpret, partial(versions.sentinel, connection.zone), spans)


@cache
def _declared_versions(texts: tuple[tuple[str, str], ...]) -> Versions:
    """Of (text, its name for messages), in the order in which they come into force."""
    return versions_of([load_declaration(text, file).contract for text, file in texts])


@cache
def _versions(provider: str) -> Versions:
    if provider not in CONTRACTS:
        raise UsageError(f"provider {provider!r} is unknown", remedy=f"Use one of: {', '.join(sorted(PROVIDERS))}.")
    texts = _contract_texts(provider)
    return versions_of([load_mapping(text).contract if provider in TABLES else load_contract(text) for text in texts])


def _contract_texts(provider: str) -> list[str]:
    package, *names = CONTRACTS[provider]
    return [(files(package) / name).read_text("utf-8") for name in names]


def _secret(connection: Connection, secrets: SecretStore) -> Secret:
    stored = _stored(connection, secrets)
    if stored is None:
        raise UserError("the keyring holds no secret for this connection", record=connection.name,
                        remedy="Enter it in Connections, or run `awra-desk connect` with --secret-stdin.")  # fmt: skip
    return stored


def _stored(connection: Connection, secrets: SecretStore) -> Secret | None:
    """The secret as it is stored now, or None."""
    text = secrets.get(connection.secret_name)
    return None if text is None else dict(json.loads(text))


def _rng() -> random.Random:
    """Jitter for retries; unpredictable on purpose, it must not line up between machines."""
    return random.Random()  # noqa: S311


def _company(workspace: Workspace, wanted: str, clock: Clock) -> str:
    known = workspace.companies()
    if not known:
        workspace.add_company(wanted or DEFAULT_COMPANY, at=clock.now())
        return wanted or DEFAULT_COMPANY
    if not wanted and len(known) == 1:
        return known[0]
    if wanted in known:
        return wanted
    raise UsageError(
        f"company {wanted!r} is not in this workspace", remedy=f"Give --company, one of: {', '.join(known)}."
    )


def _zone(workspace: Workspace, company: str) -> str:
    with workspace.read(company) as uow:
        connections = uow.connections.all()
    return connections[0].zone if connections else "UTC"
