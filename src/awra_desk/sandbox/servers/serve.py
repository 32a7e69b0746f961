"""Runs the simulated providers on loopback and says how to reach them; used by the demo, the `sandbox` command and
tests.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from awra_desk.sandbox.merchant import Month
from awra_desk.sandbox.nairobi import NairobiMonth
from awra_desk.sandbox.paypal_account import simulate_paypal
from awra_desk.sandbox.servers._admin import Admin
from awra_desk.sandbox.servers._http import Application, LoopbackServer
from awra_desk.sandbox.servers.daraja import DarajaApplication
from awra_desk.sandbox.servers.faults import FaultPlan, RowFaults
from awra_desk.sandbox.servers.paypal import PayPalApplication
from awra_desk.sandbox.servers.paystack import PaystackApplication
from awra_desk.sandbox.servers.quickbooks import Company, QuickBooksApplication, Tokens
from awra_desk.sandbox.servers.square import SquareApplication
from awra_desk.sandbox.servers.stripe import StripeApplication
from awra_desk.sandbox.servers.woocommerce import WooCommerceApplication, shop_of
from awra_desk.sandbox.servers.xero import XeroApplication, XeroBooks
from awra_desk.sandbox.square import SquareBooks

PROVIDERS = ("stripe", "quickbooks", "xero")
"""Of the US company, whose books the demo closes."""

MORE_PROVIDERS = ("paypal", "woocommerce")
"""Of the US company, beside the books that the demo closes."""

NAIROBI_PROVIDERS = ("paystack", "daraja", "quickbooks_nairobi")
"""Of the Nairobi entity."""

CAFE_PROVIDERS = ("square",)
"""Of the US company's cafés."""

NAIROBI_REALM_ID = "9130357990000002"


class _Scripted(Application, Protocol):
    """A provider whose rows can be scripted."""

    rows: RowFaults


@dataclass(slots=True)
class Sandbox:
    """The running providers.

    Attributes:
        month: what is served; its truth is not.
        servers: provider to its server, whose `faults` and `exchanges` are for tests.
        stripe, quickbooks, xero, paypal, woocommerce, paystack, daraja, quickbooks_nairobi, square: the applications,
            for scripting rows, tokens and books; None if not served.
        nairobi: the Nairobi entity's month, or None. cafes: the cafés' account, or None.
    """

    month: Month
    servers: dict[str, LoopbackServer] = field(default_factory=dict)
    stripe: StripeApplication | None = None
    quickbooks: QuickBooksApplication | None = None
    xero: XeroApplication | None = None
    paypal: PayPalApplication | None = None
    woocommerce: WooCommerceApplication | None = None
    nairobi: NairobiMonth | None = None
    paystack: PaystackApplication | None = None
    daraja: DarajaApplication | None = None
    quickbooks_nairobi: QuickBooksApplication | None = None
    cafes: SquareBooks | None = None
    square: SquareApplication | None = None

    def __getitem__(self, provider: str) -> dict[str, Any]:
        """How to connect: `base_url`, `credentials`, `options` (text values), and for ledgers `accounts` (role to
        account id).

        Raises:
            KeyError: the provider is not served.
        """
        return self.connections()[provider]

    def connections(self) -> dict[str, dict[str, Any]]:
        """Provider to what `__getitem__` gives; JSON-ready."""
        found: dict[str, dict[str, Any]] = {}
        if self.stripe is not None:
            found["stripe"] = {
                "base_url": self.servers["stripe"].base_url,
                "credentials": {"api_key": self.stripe.api_key},
                "options": {"allow_loopback": "true"},
                "signing_secret": self.stripe.signing_secret,
            }
        if self.paypal is not None:
            found["paypal"] = {
                "base_url": self.servers["paypal"].base_url,
                "credentials": {"client_id": self.paypal.client_id, "client_secret": self.paypal.client_secret},
                "options": {"allow_loopback": "true"},
            }
        if self.woocommerce is not None:
            found["woocommerce"] = {
                "base_url": self.servers["woocommerce"].base_url,
                "credentials": {"consumer_key": self.woocommerce.key, "consumer_secret": self.woocommerce.secret},
                "options": {"allow_loopback": "true"},
            }
        if self.paystack is not None:
            found["paystack"] = {
                "base_url": self.servers["paystack"].base_url,
                "credentials": {"secret_key": self.paystack.secret_key},
                "options": {"allow_loopback": "true"},
            }
        if self.daraja is not None:
            found["daraja"] = {
                "base_url": self.servers["daraja"].base_url,
                "credentials": {
                    "consumer_key": self.daraja.consumer_key,
                    "consumer_secret": self.daraja.consumer_secret,
                },
                "options": {"allow_loopback": "true", "short_code": self.daraja.short_code},
            }
        if self.square is not None:
            base_url = self.servers["square"].base_url
            found["square"] = {
                "base_url": base_url,
                "credentials": {"access_token": self.square.access_token},
                "options": {
                    "allow_loopback": "true",
                    "authorize_url": f"{base_url}/oauth2/authorize",
                    "token_url": f"{base_url}/oauth2/token",
                },
            }
        for provider, books in (("quickbooks", self.quickbooks), ("quickbooks_nairobi", self.quickbooks_nairobi)):
            if books is not None:
                found[provider] = _books_connection(self.servers[provider].base_url, books)
        if self.xero is not None:
            base_url = self.servers["xero"].base_url
            found["xero"] = {
                "base_url": base_url,
                "credentials": {"client_id": self.xero.client_id, "refresh_token": self.xero.refresh_token},
                "options": {"allow_loopback": "true", "token_url": f"{base_url}/connect/token"},
                "accounts": self.xero.books.codes,
            }
        return found


def _books_connection(base_url: str, books: QuickBooksApplication) -> dict[str, Any]:
    return {
        "base_url": base_url,
        "credentials": {
            "client_id": books.tokens.client_id,
            "client_secret": books.tokens.client_secret,
            "refresh_token": books.tokens.refresh_token,
            "realm_id": books.company.realm_id,
        },
        "options": {
            "allow_loopback": "true",
            "realm_id": books.company.realm_id,
            "authorize_url": f"{base_url}/connect/oauth2",
            "token_url": f"{base_url}/oauth2/v1/tokens/bearer",
        },
        "accounts": books.company.account_ids,
    }


@contextmanager
def running_sandbox(
    month: Month,
    *,
    nairobi: NairobiMonth | None = None,
    cafes: SquareBooks | None = None,
    faults: Mapping[str, FaultPlan] | None = None,
    providers: Sequence[str] = PROVIDERS,
    port: int = 0,
    admin: bool = False,
) -> Iterator[Sandbox]:
    """Serves the month until the block ends.

    Args:
        month: what happened.
        faults: provider to scripted trouble; plans may be added to while serving.
        providers: which of `PROVIDERS` and `MORE_PROVIDERS`, of `NAIROBI_PROVIDERS` when there is a Nairobi month, and
            of `CAFE_PROVIDERS` when there are cafés.
        nairobi: what happened at the Nairobi entity. cafes: what happened at the cafés.
        port: of the first provider, the next one taking the next port; 0 lets the system choose.
        admin: whether `/_sandbox/` lets another process script trouble.

    Raises:
        ValueError: an unknown provider.
        OSError: the port is taken.
    """
    box = Sandbox(month, nairobi=nairobi, cafes=cafes)
    elsewhere = (*(NAIROBI_PROVIDERS if nairobi is not None else ()), *(CAFE_PROVIDERS if cafes else ()))
    known = (*PROVIDERS, *MORE_PROVIDERS, *elsewhere)
    for provider in providers:
        if provider not in known:
            raise ValueError(f"unknown provider {provider!r}; there are: {', '.join(known)}")
    with ExitStack() as stack:
        for number, provider in enumerate(dict.fromkeys(providers)):
            application = _square(box) if provider in CAFE_PROVIDERS else _application(box, provider)
            plan = (faults or {}).get(provider) or FaultPlan()
            server = LoopbackServer(application, port=port + number if port else 0, faults=plan)
            if admin:
                events = application.deliveries if isinstance(application, StripeApplication) else None
                server.admin = Admin(plan, application.rows, server.exchanges, events)
            box.servers[provider] = stack.enter_context(server)
        yield box


def _square(box: Sandbox) -> SquareApplication:
    assert box.cafes is not None
    box.square = SquareApplication(box.cafes, access_token=f"EAAA{_key(box.cafes.spec, 'square')[:48]}")
    return box.square


def _application(box: Sandbox, provider: str) -> _Scripted:
    if provider in NAIROBI_PROVIDERS:
        return _nairobi_application(box, provider)
    seed, key = f"{box.month.spec}", _key(box.month.spec, provider)
    if provider == "stripe":
        box.stripe = StripeApplication(box.month.stripe, api_key=f"rk_test_{key[:32]}")
        return box.stripe
    if provider == "xero":
        box.xero = XeroApplication(XeroBooks(box.month), seed=f"{seed}/xero")
        return box.xero
    if provider == "paypal":
        books = simulate_paypal(box.month.spec)
        box.paypal = PayPalApplication(books, client_id=f"A{key[:31]}", client_secret=f"E{key[32:]}")
        return box.paypal
    if provider == "woocommerce":
        shop = shop_of(box.month)
        box.woocommerce = WooCommerceApplication(shop, key=f"ck_{key[:40]}", secret=f"cs_{key[24:]}")
        return box.woocommerce
    box.quickbooks = QuickBooksApplication(Company(box.month), Tokens(f"{seed}/quickbooks"))
    return box.quickbooks


def _nairobi_application(box: Sandbox, provider: str) -> _Scripted:
    assert box.nairobi is not None
    key = _key(box.nairobi.spec, provider)
    if provider == "paystack":
        box.paystack = PaystackApplication(box.nairobi.paystack, secret_key=f"sk_test_{key[:40]}")
        return box.paystack
    if provider == "daraja":
        box.daraja = DarajaApplication(
            box.nairobi.paybill, now=box.nairobi.paystack.now, consumer_key=key[:32], consumer_secret=key[32:]
        )
        return box.daraja
    company = Company(box.nairobi, realm_id=NAIROBI_REALM_ID)
    box.quickbooks_nairobi = QuickBooksApplication(company, Tokens(f"{box.nairobi.spec}/quickbooks_nairobi"))
    return box.quickbooks_nairobi


def _key(spec: object, provider: str) -> str:
    """64 hex digits, the same for the same month."""
    return hashlib.sha256(f"{spec}/{provider}".encode()).hexdigest()
