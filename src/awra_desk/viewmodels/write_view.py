"""One staged write in full: entry, effect, what it settles, the exact payload and its digest, and its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awra_desk.domain.entries import StagedWrite, WriteState
from awra_desk.domain.people import Person
from awra_desk.services.effect import Effect
from awra_desk.services.queue import Activity
from awra_desk.services.write_case import Settled, WriteCase
from awra_desk.viewmodels import words
from awra_desk.viewmodels.entry_lines import EntryView, debits, entry_view
from awra_desk.viewmodels.exception_case import Remark
from awra_desk.viewmodels.payload import pretty

TONES: dict[WriteState, tuple[str, str]] = {
    WriteState.DRAFT: ("○", "neutral"),
    WriteState.SUBMITTED: ("?", "accent"),
    WriteState.APPROVED: ("✓", "accent"),
    WriteState.POSTING: ("→", "info"),
    WriteState.POSTED: ("✓", "info"),
    WriteState.VERIFIED: ("✓", "accent"),
    WriteState.REJECTED: ("×", "danger"),
    WriteState.FAILED: ("×", "danger"),
    WriteState.UNCERTAIN: ("?", "warning"),
    WriteState.VOIDED: ("×", "neutral"),
    WriteState.EXPIRED: ("×", "neutral"),
    WriteState.REVERSED: ("↔", "neutral"),
}
"""State -> glyph and tone."""


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One line of the effect: amounts in the account's currency; "" where the entry changes nothing."""

    label: str
    now: str
    change: str
    after: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class EffectView:
    """Effect on one reconciled account."""

    account: str
    rows: tuple[EffectRow, ...]


@dataclass(frozen=True, slots=True)
class SettledRow:
    """An exception that the entry settles."""

    exception_id: str
    reason: str
    reference: str
    text: str
    amount: str


@dataclass(frozen=True, slots=True)
class WriteView:
    """The panel of one write.

    Attributes:
        subtitle: id, target, day, maker, last editor. payload: laid out, each value as it will be sent.
        digest: SHA-256 of the exact bytes; digest_text: in groups of four.
    """

    write: StagedWrite
    heading: str
    glyph: str
    tone: str
    state: str
    amount: str
    currency: str
    subtitle: str
    entry: EntryView
    effects: tuple[EffectView, ...]
    settles: tuple[SettledRow, ...]
    settles_text: str
    payload: str
    digest: str
    digest_text: tuple[str, str]
    document: str
    history: tuple[Remark, ...]


def write_view(case: WriteCase, people: Mapping[str, Person], zone: str) -> WriteView:
    """The panel."""
    write = case.write
    glyph, tone = TONES[write.state]
    editor = "" if write.last_editor == write.maker else f", last edited by {_name(people, write.last_editor)}"
    maker = f"made by {_name(people, write.maker)}{editor}"
    parts = (write.write_id, write.target, f"dated {words.full_day(write.entry.day)}", maker)
    groups = [write.payload_sha256[at : at + 4] for at in range(0, 64, 4)]
    currency = write.entry.currency
    return WriteView(
        write=write,
        heading=words.short_ids(write.entry.memo),
        glyph=glyph,
        tone=tone,
        state=words.WRITE_STATES[write.state],
        amount=words.amount(debits(write.entry), currency),
        currency=currency,
        subtitle=" · ".join(parts),
        entry=entry_view(write.entry, case.accounts),
        effects=tuple(_effect(effect) for effect in case.effects),
        settles=tuple(_settled(settled) for settled in case.settles),
        settles_text=_settles_text(case.settles),
        payload=pretty(write.payload),
        digest=write.payload_sha256,
        digest_text=(" ".join(groups[:8]), " ".join(groups[8:])),
        document=write.document_number or write.document_id,
        history=tuple(_remark(people, zone, activity) for activity in reversed(case.history)),
    )


def _effect(effect: Effect) -> EffectView:
    shown = effect.statement
    currency = shown.currency

    def row(label: str, now: int, change: int, *, strong: bool = False) -> EffectRow:
        changed = words.signed(change, currency) if change else ""
        return EffectRow(label, words.amount(now, currency), changed, words.amount(now + change, currency), strong)

    account = effect.account
    name = f"{account.code} {account.name}".strip() if account else shown.reconciliation
    rows = (
        row("Source closing", shown.source.closing, 0),
        row("Ledger closing", shown.ledger.closing, effect.change),
        row("Reconciling", shown.reconciling, -effect.settled),
        row("Unexplained", shown.unexplained, effect.unexplained_after - shown.unexplained, strong=True),
    )
    return EffectView(f"{name}, {currency}", rows)


def _settled(settled: Settled) -> SettledRow:
    item, fact = settled.item, settled.fact
    more = f" and {len(item.members) - 1:,} more" if len(item.members) > 1 else ""
    return SettledRow(
        item.exception_id,
        words.REASONS.get(item.reason, item.reason),
        fact.reference if fact else "",
        words.short_ids(f"{fact.text if fact else ''}{more}".strip()),
        words.amount(item.minor, item.currency),
    )


def _settles_text(settles: tuple[Settled, ...]) -> str:
    reasons = sorted({words.REASONS.get(settled.item.reason, settled.item.reason) for settled in settles})
    return f"{words.count(len(settles), 'exception')}, {', '.join(reasons)}" if settles else "No exception"


def _remark(people: Mapping[str, Person], zone: str, activity: Activity) -> Remark:
    detail = activity.detail
    said = {
        "write.stage": "Proposed",
        "write.edit": "Edited; earlier approvals are void",
        "write.submit": "Submitted, preflight passed",
        "write.approve": "Approved this exact payload",
        "write.reject": f"Rejected: {detail.get('reason', '')}",
        "write.posted": f"Posted as {detail.get('number') or detail.get('document', '')}",
        "write.verified": "Read back and equal to what was approved",
        "write.differs": f"Read back and different: {detail.get('differences', '')}",
        "write.attempt": detail.get("words", ""),
    }.get(
        activity.action,
        f"{activity.action.removeprefix('write.').capitalize()}: {detail.get('words', '')}".rstrip(": "),
    )
    name = _name(people, activity.actor)
    return Remark(words.moment(activity.at, zone), name, words.initials(name), said)


def _name(people: Mapping[str, Person], name: str) -> str:
    person = people.get(name)
    return words.actor(name, person.full_name if person else "")
