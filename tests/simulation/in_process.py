"""A desk on a simulated month whose providers answer in this process: real connectors, store and services."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

import httpx

from awra_desk.app.bootstrap import mapping
from awra_desk.app.demo import Systems, fresh
from awra_desk.connectors.quickbooks import QuickBooksLedger
from awra_desk.connectors.stripe import StripeSource
from awra_desk.files.statement import StatementFile
from awra_desk.sandbox.merchant import Month
from awra_desk.sandbox.servers import quickbooks_line_ids
from awra_desk.sandbox.servers._http import Application, Request
from awra_desk.sandbox.servers.quickbooks import Company, QuickBooksApplication, Tokens
from awra_desk.sandbox.servers.stripe import StripeApplication
from awra_desk.services.desk import Desk
from awra_desk.store import open_workspace
from awra_desk.system.secrets import MemorySecrets
from tests.connectors.virtual_time import VirtualClock, open_guard

KEY = "rk_test_in_process"


class InProcess(httpx.BaseTransport):
    """Hands each request straight to a simulated provider."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        query = tuple(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = self.application.handle(Request(request.method, request.url.path, query, headers, request.read()))
        return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body)


@contextmanager
def desk_in_process(month: Month, out) -> Iterator[tuple[Desk, MemorySecrets, Systems]]:
    """An empty desk, its keyring and the systems its job runs against; everything lives in the folder `out`."""
    stripe = StripeApplication(month.stripe, api_key=KEY)
    tokens = Tokens(f"{month.spec}")
    books = QuickBooksApplication(Company(month), tokens)
    base = "http://127.0.0.1:1"
    systems = Systems(
        stripe={"provider": "stripe", "base_url": base, "credentials": {"api_key": KEY}},
        ledger={
            "provider": "quickbooks",
            "base_url": base,
            "credentials": {
                "client_id": tokens.client_id,
                "client_secret": tokens.client_secret,
                "refresh_token": tokens.refresh_token,
                "realm_id": books.company.realm_id,
            },
            "options": {"realm_id": books.company.realm_id, "token_url": f"{base}/oauth2/v1/tokens/bearer"},
            "accounts": books.company.account_ids,
        },
        ledger_name="QuickBooks",
        line_ids=quickbooks_line_ids(month),
    )
    clock, rng = VirtualClock(), random.Random(5)
    secret = dict(systems.ledger["credentials"])

    def ledger(connection):
        transport = InProcess(books)
        return QuickBooksLedger(
            connection, secret, guard=open_guard(), clock=clock, rng=rng, save_secret=secret.update, transport=transport
        )

    def source(connection):
        if connection.provider == "stripe":
            return StripeSource(
                connection, {"api_key": KEY}, guard=open_guard(), clock=clock, rng=rng, transport=InProcess(stripe)
            )
        return StatementFile(connection, clock=clock) if connection.provider == "statement" else ledger(connection)

    workspace = open_workspace(str(fresh(out)))
    workspace.add_company(month.company_name, at=clock.now())
    try:
        yield (
            Desk(
                workspace=workspace,
                company=month.company_name,
                zone=month.spec.zone,
                clock=clock,
                source=source,
                ledger=ledger,
                mapping=mapping,
                # The simulation is about the books; argon2's cost is measured and tested elsewhere.
                hash_password=lambda password: f"plain {password}",
                check_password=lambda stored, password: stored == f"plain {password}",
            ),
            MemorySecrets(),
            systems,
        )
    finally:
        workspace.close()
