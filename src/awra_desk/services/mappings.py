"""Mapping tables: record, end and undo rows, look at a day or at the history, and import a file after a preview.

Rows are only added; a command adds its rows and leaves one row in the trail.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from awra_desk.domain.entries import Account
from awra_desk.domain.errors import Refused, UsageError
from awra_desk.domain.mappings import ACCOUNT, ROLE_FIELD, Axis, MappingBook, MappingKey, MappingRow, folded
from awra_desk.domain.people import Role
from awra_desk.ledger.coding import ROLES
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.coverage import account_roles
from awra_desk.services.desk import Desk, actor
from awra_desk.services.unmapped import cleared, renew

KEEPERS = (Role.OWNER, Role.ACCOUNTANT)
COLUMNS = ("ledger", "table", "value", "field", "target", "valid_from", "note")
"""Columns of a file of mappings; an empty target ends one, an empty ledger is the only one there is."""
NEEDED = ("table", "value", "field", "target", "valid_from")
"""Those a file must have."""

_DIMENSION = re.compile(r"[A-Za-z][\w .&/-]{0,59}")
_LONGEST = 200


class Effect(StrEnum):
    """What recording a row does."""

    NEW = "new"
    CHANGES = "changes"
    ENDS = "ends"
    SAME = "same"  # it says what is recorded for that day, or ends what is not there: nothing is added


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row as a person or a file says it: texts by `COLUMNS`; `place` is "row 3" of a file, or ""."""

    place: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A row that would be added, and the one in force on its first day before; `before` is None for none."""

    place: str
    row: MappingRow
    before: MappingRow | None
    effect: Effect


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that cannot be taken: which column, what stands there, what is wrong and what to do."""

    place: str
    column: str
    value: str
    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking some rows does.

    Attributes:
        changes: in the order given, also of rows that change nothing. problems: of the rows that are left out.
    """

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]

    @property
    def added(self) -> tuple[MappingRow, ...]:
        """The rows that are added."""
        return tuple(change.row for change in self.changes if change.effect is not Effect.SAME)


class _Wrong(Exception):
    """A cell that cannot be taken: column, value, words, remedy."""


def preview(desk: Desk, wanted: Sequence[Wanted], *, who: str) -> Plan:
    """What these rows would change; nothing is recorded."""
    with desk.read() as uow:
        return _plan(uow, desk, wanted, who)


def record(desk: Desk, wanted: Sequence[Wanted], *, who: str, file: str = "") -> Plan:
    """Record the rows that can be taken; the others come back as problems.

    Args:
        file: name of the file they come from, for the trail.

    Raises:
        Refused: `who` keeps no mappings here.
    """
    with desk.write() as uow:
        actor(uow, who, *KEEPERS)
        plan = _plan(uow, desk, wanted, who)
        if plan.added:
            _add(uow, desk, plan.added, who, "mappings.import", file)
            uow.commit()
    return plan


def set_row(desk: Desk, cells: Mapping[str, str], *, who: str) -> Change:
    """Record one row; an empty target ends the mapping.

    Raises:
        UsageError: a cell cannot be taken. Refused: it changes nothing, or `who` keeps no mappings here.
    """
    with desk.write() as uow:
        actor(uow, who, *KEEPERS)
        plan = _plan(uow, desk, [Wanted("", cells)], who)
        for problem in plan.problems:
            raise UsageError(problem.words, record=f"{problem.column} {problem.value!r}", remedy=problem.remedy)
        (change,) = plan.changes
        if change.effect is Effect.SAME:
            raise Refused("that changes nothing", record=change.row.value, remedy="See `mappings history`.")
        _add(uow, desk, plan.added, who, "mappings.end" if change.row.target is None else "mappings.set")
        uow.commit()
    return change


def undo(desk: Desk, number: int, *, who: str) -> Change:
    """Take a row back: from its day on, what was in force before it is in force again.

    Raises:
        UsageError: no such row. Refused: another row is in force for that day by now.
    """
    with desk.write() as uow:
        actor(uow, who, *KEEPERS)
        rows = uow.mappings.all()
        if not 1 <= number <= len(rows):
            raise UsageError("there is no such mapping", record=str(number), remedy="See `mappings history`.")
        row = rows[number - 1]
        if MappingBook(rows).said(row.key, row.valid_from) != row:
            raise Refused("another row replaced it already", record=row.words, remedy="Undo that one.")
        before = MappingBook(rows[: number - 1]).said(row.key, row.valid_from)
        again = replace(
            row,
            number=len(rows) + 1,
            target=before.target if before else None,
            actor=who,
            at=desk.now(),
            note=f"undoes row {number}",
        )
        _add(uow, desk, (again,), who, "mappings.undo")
        uow.commit()
    return Change("", again, row, Effect.ENDS if again.target is None else Effect.CHANGES)


def in_force(desk: Desk, day: date) -> list[MappingRow]:
    """The rows that give a target on the day, by ledger, table, value and field."""
    with desk.read() as uow:
        return MappingBook(uow.mappings.all()).in_force(day)


def history(desk: Desk, *, axis: str = "", value: str = "") -> list[MappingRow]:
    """Every row ever recorded, by number; of one table, of one value."""
    with desk.read() as uow:
        rows = uow.mappings.all()
    wanted = folded(value)
    return [row for row in rows if axis in ("", row.axis) and wanted in ("", folded(row.value))]


def exported(desk: Desk, day: date | None) -> list[tuple[str, ...]]:
    """The mappings in force on a day, or all that ever hold (None), as rows of `COLUMNS` that can be imported again."""
    with desk.read() as uow:
        book = MappingBook(uow.mappings.all())
    rows = list(book.effective()) if day is None else book.in_force(day)
    return [
        (row.ledger, row.axis.value, row.value, row.field, row.target or "", row.valid_from.isoformat(), row.note)
        for row in rows
    ]


def _add(uow: UnitOfWork, desk: Desk, rows: Sequence[MappingRow], who: str, action: str, file: str = "") -> None:
    uow.mappings.add(rows)
    changed = renew(uow, desk)
    texts = [row.words for row in rows]
    detail = {"rows": f"{rows[0].number}..{rows[-1].number}", "first": texts[0], "digest": _digest(texts)}
    if file:
        detail["file"] = file
    if changed:
        detail |= {"exceptions": str(len(changed)), "exceptions_cleared": str(cleared(changed))}
    subject = f"{rows[0].axis} {rows[0].value}" if len(rows) == 1 else f"{len(rows)} mappings"
    uow.trail.append(at=desk.now(), actor=who, action=action, subject=subject, detail=detail)


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(texts), ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What a row's target is checked against."""

    roles: Mapping[str, str]
    accounts: Mapping[str, Account]
    ids_of_code: Mapping[str, tuple[str, ...]]


def _plan(uow: UnitOfWork, desk: Desk, wanted: Sequence[Wanted], who: str) -> Plan:
    """Row by row, each against what is recorded and what the rows before it add."""
    known = uow.mappings.all()
    book, ledgers, at = MappingBook(known), _ledgers(uow), desk.now()
    changes: list[Change] = []
    problems: list[Problem] = []
    told: dict[tuple[MappingKey, date], str | None] = {}
    number = len(known) + 1
    for each in wanted:
        blank = MappingRow(desk.company, number, "", Axis.SKU, "", "", None, date.min, who, at)
        try:
            row = _row(each, ledgers, blank)
            _agrees(row, told)
        except _Wrong as wrong:
            column, words, remedy = wrong.args
            problems.append(Problem(each.place, column, each.cells.get(column, "").strip(), words, remedy))
            continue
        before = book.said(row.key, row.valid_from)
        effect = _effect(row, before)
        changes.append(Change(each.place, row, before, effect))
        if effect is not Effect.SAME:
            book.add(row)
            number += 1
    return Plan(tuple(changes), tuple(problems))


def _agrees(row: MappingRow, told: dict[tuple[MappingKey, date], str | None]) -> None:
    """Keep what the file says of a day, once.

    Raises:
        _Wrong: a row before it says something else.
    """
    first = told.setdefault((row.key, row.valid_from), row.target)
    if first != row.target:
        raise _Wrong("target", f"an earlier row says {first or 'nothing'!r} for the same day", "Keep one of the two.")


def _effect(row: MappingRow, before: MappingRow | None) -> Effect:
    """What a row does where `before` is in force on its day."""
    if before is None or before.target is None:
        return Effect.SAME if row.target is None else Effect.NEW
    if (before.valid_from, before.target) == (row.valid_from, row.target):
        return Effect.SAME
    return Effect.ENDS if row.target is None else Effect.CHANGES


def _row(each: Wanted, ledgers: Mapping[str, _Ledger], blank: MappingRow) -> MappingRow:
    cells = {column: " ".join(each.cells.get(column, "").split()) for column in COLUMNS}
    name = cells["ledger"] or (next(iter(ledgers)) if len(ledgers) == 1 else "")
    if name not in ledgers:
        raise _Wrong("ledger", "is no ledger of a reconciliation here",
                     f"Name one of: {', '.join(ledgers) or 'none yet'}.")  # fmt: skip
    if cells["table"].casefold() not in {axis.value for axis in Axis}:
        raise _Wrong("table", "is no mapping table", f"Use one of: {', '.join(Axis)}.")
    if not 0 < len(cells["value"]) <= _LONGEST:
        raise _Wrong("value", "is empty or too long", f"Write what records say, at most {_LONGEST} characters.")
    field = _field(cells["field"], name, ledgers[name])
    return replace(
        blank,
        ledger=name,
        axis=Axis(cells["table"].casefold()),
        value=cells["value"],
        field=field,
        target=_target(cells["target"], field, name, ledgers[name]),
        valid_from=_day(cells["valid_from"]),
        note=cells["note"],
    )


def _field(text: str, name: str, ledger: _Ledger) -> str:
    role = text.removeprefix(ROLE_FIELD)
    if text == ACCOUNT or (role == text and _DIMENSION.fullmatch(text)):
        return text
    if role == text or role not in ROLES:
        roles = ", ".join(f"{ROLE_FIELD}{known}" for known in sorted(ROLES))
        raise _Wrong("field", "is neither an account nor a dimension", f"Use account, {roles}, or branch, class, …")
    if fixed := ledger.roles.get(role):
        raise _Wrong("field", f"is fixed: {name} books {role} on account {fixed}, whatever a record says",
                     f"Take {ROLE_FIELD}{role} out of the connection's options first.")  # fmt: skip
    return text


def _target(text: str, field: str, name: str, ledger: _Ledger) -> str | None:
    """The ledger's own id; an account may be named by its code."""
    if not text or not (field == ACCOUNT or field.startswith(ROLE_FIELD)):
        return text or None
    ids = (text,) if text in ledger.accounts else ledger.ids_of_code.get(text, ())
    if len(ids) != 1:
        words = "is the code of several accounts" if ids else "is no account of the ledger"
        remedy = (
            f"Give an account id of {name}." if ledger.accounts else f"Pull {name} first: its accounts are unknown."
        )
        raise _Wrong("target", words, remedy)
    if not ledger.accounts[ids[0]].active:
        raise _Wrong("target", "is an account that is not active", "Choose an active one, or activate it there.")
    return ids[0]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Wrong("valid_from", "is no day", "Write it like 2026-10-01.") from None


def _ledgers(uow: UnitOfWork) -> dict[str, _Ledger]:
    """The ledgers of the reconciliations, by name."""
    found = {}
    for name in sorted({spec.ledger.source for spec in uow.reconciliations.all()}):
        accounts = {account.account_id: account for account in uow.connections.accounts(name)}
        codes: dict[str, tuple[str, ...]] = {}
        for account in accounts.values():
            codes[account.code] = (*codes.get(account.code, ()), account.account_id)
        found[name] = _Ledger(account_roles(uow.connections.get(name)), accounts, codes)
    return found
