"""The chain finds every tampering: edit, delete, swap, insert, and, by a head written down elsewhere, a cut tail."""

import hashlib
import itertools
import random
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.audit import chain
from awra_desk.domain.trail import GENESIS, TrailEntry
from tests.soak import scaled

NOW = datetime(2026, 10, 1, 8, 30, 15, 42, tzinfo=UTC)


def entry(sequence: int, previous: str, *, company: str = "Roaster", **changes: object) -> TrailEntry:
    at = NOW + timedelta(seconds=sequence)
    detail = {"amount": "12.50", "n": str(sequence)}
    made = TrailEntry(company, sequence, at, "ann", "decision.match", f"d-{sequence}", detail, previous, "")
    made = replace(made, **changes)
    return replace(made, digest=chain.digest(made))


def entries(count: int) -> list[TrailEntry]:
    made: list[TrailEntry] = []
    for sequence in range(1, count + 1):
        made.append(entry(sequence, made[-1].digest if made else GENESIS))
    return made


WHOLE = entries(200)
ANCHOR = chain.head(WHOLE)


def test_a_whole_chain_holds():
    assert chain.verify(WHOLE) is None
    assert chain.verify(iter(WHOLE), anchor=ANCHOR) is None
    assert chain.verify(WHOLE, anchor=chain.head(WHOLE[:50])) is None  # it has grown since
    assert chain.verify([]) is None
    assert chain.verify([], anchor=chain.Head(0, GENESIS)) is None
    assert chain.head(WHOLE) == chain.Head(200, WHOLE[-1].digest)


def test_the_bytes_are_those_of_rfc_8785():
    """Keys sorted by UTF-16, no blanks, text unescaped; fixed for ever, since old trails are verified by it."""
    made = replace(entry(1, GENESIS), detail={"b": "é✓", "a": 'say "x"\n'})
    expected = (
        '{"action":"decision.match","actor":"ann","at":"2026-10-01T08:30:16.000042+00:00","company":"Roaster",'
        '"detail":{"a":"say \\"x\\"\\n","b":"é✓"},"previous":"' + GENESIS + '","sequence":1,"subject":"d-1"}'
    )
    assert chain.canonical(made).decode() == expected
    assert chain.digest(made) == hashlib.sha256(expected.encode()).hexdigest()


def test_an_instant_is_the_same_in_every_zone():
    nairobi = replace(WHOLE[0], at=WHOLE[0].at.astimezone(timezone(timedelta(hours=3))))
    assert chain.digest(nairobi) == WHOLE[0].digest
    with pytest.raises(ValueError, match="aware"):
        chain.digest(replace(WHOLE[0], at=datetime(2026, 10, 1)))  # noqa: DTZ001 (that is the point)


@pytest.mark.parametrize("name", [field.name for field in fields(TrailEntry)])
def test_every_field_is_covered(name: str):
    changed = {
        "sequence": 8, "at": NOW, "detail": {"amount": "12.5", "n": "5"}, "company": "Other", "actor": "eve",
        "action": "x", "subject": "y", "previous": "1" * 64, "digest": "2" * 64,
    }  # fmt: skip
    tampered = [*WHOLE[:4], replace(WHOLE[4], **{name: changed[name]}), *WHOLE[5:]]
    found = chain.verify(tampered)
    assert found is not None
    assert found.sequence == 5


def tampered(kind: str, chance: random.Random) -> tuple[list[TrailEntry], int]:
    """A chain with one tampering, and the position at which it must show at the latest."""
    rows, at = list(WHOLE), chance.randrange(len(WHOLE) - 1)
    if kind == "edit":
        rows[at] = replace(rows[at], subject="evil")
    elif kind == "edit with a new digest":
        changed = replace(rows[at], subject="evil")
        rows[at] = replace(changed, digest=chain.digest(changed))
        return rows, at + 2
    elif kind == "delete":
        del rows[at]
    elif kind == "swap":
        rows[at], rows[at + 1] = rows[at + 1], rows[at]
    elif kind == "insert":
        rows.insert(at, entry(at + 1, rows[at].previous, actor="eve"))
        return rows, at + 2
    else:
        del rows[at + 1 :]
        return rows, at + 2
    return rows, at + 1


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["edit", "edit with a new digest", "delete", "swap", "insert", "truncate"])
def test_every_tampering_is_found_where_it_is(kind: str):
    chance = random.Random(kind)
    for _ in range(scaled(1_000)):
        rows, at = tampered(kind, chance)
        found = chain.verify(rows, anchor=ANCHOR)
        assert found is not None
        assert found.sequence == at
        assert found.what.startswith(("Row ", "The trail ends"))


def test_a_tail_rewritten_from_some_row_on_needs_the_anchor():
    forged = list(WHOLE[:100])
    for sequence in range(101, 201):
        forged.append(entry(sequence, forged[-1].digest, actor="eve"))
    assert chain.verify(forged) is None
    assert chain.verify(forged, anchor=ANCHOR) == chain.Break(
        200, "Row 200 is not the row that was written down as the head."
    )
    assert chain.verify(WHOLE[:150]) is None
    found = chain.verify(WHOLE[:150], anchor=ANCHOR)
    assert found == chain.Break(151, "The trail ends after row 150, but row 200 was written down as its head.")


def test_rows_of_another_company_do_not_belong():
    rows = [*WHOLE[:3], entry(4, WHOLE[2].digest, company="Other")]
    assert chain.verify(rows) == chain.Break(4, "Row 4 belongs to the company Other, not to Roaster.")


@given(
    st.lists(
        st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), st.text(st.characters(codec="utf-8"))),
        max_size=5,
    )
)
def test_any_text_can_be_chained(details: list[dict[str, str]]):
    previous, made = GENESIS, []
    for sequence, detail in zip(itertools.count(1), details):
        made.append(entry(sequence, previous, detail=detail))
        previous = made[-1].digest
    assert chain.verify(made) is None
