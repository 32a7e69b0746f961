"""The ladder: nothing opens without evidence, one rung at a time; below the rung for it, nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from awra_desk.domain.entries import WriteState
from awra_desk.domain.errors import Refused
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.ladder import DRY_RUN, Rung
from awra_desk.domain.people import Person, Role
from awra_desk.ports.connections import Standing, TransportError
from awra_desk.services.approve import approve
from awra_desk.services.health import NEEDS, SOUND, examine
from awra_desk.services.ladder import climb, descend
from awra_desk.services.people import add_person
from awra_desk.services.post import drain
from awra_desk.services.pull import pull
from awra_desk.services.stage import edit, propose, submit
from tests.unit.services.conftest import PASSWORD, PERIOD
from tests.unit.services.doubles import row

DAYS = (PERIOD.first, PERIOD.last)


@pytest.fixture
def low(scene):
    """The scene with the ledger on the first rung."""
    with scene.desk.write() as uow:
        uow.connections.set_rung("books", Rung.READ_ONLY)
        uow.commit()
    return scene


def rung(scene, name="books"):
    with scene.desk.read() as uow:
        return uow.connections.get(name).rung


def proven(scene):
    """Pulled twice, nothing new the second time."""
    for _ in range(2):
        pull(scene.desk, "shop", days=DAYS)
        pull(scene.desk, "books", days=DAYS)
    scene.reconcile()


def fees(scene):
    return next(item for item in scene.exceptions() if item.state == ExceptionState.OPEN and "fee" in item.evidence)


def dry_run(scene):
    write = propose(scene.desk, fees(scene).exception_id, who="amina")
    submit(scene.desk, write.write_id, who="amina")
    approve(scene.desk, write.write_id, who="joseph", password=PASSWORD, seen_sha256=write.payload_sha256)
    return write


def test_every_rung_needs_more_than_the_one_before(low):
    lists = [set(NEEDS[each]) for each in Rung]
    assert all(before < after for before, after in pairwise(lists[:3]))
    names = {check.name for check in examine(low.desk, "books").checks}
    assert set().union(*lists) == names
    assert set(SOUND) <= names


def test_the_whole_way_up(low):
    with pytest.raises(Refused, match="stays shut") as caught:
        climb(low.desk, "books", who="engine")
    assert "never pulled" in caught.value.text
    proven(low)
    assert climb(low.desk, "books", who="engine") == Rung.STAGED
    with pytest.raises(Refused, match="dry run"):
        climb(low.desk, "books", who="engine")
    write = dry_run(low)
    assert drain(low.desk, "books").waiting == (write.write_id,)
    assert low.ledger.posts == 0
    assert climb(low.desk, "books", who="engine") == Rung.WRITES
    with pytest.raises(Refused, match="verified posting"):
        climb(low.desk, "books", who="engine")
    assert drain(low.desk, "books").verified == (write.write_id,)
    assert climb(low.desk, "books", who="engine") == Rung.EVENTS
    pull(low.desk, "books", days=DAYS)
    assert climb(low.desk, "books", who="engine") == Rung.SCHEDULED
    with pytest.raises(Refused, match="last rung"):
        climb(low.desk, "books", who="engine")
    rows = [entry for entry in low.trail() if entry.action == "connection.rung"]
    assert [entry.detail["to"] for entry in rows] == ["staged", "writes", "events", "scheduled"]
    assert "1 entries passed the preflight" in rows[1].detail["dry run"]


def test_nothing_is_staged_for_a_connection_that_only_reads(low):
    proven(low)
    with pytest.raises(Refused, match="only reads yet"):
        propose(low.desk, fees(low).exception_id, who="amina")


def test_a_dry_run_stays_here_and_says_so_once(low):
    proven(low)
    climb(low.desk, "books", who="engine")
    write = dry_run(low)
    for _ in range(3):
        assert drain(low.desk, "books").waiting == (write.write_id,)
    with low.desk.read() as uow:
        attempts = uow.writes.attempts(write.write_id)
        assert uow.writes.get(write.write_id).state == WriteState.APPROVED
    assert [outcome for _, outcome, _ in attempts] == [DRY_RUN]
    assert "staged writes (dry run)" in attempts[0][2]
    assert low.ledger.posts == 0
    changed = edit(low.desk, write.write_id, replace(write.entry, memo="Corrected"), who="amina")
    assert changed.generation == 2  # nothing was sent, so it may still be edited


def test_going_down_holds_at_once(low):
    proven(low)
    climb(low.desk, "books", who="engine")
    write = dry_run(low)
    climb(low.desk, "books", who="engine")
    with pytest.raises(Refused, match="needs a reason"):
        descend(low.desk, "books", who="engine", reason=" ")
    assert descend(low.desk, "books", who="engine", reason="The auditor asked.") == Rung.STAGED
    assert drain(low.desk, "books").verified == ()
    assert low.ledger.posts == 0
    assert write.write_id in drain(low.desk, "books").waiting
    assert descend(low.desk, "books", who="engine", reason="Wrong company.") == Rung.READ_ONLY
    with pytest.raises(Refused, match="first rung"):
        descend(low.desk, "books", who="engine", reason="Lower.")


def test_the_database_keeps_what_the_service_forgets(low, monkeypatch):
    proven(low)
    climb(low.desk, "books", who="engine")
    write = dry_run(low)
    monkeypatch.setattr("awra_desk.services.post._dry", lambda desk, connection: "")
    assert drain(low.desk, "books").waiting == (write.write_id,)
    assert low.ledger.posts == 0
    with low.desk.read() as uow:
        assert "may not write yet" in uow.writes.attempts(write.write_id)[-1][2]


def test_only_the_owner_moves_it_where_there_is_one(low):
    proven(low)
    owner = Person("co", "olive", "Olive", frozenset({Role.OWNER}), "USD", None)
    add_person(low.desk, owner, PASSWORD, by="engine")
    with pytest.raises(Refused):
        climb(low.desk, "books", who="amina")
    assert climb(low.desk, "books", who="olive") == Rung.STAGED
    with pytest.raises(Refused):
        descend(low.desk, "books", who="joseph", reason="I say so.")


@pytest.mark.parametrize(
    ("spoil", "name", "words"),
    [
        (lambda scene: scene.ledger.rows.append(row("x", 5, account="35")), "control totals", "Broken"),
        (
            lambda scene: scene.ledger.rows.append(row("x", 0, account="35", kind="unknown")),
            "mapping coverage",
            "1 rec",
        ),
        (lambda scene: scene.desk.clock.sleep(4 * 86_400), "freshness", "Pulled last"),
    ],
)
def test_each_check_can_fail(low, spoil, name, words):
    proven(low)
    spoil(low)
    if name != "freshness":
        low.ledger.opening -= 5 if name == "control totals" else 0
        pull(low.desk, "books", days=DAYS)
        pull(low.desk, "books", days=DAYS)
    check = next(check for check in examine(low.desk, "books").checks if check.name == name)
    assert not check.holds
    assert words in check.words
    assert check.remedy
    with pytest.raises(Refused, match=name):
        climb(low.desk, "books", who="engine")


def standing(**facts):
    return lambda connection: Standing(**facts)


@pytest.mark.parametrize(
    ("facts", "name", "words"),
    [
        ({"skew": -300.0}, "clock skew", "300 s behind"),
        ({"left_today": 0}, "rate limits", "0 left"),
        ({"asked": ("read", "report"), "granted": "read"}, "scopes", "granted: read"),
    ],
)
def test_what_the_provider_says_counts(low, facts, name, words):
    proven(low)
    desk = replace(low.desk, standing=standing(**facts))
    found = examine(desk, "books")
    check = next(check for check in found.checks if check.name == name)
    assert (check.holds, words in check.words) == (False, True)
    assert not found.sound
    assert name in found.lacking


def test_a_silence_is_told_until_it_ends(low):
    until = low.desk.now() + timedelta(hours=2)
    desk = replace(low.desk, standing=standing(stopped_until=until))
    check = next(check for check in examine(desk, "books").checks if check.name == "rate limits")
    assert not check.holds
    assert f"{until:%H:%M:%S}" in check.words


def test_a_source_that_cannot_be_reached_is_a_finding_not_a_crash(low, monkeypatch):
    def dead(days):
        raise TransportError("no route", kind="unavailable", remedy="Check the network.")

    monkeypatch.setattr(low.ledger, "balances", dead)
    found = examine(low.desk, "books")
    assert found.checks[0].words == "no route"
    assert not found.sound


def test_a_source_that_is_never_written_to_has_nothing_to_try_out(low):
    proven(low)
    names = ("dry run", "verified posting")
    checks = [check for check in examine(low.desk, "shop").checks if check.name in names]
    assert [check.holds for check in checks] == [True, True]
