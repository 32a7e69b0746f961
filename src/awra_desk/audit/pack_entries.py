"""The pack's sheets of staged and posted entries: one row a write, one a line, one a posting attempt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import accumulate

from awra_desk.audit.pack_grid import SAFE_MINOR, Field, Grid, money
from awra_desk.audit.pack_input import AuditPack
from awra_desk.audit.pack_records import Records
from awra_desk.audit.pack_words import AGREES, DIFFERS
from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.entries import Approval, EntryLine, StagedWrite
from awra_desk.ports.workbook import Formula, Style, Value

DEBIT, CREDIT = "Debit", "Credit"


def entry_grids(records: Records, pack: AuditPack) -> list[Grid]:
    """Entries, their lines, and posting attempts."""
    writes = sorted(pack.writes, key=lambda write: (write.created_at, write.write_id))
    lines = _lines_grid(records, pack, writes)
    return [_entries_grid(records, pack, writes, lines), lines, _attempts_grid(records, pack)]


def _entries_grid(records: Records, pack: AuditPack, writes: list[StagedWrite], lines: Grid) -> Grid:
    approved: dict[str, list[Approval]] = defaultdict(list)
    for approval in sorted(pack.approvals, key=lambda item: item.approved_at):
        approved[approval.write_id].append(approval)
    valid = [[item for item in approved[write.write_id] if item.generation == write.generation] for write in writes]
    fields = [
        Field("Entry", 26, Style.MONO, [write.write_id for write in writes]),
        Field("State", 11, Style.TEXT, [write.state.value for write in writes]),
        Field("Ledger", 16, Style.TEXT, [write.target for write in writes]),
        Field("Document no.", 16, Style.TEXT, [write.document_number for write in writes]),
        Field("Document id", 14, Style.TEXT, [write.document_id for write in writes]),
        Field("Date", 11, Style.DAY, [write.entry.day for write in writes]),
        Field("Memo", 44, Style.TEXT, [write.entry.memo for write in writes]),
        Field("Currency", 9, Style.TEXT, [write.entry.currency for write in writes]),
        Field("Debits", 15, Style.MONEY, writes, formula=_total(writes, lines, DEBIT)),
        Field("Credits", 15, Style.MONEY, writes, formula=_total(writes, lines, CREDIT)),
        Field("Check", 12, Style.CHECK, writes, formula=_check(writes)),
        Field("Maker", 14, Style.TEXT, [write.maker for write in writes]),
        Field("Last editor", 14, Style.TEXT, [write.last_editor for write in writes]),
        Field("Generation", 11, Style.COUNT, [write.generation for write in writes]),
        Field("Approved by", 14, Style.TEXT, [", ".join(item.approver for item in items) for items in valid]),
        Field("Approved (UTC)", 28, Style.INSTANT, [items[-1].approved_at if items else None for items in valid]),
        Field("Approved digest", 68, Style.MONO, [items[-1].payload_sha256 if items else "" for items in valid]),
        Field("Payload digest", 68, Style.MONO, [write.payload_sha256 for write in writes]),
        Field("Reference in ledger", 34, Style.TEXT, [write.reference for write in writes]),
        Field("Idempotency key", 40, Style.MONO, [write.idempotency_key for write in writes]),
        Field("Settles", 40, Style.TEXT, [", ".join(write.exception_ids) for write in writes]),
        Field("Mapping", 18, Style.TEXT, [write.mapping_version for write in writes]),
        Field("Note", 40, Style.TEXT, [write.note for write in writes]),
        Field("Staged (UTC)", 28, Style.INSTANT, [write.created_at for write in writes]),
        Field("Payload", 80, Style.MONO, [write.payload for write in writes]),
    ]
    words = "an approval binds to the payload's SHA-256: both digests must be equal"
    return records.grid("Entries", "Staged and posted entries", words, fields)


def _lines_grid(records: Records, pack: AuditPack, writes: list[StagedWrite]) -> Grid:
    names = {
        (target, account.account_id): f"{account.code} {account.name}".strip() for target, account in pack.accounts
    }
    rows = [(write, number, line) for write in writes for number, line in enumerate(write.entry.lines, 1)]
    digits = [EXPONENTS.get(write.entry.currency, 0) for write, _, _ in rows]
    minors = [line.minor for _, _, line in rows]
    fields = [
        Field("Entry", 26, Style.MONO, [write.write_id for write, _, _ in rows]),
        Field("Line", 6, Style.COUNT, [number for _, number, _ in rows]),
        Field("Date", 11, Style.DAY, [write.entry.day for write, _, _ in rows]),
        Field("Account", 14, Style.TEXT, [line.account for _, _, line in rows]),
        Field("Account name", 34, Style.TEXT, [names.get((write.target, line.account), "") for write, _, line in rows]),
        Field("Description", 50, Style.TEXT, [line.description for _, _, line in rows]),
        Field(
            DEBIT,
            15,
            Style.MONEY,
            [money(minor, places) if minor > 0 else None for minor, places in zip(minors, digits, strict=True)],
        ),
        Field(
            CREDIT,
            15,
            Style.MONEY,
            [money(-minor, places) if minor < 0 else None for minor, places in zip(minors, digits, strict=True)],
        ),
        Field("Currency", 9, Style.TEXT, [write.entry.currency for write, _, _ in rows]),
        Field("Dimensions", 30, Style.TEXT, [_dimensions(line) for _, _, line in rows]),
    ]
    return records.grid("Entry lines", "Lines of staged and posted entries", "debits and credits", fields)


def _attempts_grid(records: Records, pack: AuditPack) -> Grid:
    items = sorted(pack.attempts, key=lambda item: (item.at, item.write_id))
    fields = [
        Field("Entry", 26, Style.MONO, [item.write_id for item in items]),
        Field("At (UTC)", 28, Style.INSTANT, [item.at for item in items]),
        Field("Outcome", 16, Style.TEXT, [item.outcome for item in items]),
        Field("In words", 90, Style.TEXT, [item.words for item in items]),
    ]
    return records.grid("Attempts", "Posting attempts", "each try to post or to settle an uncertain posting", fields)


def _total(writes: list[StagedWrite], lines: Grid, title: str) -> Callable[[Grid, int], Value]:
    starts = [0, *accumulate(len(write.entry.lines) for write in writes)]

    def cell(_: Grid, row: int) -> Value:
        write = writes[row]
        digits = EXPONENTS.get(write.entry.currency, 0)
        minor = _debits(write)  # an entry balances by construction
        if minor >= SAFE_MINOR:
            return money(minor, digits)
        return Formula(f"=ROUND({lines.sum_of(title, starts[row], starts[row + 1])},{digits})", money(minor, digits))

    return cell


def _check(writes: list[StagedWrite]) -> Callable[[Grid, int], Value]:
    def cell(grid: Grid, row: int) -> Value:
        if _debits(writes[row]) >= SAFE_MINOR:
            return AGREES
        return Formula(f'=IF({grid.at("Debits", row)}={grid.at("Credits", row)},"{AGREES}","{DIFFERS}")', AGREES)

    return cell


def _debits(write: StagedWrite) -> int:
    return sum(line.minor for line in write.entry.lines if line.minor > 0)


def _dimensions(line: EntryLine) -> str:
    return ", ".join(f"{name}: {value}" for name, value in line.dimensions)
