"""The pack's sheets that are not of one reconciliation: exceptions, decisions, control totals, quarantine, trail."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from awra_desk.audit.pack_grid import Field, Grid, Limits, Overflow, is_safe, money
from awra_desk.audit.pack_input import AuditPack
from awra_desk.audit.pack_rows import own_money
from awra_desk.audit.pack_words import bucket, evidence_words, reason_words
from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.currencies import EXPONENTS
from awra_desk.ports.workbook import Formula, Style, Value

HOLDS, BROKEN = "✓ holds", "✗ differs"


class Records:
    """Builds the common grids of one pack."""

    def __init__(self, pack: AuditPack, limits: Limits, overflow: Overflow) -> None:
        self._pack, self._limits, self._overflow = pack, limits, overflow

    def grid(self, name: str, title: str, words: str, fields: list[Field], *, key: int = 0) -> Grid:
        """A sheet of the whole company."""
        head = f"{self._pack.company} · {self._pack.period} · {words}"
        return Grid(name, title, head, fields, limits=self._limits, overflow=self._overflow, key=key)

    def exceptions(self) -> Grid:
        """The queue, aged at the period's end, worst and oldest first."""
        last = self._pack.period.last
        order = {"critical": 0, "high": 1, "medium": 2, "low": 3}
        items = sorted(
            self._pack.exceptions,
            key=lambda item: (item.state == "resolved", order[item.severity], item.day, item.exception_id),
        )
        remarks: dict[str, list[str]] = defaultdict(list)
        for comment in sorted(self._pack.comments, key=lambda comment: comment.at):
            remarks[comment.exception_id].append(f"{_minute(comment.at)} {comment.author}: {comment.text}")
        ages = [(last - item.day).days for item in items]
        fields = [
            Field("Exception", 24, Style.MONO, [item.exception_id for item in items]),
            Field("Reconciliation", 18, Style.TEXT, [item.reconciliation for item in items]),
            Field("Severity", 9, Style.TEXT, [item.severity.value for item in items]),
            Field("State", 11, Style.TEXT, [item.state.value.replace("_", " ") for item in items]),
            Field("Reason", 22, Style.TEXT, [item.reason.value for item in items]),
            Field("In words", 52, Style.TEXT, [reason_words(item.reason) for item in items]),
            Field("Amount", 15, Style.MONEY, [own_money(item.minor, item.currency) for item in items]),
            Field("Currency", 9, Style.TEXT, [item.currency for item in items]),
            Field("Date", 11, Style.DAY, [item.day for item in items]),
            Field("Age, days", 10, Style.COUNT, ages),
            Field("Ageing", 16, Style.TEXT, [bucket(age) for age in ages]),
            Field("Due", 11, Style.DAY, [item.due for item in items]),
            Field("Owner", 14, Style.TEXT, [item.owner for item in items]),
            Field("Nature", 10, Style.TEXT, ["timing" if item.expected else "mismatch" for item in items]),
            Field("Records", 44, Style.TEXT, [_members(item.members) for item in items]),
            Field("Evidence", 60, Style.TEXT, [evidence_words(item.evidence, item.currency) for item in items]),
            Field("Resolution", 14, Style.TEXT, [item.resolution for item in items]),
            Field("Resolution reason", 36, Style.TEXT, [item.resolution_note for item in items]),
            Field("Opened (UTC)", 28, Style.INSTANT, [item.opened_at for item in items]),
            Field("Resolved (UTC)", 28, Style.INSTANT, [item.resolved_at for item in items]),
            Field("Comments", 50, Style.TEXT, [" | ".join(remarks[item.exception_id]) for item in items]),
        ]
        return self.grid("Exceptions", "Exceptions", f"amount: ledger less source; age at {last}", fields)

    def decisions(self) -> Grid:
        """What people decided, undone decisions included."""
        items = sorted(self._pack.decisions, key=lambda item: (item.at, item.decision_id))
        fields = [
            Field("Decision", 26, Style.MONO, [item.decision_id for item in items]),
            Field("Reconciliation", 18, Style.TEXT, [item.reconciliation for item in items]),
            Field("Kind", 9, Style.TEXT, [item.kind.value for item in items]),
            Field("By", 16, Style.TEXT, [item.actor for item in items]),
            Field("At (UTC)", 28, Style.INSTANT, [item.at for item in items]),
            Field("Reason", 50, Style.TEXT, [item.note for item in items]),
            Field("Records", 70, Style.TEXT, [_members(item.members) for item in items]),
            Field("Undone by", 16, Style.TEXT, [item.undone_by for item in items]),
            Field("Undone at (UTC)", 28, Style.INSTANT, [item.undone_at for item in items]),
        ]
        return self.grid("Decisions", "Decisions", "an undone decision binds no longer but stays on record", fields)

    def controls(self) -> Grid:
        """Each control total, with the difference as a formula."""
        items = sorted(self._pack.control_totals, key=lambda item: (item.source, item.name, item.currency))
        fields = [
            Field("Source", 18, Style.TEXT, [item.source for item in items]),
            Field("Control", 44, Style.TEXT, [item.name for item in items]),
            Field("Currency", 9, Style.TEXT, [item.currency for item in items]),
            Field("Reported", 17, Style.MONEY, [own_money(item.expected, item.currency) for item in items]),
            Field("Our rows", 17, Style.MONEY, [own_money(item.actual, item.currency) for item in items]),
            Field("Difference", 14, Style.MONEY, items, formula=lambda grid, row: _control_gap(grid, row, items[row])),
            Field("Check", 12, Style.CHECK, items, formula=lambda grid, row: _control_check(grid, row, items[row])),
            Field("Checked (UTC)", 28, Style.INSTANT, [item.checked_at for item in items]),
        ]
        return self.grid(
            "Control totals",
            "Control totals",
            "the provider's own figure against what our rows add up to",
            fields,
            key=1,
        )

    def quarantine(self) -> Grid:
        """Records that do not fit their contract."""
        items = sorted(self._pack.rejects, key=lambda item: (item.source, item.stream, item.external_id, item.path))
        fields = [
            Field("Raw record", 48, Style.MONO, [item.raw_id for item in items]),
            Field("Source", 16, Style.TEXT, [item.source for item in items]),
            Field("Stream", 22, Style.TEXT, [item.stream for item in items]),
            Field("Record", 30, Style.TEXT, [item.external_id for item in items]),
            Field("Path", 30, Style.TEXT, [item.path for item in items]),
            Field("Value", 30, Style.TEXT, [item.value for item in items]),
            Field("Reason", 60, Style.TEXT, [item.reason for item in items]),
            Field("Contract", 26, Style.MONO, [item.contract for item in items]),
        ]
        return self.grid(
            "Quarantine", "Quarantine", "records that do not fit their contract; they count in no figure", fields
        )

    def trail(self) -> Grid:
        """The whole trail, each row with all that its digest covers."""
        items = self._pack.trail
        fields = [
            Field("No.", 8, Style.COUNT, [item.sequence for item in items]),
            Field(
                "At (UTC)",
                33,
                Style.TEXT,
                [item.at.astimezone(UTC).isoformat(timespec="microseconds") for item in items],
            ),
            Field("Actor", 14, Style.TEXT, [item.actor for item in items]),
            Field("Action", 22, Style.TEXT, [item.action for item in items]),
            Field("Subject", 34, Style.TEXT, [item.subject for item in items]),
            Field(
                "Detail",
                70,
                Style.TEXT,
                [json.dumps(dict(item.detail), ensure_ascii=False, sort_keys=True) for item in items],
            ),
            Field("Previous digest", 68, Style.MONO, [item.previous for item in items]),
            Field("Digest", 68, Style.MONO, [item.digest for item in items]),
        ]
        words = "digest: SHA-256 of RFC 8785 JSON: company, sequence, at, actor, action, subject, detail, previous"
        return self.grid("Trail", "Trail", words, fields)

    def overflow(self) -> Grid:
        """Texts too long for a cell, in pieces to be joined."""
        rows = self._overflow.rows
        titles = (("Reference", 11), ("Sheet", 22), ("Column", 18), ("Record", 40))
        fields = [
            Field(title, width, Style.TEXT, [row[index] for row in rows]) for index, (title, width) in enumerate(titles)
        ]
        fields += [
            Field("Piece", 7, Style.COUNT, [row[4] for row in rows]),
            Field("of", 5, Style.COUNT, [row[5] for row in rows]),
            Field("Text", 100, Style.TEXT, [row[6] for row in rows]),
        ]
        words = "texts too long for a cell, whole; join the pieces in order"
        return Grid("Overflow", "Overflow", words, fields, limits=self._limits, overflow=Overflow(self._limits.text))


def _control_gap(grid: Grid, row: int, total: ControlTotal) -> Value:
    digits = EXPONENTS.get(total.currency, 0)
    value = money(total.actual - total.expected, digits)
    if not is_safe((total.actual, total.expected)):
        return value
    return Formula(f"=ROUND({grid.at('Our rows', row)}-{grid.at('Reported', row)},{digits})", value)


def _control_check(grid: Grid, row: int, total: ControlTotal) -> Value:
    words = HOLDS if total.holds else BROKEN
    if not is_safe((total.actual, total.expected)):
        return words
    return Formula(f'=IF({grid.at("Difference", row)}=0,"{HOLDS}","{BROKEN}")', words)


def _members(members: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{side}: {record_id}" for side, record_id in members)


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}Z"
