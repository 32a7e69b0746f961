"""Drift: a changed payload is told with the books it touches, once, and somebody says that it is in order."""

import pytest

from awra_desk.domain.errors import Refused, UserError
from awra_desk.services.drift import acknowledge, drifts
from tests.unit.services.conftest import NAME
from tests.unit.services.doubles import row


def test_a_first_pull_is_the_baseline(scene):
    scene.pull()
    assert drifts(scene.desk) == []


def test_what_is_new_is_told_with_the_books_that_read_it(scene):
    scene.pull()
    scene.source.rows += [row("ch_9a", 2_000, reference="ch_9a", kind="levy", loyalty=3)]
    scene.pull()
    told = [(seen.drift.path, seen.drift.now, seen.books) for seen in drifts(scene.desk)]
    assert told == [("kind", "levy", (NAME,)), ("loyalty", "number", ())]
    scene.pull()
    assert len(drifts(scene.desk)) == 2


def test_acknowledging_it_takes_somebody_who_may_and_leaves_a_trail_row(scene):
    scene.pull()
    scene.source.rows += [row("ch_9a", 2_000, reference="ch_9a", loyalty=3)]
    scene.pull()
    (seen,) = drifts(scene.desk)
    with pytest.raises(Refused, match="no person"):
        acknowledge(scene.desk, seen.drift.drift_id, who="nobody", note="a guess")
    acknowledge(scene.desk, seen.drift.drift_id, who="amina", note="the shop's new programme")
    assert drifts(scene.desk) == []
    (kept,) = drifts(scene.desk, acknowledged=True)
    assert (kept.drift.acknowledged_by, kept.drift.note) == ("amina", "the shop's new programme")
    last = scene.trail()[-1]
    assert (last.action, last.actor, last.subject) == ("drift.acknowledge", "amina", seen.drift.drift_id)
    with pytest.raises(Refused, match="amina has acknowledged this already"):
        acknowledge(scene.desk, seen.drift.drift_id, who="amina", note="again")
    with pytest.raises(UserError, match="this drift is unknown"):
        acknowledge(scene.desk, "none", who="amina", note="")
