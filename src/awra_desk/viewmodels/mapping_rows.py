"""Mapping tables as rows of a screen: what is in force, what is missing, and how one value came to its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from awra_desk.domain.dates import booking_day
from awra_desk.domain.mappings import Axis, MappingBook, MappingKey, MappingRow, folded
from awra_desk.services.coverage import Missing
from awra_desk.services.mapping_case import MappingTables
from awra_desk.viewmodels import words
from awra_desk.viewmodels.exception_rows import short_name


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row is about: one value of one table in one ledger; `value` as it was said, compared by `key`."""

    ledger: str
    axis: Axis
    value: str

    @property
    def key(self) -> tuple[str, Axis, str]:
        """Identity, kept over every refresh."""
        return self.ledger, self.axis, folded(self.value)


@dataclass(frozen=True, slots=True)
class MappingLine:
    """A row in force, or a value that is missing.

    Attributes:
        field, target: "account.fees", "62 Card fees"; of what is missing: what is open, "". target_id: the ledger's.
        since, by, first: of what is in force; `first` is the day from which. count, sums: of what is missing, as text.
        example: id of a record that says it.
    """

    subject: Subject
    field: str
    target: str
    target_id: str = ""
    since: str = ""
    by: str = ""
    first: date | None = None
    count: str = ""
    sums: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One recorded row of the value shown; `state` is "in force", "ended", "replaced", "over" or "to come".

    Attributes:
        recorded: by whom and on which day; at: to the second.
    """

    number: int
    since: str
    field: str
    target: str
    recorded: str
    at: str
    note: str
    state: str


def in_force_lines(tables: MappingTables, day: date) -> list[MappingLine]:
    """What is in force on the day, by ledger, table, value and field."""
    return [
        MappingLine(
            subject=Subject(row.ledger, row.axis, row.value),
            field=row.field,
            target=target_words(tables, row),
            target_id=row.target or "",
            since=words.full_day(row.valid_from),
            by=_by(tables, row),
            first=row.valid_from,
        )
        for row in MappingBook(tables.rows).in_force(day)
    ]


def missing_lines(missing: Sequence[Missing]) -> list[MappingLine]:
    """What is missing, in the order given."""
    return [
        MappingLine(
            subject=Subject(each.ledger, each.axis, each.value),
            field=", ".join(each.open),
            target="",
            count=f"{each.count:,}",
            sums="   ".join(words.money(minor, currency) for currency, minor in each.sums),
            example=each.example,
        )
        for each in missing
    ]


def matching(lines: Sequence[MappingLine], text: str) -> list[MappingLine]:
    """The lines that hold the text, in any case."""
    needle = text.strip().casefold()
    return [line for line in lines if needle in _searched(line)] if needle else list(lines)


def history_of(tables: MappingTables, subject: Subject, day: date, zone: str) -> tuple[HistoryLine, ...]:
    """Every row recorded about the value, the last one first, and how it stands on the day."""
    book = MappingBook(tables.rows)
    rows = [row for row in tables.rows if (row.ledger, row.axis, folded(row.value)) == subject.key]
    return tuple(
        HistoryLine(
            number=row.number,
            since=words.full_day(row.valid_from),
            field=row.field,
            target=target_words(tables, row),
            recorded=f"{_by(tables, row)}, {words.day(booking_day(row.at, zone))}",
            at=words.moment(row.at, zone),
            note=row.note,
            state=_state(book, row, day),
        )
        for row in reversed(rows)
    )


def target_words(tables: MappingTables, row: MappingRow) -> str:
    """Such as "62 Card fees"; of a row that ends the mapping "ends"."""
    if row.target is None:
        return "ends"
    account = tables.accounts.get(row.ledger, {}).get(row.target) if row.field.startswith("account") else None
    if account is None:
        return row.target
    return f"{account.code or account.account_id} {account.name}".strip()


def _state(book: MappingBook, row: MappingRow, day: date) -> str:
    key = MappingKey.of(row.ledger, row.axis, row.value, row.field)
    if book.said(key, row.valid_from) != row:
        return "replaced"
    if row.valid_from > day:
        return "to come"
    if book.said(key, day) != row:
        return "over"
    return "ended" if row.target is None else "in force"


def _by(tables: MappingTables, row: MappingRow) -> str:
    person = tables.people.get(row.actor)
    return short_name(person.full_name) if person else words.actor(row.actor)


def _searched(line: MappingLine) -> str:
    parts = (
        line.subject.ledger,
        words.AXES[line.subject.axis],
        line.subject.value,
        line.field,
        line.target,
        line.example,
    )
    return "\n".join(parts).casefold()
