"""How a table is read, as lines of the screen: its columns, the rows as read, what does not fit, the versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awra_desk.domain.controls import PROOF, ControlTotal
from awra_desk.domain.records import Reject
from awra_desk.ports.table_samples import Drawn, Sample
from awra_desk.services.file_mapping import MappingVersion, Preview
from awra_desk.viewmodels import words

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column of the file: heading, its first values, what it is (a key of `table_form.MEANINGS`)."""

    heading: str
    examples: str
    meaning: str


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A row as it would be read; state: "new", "stored", or "changes" where a stored one would be read otherwise."""

    day: str
    kind: str
    amount: str
    currency: str
    raw: str
    counterparty: str
    description: str
    references: str
    state: str


@dataclass(frozen=True, slots=True)
class RejectLine:
    """A row that does not fit: its id, the column, what stands there, why."""

    record: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version that was saved; changed: what it says otherwise than the one before."""

    number: int
    at: str
    by: str
    changed: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class ReadView:
    """What the files would give.

    Attributes:
        lines, rejects: the first of `count` and `rejected`. totals: a sum per currency and account in words.
        said: what is there twice, overlaps or does not add up. broken: some of that is a proof that does not hold.
        new: records that are not stored yet.
    """

    lines: tuple[ReadLine, ...]
    count: int
    rejects: tuple[RejectLine, ...]
    rejected: int
    totals: tuple[str, ...]
    said: tuple[str, ...]
    broken: bool
    new: int


def column_lines(sample: Sample, drawn: Drawn) -> tuple[ColumnLine, ...]:
    """The columns in the order of the file."""
    meaning = {name: word for word, names in drawn.columns.items() for name in names}
    found = []
    for at, name in enumerate(sample.headings):
        values = [cells[at] for _, cells in sample.rows if at < len(cells) and cells[at]]
        found.append(ColumnLine(name, "  ·  ".join(values[:_EXAMPLES]), meaning.get(name, "")))
    return tuple(found)


def read_view(found: Preview) -> ReadView:
    """The preview for the screen."""
    totals = [
        f"{words.money(minor, currency)} in {words.count(count, 'row')}{'' if account == _MAIN else f', {account}'}"
        for (currency, account), (count, minor) in found.totals.items()
    ]
    broken = tuple(map(_broken, found.broken))
    return ReadView(
        lines=tuple(_read_lines(found)),
        count=found.count,
        rejects=tuple(map(_reject_line, found.rejects)),
        rejected=found.rejected,
        totals=tuple(totals),
        said=(*broken, *found.notices),
        broken=bool(broken),
        new=found.new,
    )


def _broken(total: ControlTotal) -> str:
    """A proof of the files that does not hold, in words."""
    name = total.name.removeprefix(PROOF)
    if not total.currency:
        return f"Does not hold: {name}"
    stated, given = words.money(total.expected, total.currency), words.money(total.actual, total.currency)
    return f"{name[:1].upper()}{name[1:]}: stated {stated}, the rows give {given}"


_MAIN = "balance"
"""The account that every statement file has."""


def version_lines(
    versions: Sequence[MappingVersion], text: str, zone: str, names: Mapping[str, str]
) -> tuple[VersionLine, ...]:
    """The last one first; `text` is the one in force, `names` are those of people."""
    last = len(versions) - 1
    return tuple(
        VersionLine(
            number=one.version,
            at=words.moment(datetime.fromisoformat(one.at), zone),
            by=words.actor(one.by, names.get(one.by, "")),
            changed="; ".join(one.changed) if one.changed else "first version" if not at else "nothing",
            in_force=at == last and one.text == text,
        )
        for at, one in reversed(list(enumerate(versions)))
    )


def _read_lines(found: Preview) -> Iterator[ReadLine]:
    for row in found.table.dicts():
        currency, minor = str(row["currency"]), int(row["amount"])
        state = "stored" if row["raw_id"] in found.known else "changes" if row["raw_id"] in found.again else "new"
        yield ReadLine(
            day=words.full_day(row["booking_date"]),
            kind=str(row["kind"]).replace("_", " "),
            amount=words.amount(minor, currency),
            currency=currency,
            raw=words.raw_amount(minor, currency),
            counterparty=str(row["counterparty"]),
            description=str(row["description"]),
            references=_listed(row["references"]),
            state=state,
        )


def _listed(references: Any) -> str:
    return " ".join(str(references).split())


def _reject_line(reject: Reject) -> RejectLine:
    return RejectLine(reject.external_id, reject.path.removeprefix("row."), reject.value, reject.reason)
