"""Posting to the simulated Xero: the right kind of document, once, found again, refused in Xero's own words."""

import json
import uuid
from datetime import date

import pytest

from awra_desk.domain.entries import DocumentState, Entry, EntryLine
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.ledger import readback
from awra_desk.ports.connections import Ledger, OutcomeUnknown, PostingRefused
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox
from tests.connectors.pulling import Shelf, xero
from tests.connectors.small_month import small_month
from tests.contracts import xero_contract

REFERENCE = "awra:w-3f2a9c"
KEY = str(uuid.uuid5(uuid.NAMESPACE_URL, REFERENCE))
DAY = date(2026, 10, 31)
PUT = "/api.xro/2.0/*"


@pytest.fixture
def plan():
    return FaultPlan()


@pytest.fixture
def box(plan):
    with running_sandbox(small_month(), providers=["xero"], faults={"xero": plan}) as served:
        yield served


def entry(box, *roles, minor=12_345, **changes):
    """Debit of the first role, credit of the second."""
    codes = box["xero"]["accounts"]
    debit, credit = roles or ("fees", "stripe_clearing")
    lines = (EntryLine(codes[debit], minor, "Stripe fees"), EntryLine(codes[credit], -minor, "Stripe fees"))
    return Entry(**{"day": DAY, "currency": "USD", "memo": "Stripe fees 2026-10-30", "lines": lines, **changes})


def posted(box, ledger, *roles, **changes):
    return ledger.post(ledger.render(entry(box, *roles, **changes), REFERENCE), reference=REFERENCE, key=KEY)


def written(box):
    books = box.xero.books.documents
    rows = [*books["ManualJournals"].values(), *books["BankTransactions"].values()]
    return [row for row in rows if REFERENCE in row.get("Narration", "") + row.get("Reference", "")]


def test_a_manual_journal_has_its_credits_negative_and_fits_the_specification(box):
    ledger = xero(box)
    text = ledger.render(entry(box), REFERENCE)
    assert text == ledger.render(entry(box), REFERENCE)
    assert '"LineAmount":-123.45' in text
    body = json.loads(text)
    assert xero_contract.request_errors("/ManualJournals", body) == []
    assert body["ManualJournals"][0]["Narration"] == f"Stripe fees 2026-10-30 {REFERENCE}"


@pytest.mark.parametrize(("roles", "kind"), [(("bank_fees", "bank"), "SPEND"), (("bank", "sales"), "RECEIVE")])
def test_an_entry_on_a_bank_account_becomes_a_bank_transaction(box, roles, kind):
    ledger = xero(box)
    body = json.loads(ledger.render(entry(box, *roles), REFERENCE))
    assert xero_contract.request_errors("/BankTransactions", body) == []
    (document,) = body["BankTransactions"]
    assert (document["Type"], document["LineItems"][0]["LineAmount"]) == (kind, 123.45)
    made = posted(box, ledger, *roles)
    assert readback.differences(entry(box, *roles), REFERENCE, made) == []
    assert ledger.read(made.document_id) == made


def test_a_payout_with_its_fee_is_money_received_with_a_negative_line(box):
    codes, ledger = box["xero"]["accounts"], xero(box)
    lines = (
        EntryLine(codes["bank"], 9_000, ""),
        EntryLine(codes["fees"], 1_000, ""),
        EntryLine(codes["stripe_clearing"], -10_000, ""),
    )
    payout = entry(box, lines=lines, memo="Payout po_1")
    (document,) = json.loads(ledger.render(payout, REFERENCE))["BankTransactions"]
    assert [line["LineAmount"] for line in document["LineItems"]] == [-10, 100]
    assert readback.differences(payout, REFERENCE, posted(box, ledger, lines=lines, memo="Payout po_1")) == []


def test_what_no_document_of_xeros_can_hold_is_refused_when_rendered(box):
    codes, ledger = box["xero"]["accounts"], xero(box)
    with pytest.raises(UserError, match="own invoices and payments"):
        ledger.render(entry(box, "receivables", "sales"), REFERENCE)
    with pytest.raises(UserError, match="several lines"):
        ledger.render(entry(box, "bank", "bank"), REFERENCE)
    with pytest.raises(UserError, match="kept in USD"):
        ledger.render(entry(box, currency="KES"), REFERENCE)
    dimensions = tuple((name, "x") for name in ("Region", "Branch", "Shop"))
    lines = (EntryLine(codes["fees"], 1, "", dimensions), EntryLine(codes["stripe_clearing"], -1, ""))
    with pytest.raises(UserError, match="tracking categories"):
        ledger.render(entry(box, lines=lines), REFERENCE)
    lines = (EntryLine(codes["fees"], 1, "", dimensions[:1]), EntryLine(codes["stripe_clearing"], -1, ""))
    assert '"Tracking":[{"Name":"Region","Option":"x"}]' in ledger.render(entry(box, lines=lines), REFERENCE)


def test_the_server_refuses_a_manual_journal_on_a_bank_or_control_account(box):
    """What our rendering never makes, Xero would not take."""
    ledger = xero(box)
    for role in ("bank", "receivables"):
        text = ledger.render(entry(box), REFERENCE).replace(
            f'"{box["xero"]["accounts"]["fees"]}"', f'"{box["xero"]["accounts"][role]}"'
        )
        with pytest.raises(PostingRefused, match="cannot be used in a Manual Journal"):
            ledger.post(text, reference=REFERENCE, key=str(uuid.uuid4()))
    assert written(box) == []


def test_an_entry_is_posted_once_found_and_read_back(box):
    ledger = xero(box)
    assert isinstance(ledger, Ledger)
    assert ledger.find(REFERENCE) == []
    document = posted(box, ledger)
    assert (document.state, document.day, document.currency, document.reference) == (
        DocumentState.POSTED,
        DAY,
        "USD",
        REFERENCE,
    )
    assert readback.differences(entry(box), REFERENCE, document) == []
    assert ledger.read(document.document_id) == document
    assert ledger.find(REFERENCE) == [document]
    assert ledger.find("awra:w-3f2a9") == []
    assert posted(box, ledger) == document
    box.xero.forget_keys()
    assert posted(box, ledger) == document
    assert len(written(box)) == 1
    shelf = Shelf()
    shelf.pull(ledger)
    table = shelf.interpret("xero", "manual_journals").table
    assert any(REFERENCE in text.split("\n") for text in table["references"].tolist())


def test_a_draft_is_kept_as_one_and_never_made_twice(box):
    ledger = xero(box, post_as="draft")
    draft = posted(box, ledger)
    box.xero.forget_keys()
    assert posted(box, ledger) == draft
    assert (draft.state, len(written(box))) == (DocumentState.DRAFT, 1)
    shelf = Shelf()
    shelf.pull(ledger)
    assert not any(
        REFERENCE in text for text in shelf.interpret("xero", "manual_journals").table["references"].tolist()
    )


def test_the_key_alone_keeps_a_repeated_request_from_acting_twice(box):
    ledger = xero(box)
    payload = ledger.render(entry(box), REFERENCE)
    for _ in range(2):
        ledger._api.create("ManualJournals", payload, KEY)
    assert len(written(box)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.CUT, acts=True),
        Fault(FaultKind.TRUNCATE),
        Fault(FaultKind.BROKEN_JSON),
        Fault(FaultKind.ANSWER, status=500, acts=True),
        Fault(FaultKind.CUT),
        Fault(FaultKind.ANSWER, status=503),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{'acted' if fault.acts else 'lost'}",
)
def test_a_lost_answer_is_never_posted_again(box, plan, fault):
    plan.add(Rule(PUT, fault, method="PUT"))
    ledger = xero(box)
    with pytest.raises(OutcomeUnknown):
        posted(box, ledger)
    assert sum(exchange.method == "PUT" for exchange in box.servers["xero"].exchanges) == 1
    acted = fault.acts or fault.kind in (FaultKind.TRUNCATE, FaultKind.BROKEN_JSON)
    assert len(ledger.find(REFERENCE)) == len(written(box)) == acted


def test_what_certainly_did_nothing_is_sent_again(box, plan):
    plan.add(Rule(PUT, Fault(FaultKind.ANSWER, status=429, retry_after="2"), method="PUT"))
    plan.add(Rule(PUT, Fault(FaultKind.ANSWER, status=401), nth=2, method="PUT"))
    posted(box, xero(box))
    assert len(written(box)) == 1


def test_a_locked_period_is_known_before_and_refused_after(box):
    ledger = xero(box)
    assert ledger.period_open(DAY)
    box.xero.books.period_lock = DAY
    assert not ledger.period_open(DAY)
    assert ledger.period_open(date(2026, 11, 1))
    with pytest.raises(PostingRefused, match="lock date"):
        posted(box, ledger)
    assert written(box) == []


def test_refusals_speak_in_xeros_own_words(box):
    ledger = xero(box)
    payload = ledger.render(entry(box), REFERENCE)
    box.xero.books.archive(box["xero"]["accounts"]["fees"])
    with pytest.raises(PostingRefused, match="is not a valid code for this document"):
        ledger.post(payload, reference=REFERENCE, key=KEY)


def test_a_validation_error_inside_a_200_is_a_refusal(box, monkeypatch):
    """As with summarizeErrors=false."""
    ledger = xero(box)
    payload = ledger.render(entry(box), REFERENCE)
    whole = box.xero._answer

    def faulty(**body):
        made = {
            key: [
                {**row, "StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": "Date is locked"}]}
                for row in rows
            ]
            if key == "ManualJournals"
            else rows
            for key, rows in body.items()
        }
        return whole(**made)

    assert ledger.find(REFERENCE) == []
    monkeypatch.setattr(box.xero, "_answer", faulty)
    with pytest.raises(PostingRefused, match="Date is locked"):
        ledger._api.create("ManualJournals", payload, KEY)


def test_reading_what_is_not_there(box):
    ledger = xero(box)
    document = posted(box, ledger)
    identity = document.document_id
    box.xero.books.change("ManualJournals", identity, Status="VOIDED")
    assert ledger.find(REFERENCE) == []
    with pytest.raises(UsageError, match="or it is void"):
        ledger.read(document.document_id)
    with pytest.raises(UsageError, match="holds no such document"):
        ledger.read(str(uuid.uuid4()))
    for wrong in ("1", identity[:-1], f"../{identity}"):
        with pytest.raises(UsageError, match="no id"):
            ledger.read(wrong)
    with pytest.raises(ValueError, match="reference"):
        ledger.find('x") OR Status="POSTED')
    with pytest.raises(ValueError, match="reference"):
        ledger.post("{}", reference=REFERENCE, key=KEY)
