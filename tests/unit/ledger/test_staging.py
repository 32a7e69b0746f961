"""Staged entries: templates balance, ids and keys are derived, an edit voids what was."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.entries import DocumentState, Entry, EntryLine, LedgerDocument, WriteState
from awra_desk.domain.errors import UserError
from awra_desk.domain.mappings import MappingBook
from awra_desk.ledger import preflight, readback, staging
from awra_desk.ledger.coding import Coder
from awra_desk.ledger.templates import Booking, missing_entry

DAY = date(2026, 10, 5)
CODER = Coder("qbo", {"fees": "61", "sales": "40"}, MappingBook(()))
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def entry(minor: int = 500) -> Entry:
    return Entry(DAY, "USD", "Stripe fees", (EntryLine("35", -minor, "a"), EntryLine("61", minor, "a")))


def staged(e: Entry):
    identity = staging.write_id("co", "qbo", e, ["x-1"], 1)
    return staging.stage(
        identity,
        company="co",
        target="qbo",
        entry=e,
        payload="{}",
        maker="amina",
        mapping_version="m",
        exception_ids=["x-1"],
        at=AT,
    )


@given(st.lists(st.integers(-(10**9), -1), min_size=1, max_size=40))
def test_missing_fees_become_one_balanced_entry(amounts):
    bookings = [Booking("fee", minor, DAY, f"txn_{n}", "Stripe fee") for n, minor in enumerate(amounts)]
    made = missing_entry(bookings, account="35", coder=CODER, currency="USD", words="Stripe fees 2026-10-05").entry
    assert sum(line.minor for line in made.lines) == 0
    assert made.lines[0] == EntryLine("35", sum(amounts), made.lines[0].description)
    assert {line.account for line in made.lines} == {"35", "61"}


def test_a_single_record_carries_its_reference_into_the_ledger():
    made = missing_entry(
        [Booking("charge", 2500, DAY, "ch_9x", "Order 7")], account="35", coder=CODER, currency="USD", words="w"
    ).entry
    assert made.lines[0].description == "Order 7 ch_9x"


def test_a_role_without_an_account_is_named():
    with pytest.raises(UserError, match="refunds"):
        missing_entry([Booking("refund", -5, DAY, "re_1", "r")], account="35", coder=CODER, currency="USD", words="w")


def test_records_of_two_days_are_not_one_entry():
    bookings = [Booking("fee", -5, DAY, "a", "f"), Booking("fee", -5, date(2026, 10, 6), "b", "f")]
    with pytest.raises(UserError, match="several days"):
        missing_entry(bookings, account="35", coder=CODER, currency="USD", words="w")


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (EntryLine("1", 5, ""),),
        (EntryLine("1", 5, ""), EntryLine("2", -4, "")),
        (EntryLine("1", 0, ""), EntryLine("2", 0, "")),
    ],
)
def test_an_entry_that_does_not_balance_cannot_exist(lines):
    with pytest.raises(UserError):
        Entry(DAY, "USD", "m", lines)


def test_the_key_is_derived_and_changes_with_the_generation():
    first = staged(entry())
    assert first == staged(entry())
    second = staging.edit(first, entry(700), '{"new": 1}', editor="joseph")
    assert second.idempotency_key != first.idempotency_key
    assert second.payload_sha256 != first.payload_sha256
    assert (second.generation, second.state, second.maker, second.last_editor) == (
        2,
        WriteState.DRAFT,
        "amina",
        "joseph",
    )
    assert second.reference == first.reference == f"awra:{first.write_id}"


def test_reversal_is_the_opposite_and_undoes_itself():
    back = staging.reversal(entry(), "reversal")
    assert [line.minor for line in back.lines] == [500, -500]
    assert staging.reversal(back, "Stripe fees") == entry()


def document(**changes) -> LedgerDocument:
    posted = LedgerDocument("7", "JE7", DocumentState.POSTED, DAY, "USD", "awra:w", tuple(reversed(entry().lines)))
    return replace(posted, **changes)


def test_a_document_read_back_as_approved_has_no_differences():
    assert readback.differences(entry(), "awra:w", document()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"state": DocumentState.DRAFT},
        {"day": date(2026, 10, 6)},
        {"currency": "EUR"},
        {"reference": "awra:other"},
        {"lines": (EntryLine("35", -600, "a"), EntryLine("61", 600, "a"))},
        {"lines": (EntryLine("36", -500, "a"), EntryLine("61", 500, "a"))},
    ],
)
def test_every_difference_is_said(changes):
    assert readback.differences(entry(), "awra:w", document(**changes))


def test_preflight_says_which_fact_fails():
    facts = preflight.check(entry(), accounts={}, period_open=False, same_reference=[document()], mapping_current=False)
    assert [fact.name for fact in facts if not fact.holds] == [
        "period open",
        "accounts active",
        "not in the ledger yet",
        "mapping current",
    ]
    assert all(fact.words for fact in facts)
