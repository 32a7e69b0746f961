"""One exception in full: what it is, its records, what came near, what would settle it, comments and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from awra_desk.domain.exception_items import ExceptionItem, ExceptionState
from awra_desk.domain.reasons import Reason
from awra_desk.ports.schemas import SOURCE_SIDE
from awra_desk.services.queue import Activity, Case, Queue, RecordFacts
from awra_desk.viewmodels import words
from awra_desk.viewmodels.entry_lines import EntryView, entry_view
from awra_desk.viewmodels.exception_rows import SEVERITIES, short_name
from awra_desk.viewmodels.slot_view import gate_words


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record of the exception, or a candidate; `failed` says what a candidate failed."""

    side: str
    reference: str
    text: str
    day: str
    amount: str
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment or a line of the history."""

    at: str
    who: str
    initials: str
    text: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """The panel beside the queue.

    Attributes:
        heading: reason; tags: severity and state. subtitle: reconciliation, day, due.
        stake: what the amount is. remedy: what change would have matched it, in words, "" where none is known.
        suggestion: what would settle it, in words; command: the command that does it ("propose", "show", "map",
            "resolve").
        entry: the entry that would be proposed, or None. no_entry: why there is none. coded: the mapping rows that
            chose accounts and dimensions of the entry, in words.
        staged: the entry that waits or was posted for it, in words, "" when there is none.
    """

    exception_id: str
    item: ExceptionItem
    heading: str
    severity: str
    state: str
    amount: str
    currency: str
    stake: str
    subtitle: str
    records: tuple[RecordRow, ...]
    nearest: tuple[RecordRow, ...]
    remedy: str
    suggestion: str
    command: str
    entry: EntryView | None
    no_entry: str
    coded: tuple[str, ...]
    staged: str
    resolution: str
    comments: tuple[Remark, ...]
    history: tuple[Remark, ...]


SUGGESTIONS: dict[Reason, tuple[str, str]] = {
    Reason.MISSING_IN_LEDGER: ("The ledger lacks it: book it.", "propose"),
    Reason.MISSING_IN_SOURCE: ("The source lacks it: find its counterpart, or have the ledger corrected.", "show"),
    Reason.AMOUNT_DIFFERENCE: ("Same reference, other amount: accept it, and the difference stays named.", "show"),
    Reason.FX_DIFFERENCE: ("Same reference, another rate: book exchange gain or loss, no write-off.", "propose"),
    Reason.FEE_VARIANCE: ("The fee charged is not the one booked or agreed: settle the match, or claim it.", "show"),
    Reason.AMBIGUOUS: ("More than one row fits: choose in the workbench.", "show"),
    Reason.DUPLICATE: ("One of these is one too many: match the right one, and have the other corrected.", "show"),
    Reason.CHARGEBACK: ("A chargeback that the ledger lacks: book it.", "propose"),
    Reason.RESERVE: ("The provider holds it back: it clears when it is released, or book it.", "propose"),
    Reason.DATE_CUTOFF: ("Timing: it clears itself when its counterpart lands.", ""),
    Reason.BALANCE_BREAK: ("The provider's figure and its rows differ: pull again before anything is decided.", ""),
    Reason.MAPPING_MISSING: ("The ledger's tables leave it open: say what it means there.", "map"),
    Reason.POSTING_FAILED: ("The ledger refused the entry: correct what it says, then propose again.", "propose"),
    Reason.EVENT_DEAD: ("An event was tried until it was dead: replay it on the Events screen.", ""),
    Reason.POSTING_UNCERTAIN: ("The answer was lost: posting again looks it up first.", ""),
}


def case_view(case: Case, queue: Queue, zone: str, today: date) -> CaseView:
    """The panel of one exception."""
    item = case.item
    suggestion, command = SUGGESTIONS.get(
        item.reason, ("Look at its records, then resolve it with a reason.", "resolve")
    )
    if item.state == ExceptionState.RESOLVED:
        suggestion, command = "", ""
    age = words.count(max(0, (today - item.day).days), "day")
    parts = (item.reconciliation, words.full_day(item.day), f"{age} old", f"due {words.full_day(item.due)}")
    return CaseView(
        exception_id=item.exception_id,
        item=item,
        heading=words.REASONS.get(item.reason, item.reason),
        severity=SEVERITIES[item.severity][1],
        state=words.EXCEPTION_STATES[item.state],
        amount=words.amount(item.minor, item.currency),
        currency=item.currency,
        stake="hangs on it" if item.reason == Reason.MAPPING_MISSING else "ledger − source",
        subtitle=" · ".join(parts),
        records=tuple(_record(facts, item.currency) for facts in case.records),
        nearest=tuple(_record(facts, item.currency, gate_words(gate, much)) for facts, gate, much in case.nearest),
        remedy=case.remedy,
        suggestion=suggestion,
        command=command,
        entry=entry_view(case.entry, case.accounts) if case.entry else None,
        no_entry=case.no_entry,
        coded=tuple(row.words for row in case.mappings),
        staged=_staged(case),
        resolution=item.resolution_note,
        comments=tuple(_remark(queue, zone, c.at, c.author, c.text) for c in case.comments),
        history=(*(_history(queue, zone, activity) for activity in reversed(case.history)), _opened(item, zone)),
    )


def _opened(item: ExceptionItem, zone: str) -> Remark:
    text = f"Opened, {item.severity}, due {words.day(item.due)}"
    return Remark(words.moment(item.opened_at, zone), "Match run", "", text)


def _record(facts: RecordFacts, currency: str, failed: str = "") -> RecordRow:
    side = "Source" if facts.member[0] == SOURCE_SIDE else "Ledger"
    return RecordRow(
        side, facts.reference, facts.text, words.day(facts.day), words.amount(facts.minor, currency), failed
    )


def _staged(case: Case) -> str:
    if case.write is None:
        return ""
    write = case.write
    document = f", {write.target} {write.document_number or write.document_id}" if write.document_id else ""
    return f"{words.WRITE_STATES[write.state]}, entry {write.write_id[:10]}{document}"


def _remark(queue: Queue, zone: str, at: object, author: str, text: str) -> Remark:
    person = queue.people.get(author)
    name = words.actor(author, person.full_name if person else "")
    return Remark(words.moment(at, zone), name, words.initials(name), text)  # type: ignore[arg-type]


def _history(queue: Queue, zone: str, activity: Activity) -> Remark:
    action = activity.action.removeprefix("exception.")
    said = {
        "assign": f"Assigned to {_name(queue, activity.detail.get('owner', ''))}",
        "resolve": f"Resolved: {activity.detail.get('reason', '')}",
        "reopen": "Opened again",
    }.get(action, action.replace(".", " ").capitalize())
    return _remark(queue, zone, activity.at, activity.actor, said)


def _name(queue: Queue, name: str) -> str:
    person = queue.people.get(name)
    return short_name(person.full_name) if person else name
