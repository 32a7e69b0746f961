"""Posting to the simulated QuickBooks: once, found again, refused in its own words, and never twice when unsure."""

import json
import uuid
from datetime import date

import pytest

from awra_desk.connectors.quickbooks.journal import DOC_NUMBER_LENGTH, doc_number
from awra_desk.domain.entries import DocumentState, Entry, EntryLine
from awra_desk.domain.errors import UserError
from awra_desk.ports.connections import OutcomeUnknown, PostingRefused, TransportError
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox
from tests.connectors.pulling import quickbooks
from tests.connectors.small_month import small_month

REFERENCE = "awra:w-3f2a9c"
KEY = str(uuid.uuid5(uuid.NAMESPACE_URL, REFERENCE))
DAY = date(2026, 10, 31)
POST = "/v3/company/*/journalentry"


@pytest.fixture(scope="module")
def month():
    return small_month()


@pytest.fixture
def plan():
    return FaultPlan()


@pytest.fixture
def box(month, plan):
    with running_sandbox(month, providers=["quickbooks"], faults={"quickbooks": plan}) as served:
        yield served


def entry(box, minor=12_345, **kwargs):
    accounts = box["quickbooks"]["accounts"]
    lines = (
        EntryLine(accounts["fees"], minor, "Stripe fees 2026-10-30"),
        EntryLine(accounts["stripe_clearing"], -minor, "Stripe fees 2026-10-30"),
    )
    return Entry(**{"day": DAY, "currency": "USD", "memo": "Stripe fees 2026-10-30", "lines": lines, **kwargs})


def written(box):
    return [row for row in box.quickbooks.company.rows("JournalEntry") if REFERENCE in row.get("PrivateNote", "")]


def test_a_rendered_entry_is_the_same_text_every_time(box):
    text = quickbooks(box).render(entry(box), REFERENCE)
    assert text == quickbooks(box).render(entry(box), REFERENCE)
    body = json.loads(text)
    assert body["DocNumber"] == doc_number(REFERENCE)
    assert len(body["DocNumber"]) <= DOC_NUMBER_LENGTH
    assert body["PrivateNote"] == f"Stripe fees 2026-10-30 {REFERENCE}"
    assert '"Amount":123.45,' in text
    assert [line["JournalEntryLineDetail"]["PostingType"] for line in body["Line"]] == ["Debit", "Credit"]


def test_what_quickbooks_cannot_hold_is_refused_when_rendered(box):
    with pytest.raises(UserError, match="4000"):
        quickbooks(box).render(entry(box, memo="x" * 4000), REFERENCE)
    accounts = box["quickbooks"]["accounts"]
    lines = (EntryLine(accounts["fees"], 1, "", (("warehouse", "7"),)), EntryLine(accounts["bank"], -1, ""))
    with pytest.raises(UserError, match="warehouse"):
        quickbooks(box).render(entry(box, lines=lines), REFERENCE)


def test_an_entry_is_posted_once_found_and_read_back(box):
    ledger = quickbooks(box)
    assert ledger.find(REFERENCE) == []
    payload = ledger.render(entry(box), REFERENCE)
    document = ledger.post(payload, reference=REFERENCE, key=KEY)
    assert (document.state, document.day, document.currency, document.reference) == (
        DocumentState.POSTED,
        DAY,
        "USD",
        REFERENCE,
    )
    assert [(line.account, line.minor) for line in document.lines] == [
        (line.account, line.minor) for line in entry(box).lines
    ]
    assert ledger.read(document.document_id) == document
    assert ledger.find(REFERENCE) == [document]
    assert ledger.post(payload, reference=REFERENCE, key=KEY) == document
    assert len(written(box)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.CUT, acts=True),
        Fault(FaultKind.TRUNCATE),
        Fault(FaultKind.BROKEN_JSON),
        Fault(FaultKind.ANSWER, status=500, acts=True),
        Fault(FaultKind.ANSWER, status=503, acts=True, retry_after="1"),
        Fault(FaultKind.CUT),
        Fault(FaultKind.ANSWER, status=500),
    ],
    ids=lambda fault: f"{fault.kind}-{'acted' if fault.acts else 'lost'}",
)
def test_a_lost_answer_is_never_posted_again(box, plan, fault):
    plan.add(Rule(POST, fault, method="POST"))
    ledger = quickbooks(box)
    with pytest.raises(OutcomeUnknown):
        ledger.post(ledger.render(entry(box), REFERENCE), reference=REFERENCE, key=KEY)
    posts = [exchange for exchange in box.servers["quickbooks"].exchanges if exchange.path.endswith("/journalentry")]
    assert len(posts) == 1
    found = ledger.find(REFERENCE)
    acted = fault.acts or fault.kind in (FaultKind.TRUNCATE, FaultKind.BROKEN_JSON)
    assert len(found) == len(written(box)) == acted


def test_what_certainly_did_nothing_is_sent_again(box, plan):
    plan.add(Rule(POST, Fault(FaultKind.ANSWER, status=429, retry_after="2"), method="POST"))
    plan.add(Rule(POST, Fault(FaultKind.ANSWER, status=401), nth=2, method="POST"))
    ledger = quickbooks(box)
    ledger.post(ledger.render(entry(box), REFERENCE), reference=REFERENCE, key=KEY)
    assert len(written(box)) == 1


def test_an_unreachable_ledger_certainly_has_nothing(month):
    with running_sandbox(month, providers=["quickbooks"]) as box:
        ledger = quickbooks(box)
        assert ledger.find(REFERENCE) == []  # signed in
        payload = ledger.render(entry(box), REFERENCE)
    with pytest.raises(TransportError, match="could not be reached") as caught:
        ledger.post(payload, reference=REFERENCE, key=KEY)
    assert caught.value.kind == "unavailable"


def test_refusals_speak_in_quickbooks_own_words(box):
    ledger = quickbooks(box)
    payload = ledger.render(entry(box), REFERENCE)
    box.quickbooks.company.set_active(box["quickbooks"]["accounts"]["fees"], active=False)
    with pytest.raises(PostingRefused, match="inactive") as caught:
        ledger.post(payload, reference=REFERENCE, key=KEY)
    assert "2500" in caught.value.text
    assert "request 1-" in caught.value.text
    assert written(box) == []


def test_a_closed_period_is_known_before_and_refused_after(box):
    ledger = quickbooks(box)
    assert ledger.period_open(DAY)
    box.quickbooks.company.close_books(DAY)
    assert not ledger.period_open(DAY)
    assert ledger.period_open(date(2026, 11, 1))
    with pytest.raises(PostingRefused, match="closed the books"):
        ledger.post(ledger.render(entry(box), REFERENCE), reference=REFERENCE, key=KEY)
    box.quickbooks.company.close_books(None)


def test_an_accepted_fault_is_no_success(box, plan):
    """A fault inside a 200: of the system, so that nobody knows; the look-up decides."""
    plan.add(Rule(POST, Fault(FaultKind.ANSWER, status=200), method="POST"))
    ledger = quickbooks(box)
    with pytest.raises(OutcomeUnknown):
        ledger.post(ledger.render(entry(box), REFERENCE), reference=REFERENCE, key=KEY)


def test_reading_what_is_not_there(box):
    ledger = quickbooks(box)
    with pytest.raises(TransportError, match="does not hold it"):
        ledger.read("999999")
    with pytest.raises(UserError, match="no QuickBooks id"):
        ledger.read("1/../account")


def test_a_payload_must_carry_its_reference(box):
    ledger = quickbooks(box)
    with pytest.raises(ValueError, match="reference"):
        ledger.post(ledger.render(entry(box), "awra:other"), reference=REFERENCE, key=KEY)
