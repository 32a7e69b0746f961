"""Cursors as text: what is saved comes back, and what is no cursor is said to be none."""

import pytest

from awra_desk.connectors.declared.pull import Cursor as Declared
from awra_desk.connectors.paypal.cursor import Cursor as PayPal
from awra_desk.connectors.paystack.cursor import Cursor as Paystack
from awra_desk.connectors.quickbooks.pull import Cursor as QuickBooks
from awra_desk.connectors.shopify.cursor import Cursor as Shopify
from awra_desk.connectors.square.cursor import Cursor as Square
from awra_desk.connectors.stripe.cursor import Cursor as Stripe
from awra_desk.connectors.tryton.pull import Cursor as Tryton
from awra_desk.connectors.vendure.cursor import Cursor as Vendure
from awra_desk.connectors.woocommerce.cursor import Cursor as WooCommerce
from awra_desk.connectors.xero.pull import Cursor as Xero
from awra_desk.domain.errors import UsageError

THEN = "2026-10-01T00:00:00+00:00"
UNDER_WAY = (
    Declared(since=THEN, token=7, last="r1", known=THEN, newest=THEN, began=THEN),
    PayPal(since=THEN, first=THEN, opening=(("balance", "USD", 7), ("holds", "USD", -1))),
    Paystack(since=THEN, until=THEN, token="t", newest=THEN),
    QuickBooks(since=THEN, position=3, last="9", began=THEN),
    Shopify(since=THEN, after="c", newest=THEN, waiting=THEN),
    Square(since={"L1": THEN}, place="L1", after=THEN, paid={"L1": THEN}),
    Stripe(since=1, after="txn_1", newest=2, waiting=("po_1", "po_2")),
    Tryton(since=THEN, newest=THEN, after=5),
    Vendure(since=THEN, skip=4, last="12", newest=THEN),
    WooCommerce(since=THEN[:19], began=True, newest=THEN[:19], offset=3, last=7, trash=(1, 2), gone=(5,)),
    Xero(since="41", page=2, last="x", newest=THEN),
)


@pytest.mark.parametrize("cursor", UNDER_WAY, ids=lambda cursor: type(cursor).__module__)
def test_a_cursor_comes_back_from_its_text(cursor):
    kind = type(cursor)
    assert kind.read(cursor.text()) == cursor
    assert kind.read(kind().text()) == kind.read(None) == kind()


@pytest.mark.parametrize("cursor", UNDER_WAY, ids=lambda cursor: type(cursor).__module__)
def test_what_is_no_cursor_is_said_to_be_none(cursor):
    kind = type(cursor)
    wrong = cursor.text().replace(THEN, "yesterday").replace(THEN[:19], "yesterday")
    wrong = wrong.replace('"waiting": [', '"waiting": 7, "more": [')
    for text in ("", "{", "{}", "[]", "7", '"text"', "null", wrong):
        with pytest.raises(UsageError, match="the stored cursor cannot be read"):
            kind.read(text)
