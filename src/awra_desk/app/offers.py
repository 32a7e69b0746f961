"""What people fill in for each provider; what a connector's own module says of its secret and its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from awra_desk.connectors._http import Access
from awra_desk.ports.providers import SIGNING_SECRET, Field, Nature, Offer
from awra_desk.webhooks import SCHEMES

_APP = (
    Field("client_id", "Client ID of your app", secret=True),
    Field("client_secret", "Client secret of your app", secret=True),
)
_PUBLIC_APP = (_APP[0], replace(_APP[1], required=False, hint="only of a confidential app"))
_SIGNING = Field(SIGNING_SECRET, "Signing secret of events", secret=True, required=False, hint="of its webhook")
_FILE = {"nature": Nature.FILE, "address_label": "File or folder"}
_ACCOUNT = Field("account", "Account", required=False, hint="where the files hold several")

OFFERS: tuple[Offer, ...] = (
    Offer("awra", "AWRA", Nature.LEDGER, fields=(Field("key", "Key", secret=True),)),
    Offer("statement", "Bank statement file", address_label="File", nature=Nature.FILE),
    Offer("bai2", "Bank statements, BAI2", fields=(_ACCOUNT,), **_FILE),  # type: ignore[arg-type]
    Offer("camt053", "Bank statements, camt.053", fields=(_ACCOUNT,), **_FILE),  # type: ignore[arg-type]
    Offer("mt940", "Bank statements, MT940", fields=(_ACCOUNT,), **_FILE),  # type: ignore[arg-type]
    Offer("ofx", "Bank statements, OFX", fields=(_ACCOUNT,), **_FILE),  # type: ignore[arg-type]
    Offer("declared", "Declared file", Nature.LEDGER, fields=(
        Field("file", "Declared file", path=True, hint="a .toml file that describes the system"),
        Field("key", "Key", secret=True, required=False),
        Field("api_key", "API key", secret=True, required=False),
        Field("api_secret", "API secret", secret=True, required=False),
    )),
    Offer("erpnext", "ERPNext", Nature.LEDGER, fields=(
        Field("company", "Company in ERPNext"),
        Field("api_key", "API key", secret=True),
        Field("api_secret", "API secret", secret=True),
    )),
    Offer("daraja", "M-PESA Daraja", Nature.PAYMENTS, "https://api.safaricom.co.ke", fields=(
        Field("short_code", "Paybill or till number", hint="600000"),
        Field("callbacks", "Folder of stored callbacks", required=False, path=True),
        Field("consumer_key", "Consumer key", secret=True),
        Field("consumer_secret", "Consumer secret", secret=True),
    )),
    Offer("mpesa_statement", "M-PESA statement files", **_FILE),  # type: ignore[arg-type]
    Offer("paypal", "PayPal", Nature.PAYMENTS, "https://api-m.paypal.com", fields=(
        *_APP,
        Field("disputes", "Read disputes", required=False, hint="true, or false where the app may not"),
    )),
    Offer("paypal_activity", "PayPal activity download", **_FILE),  # type: ignore[arg-type]
    Offer("paystack", "Paystack", Nature.PAYMENTS, "https://api.paystack.co", fields=(
        Field("secret_key", "Secret key", secret=True, hint="sk_live_…"),
    )),
    Offer("quickbooks", "QuickBooks Online", Nature.LEDGER, "https://quickbooks.api.intuit.com", fields=_APP),
    Offer("shopify", "Shopify", Nature.SHOP, fields=(
        Field("access_token", "Access token", secret=True, hint="shpat_…"),
    )),
    Offer("shopify_payouts", "Shopify payout exports", **_FILE),  # type: ignore[arg-type]
    Offer("square", "Square", Nature.PAYMENTS, "https://connect.squareup.com", fields=(
        Field("client_id", "Application ID of your app", secret=True, hint="sq0idp-…"),
    )),
    Offer("stripe", "Stripe", Nature.PAYMENTS, "https://api.stripe.com", fields=(
        Field("api_key", "Restricted key", secret=True, hint="rk_live_…"),
    )),
    Offer("stripe_report", "Stripe reports", **_FILE),  # type: ignore[arg-type]
    Offer("table", "Table by your own mapping", **_FILE),  # type: ignore[arg-type]
    Offer("tryton", "Tryton", Nature.LEDGER, fields=(Field("key", "Key of the user application", secret=True),)),
    Offer("vendure", "Vendure", Nature.SHOP, fields=(
        Field("username", "Name of an administrator", secret=True),
        Field("password", "Password", secret=True),
    )),
    Offer("woocommerce", "WooCommerce", Nature.SHOP, fields=(
        Field("consumer_key", "Consumer key", secret=True, hint="ck_…"),
        Field("consumer_secret", "Consumer secret", secret=True, hint="cs_…"),
    )),
    Offer("xero", "Xero", Nature.LEDGER, "https://api.xero.com", fields=(
        Field("tenant_id", "Organisation ID", required=False, hint="where the sign-in covers several"),
        *_PUBLIC_APP,
    )),
)  # fmt: skip
"""By title, without what their connectors declare of scopes and sign-in."""


def with_access(access: Mapping[str, Access]) -> tuple[Offer, ...]:
    """The offers with the least scopes and the way of signing in that each connector declares."""
    found = []
    for offer in OFFERS:
        known = access[offer.provider]
        page = known.sign_in is not None and not known.sign_in.loopback
        facts: dict[str, Any] = {"scopes": known.scopes, "reads_alone": known.reads_alone}
        scheme = SCHEMES.get(offer.provider)
        signing = (_SIGNING,) if scheme is not None and scheme.signed and not scheme.credential else ()
        facts["fields"] = (*offer.fields, *signing)
        found.append(replace(offer, **facts, signs_in=known.sign_in is not None, page_needed=page))
    return tuple(found)
