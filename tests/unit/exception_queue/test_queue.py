"""The queue keeps people's work over re-runs, clears what cleared itself, and only moves as its table says."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import Refused
from awra_desk.domain.exception_items import ExceptionState, Severity
from awra_desk.domain.reasons import Reason
from awra_desk.exception_queue import lifecycle
from awra_desk.exception_queue.findings import Finding
from awra_desk.exception_queue.merge import CLEARED, Queue, merge
from awra_desk.exception_queue.severity import ORDER, severity

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
TODAY = date(2026, 11, 2)


def finding(name: str, minor: int = 500, reason: Reason = Reason.MISSING_IN_LEDGER) -> Finding:
    return Finding("item", reason, (("source", name),), minor, "USD", date(2026, 10, 20), "{}", expected=False)


def run(existing, findings, now=NOW):
    return merge(existing, findings, Queue("co", "r", 100_000, "amina", now, now.date()))


def test_the_same_findings_twice_change_nothing():
    first = run([], [finding("a"), finding("b")])
    assert [item.state for item in first] == [ExceptionState.OPEN] * 2
    assert run(first, [finding("b"), finding("a")], NOW + timedelta(hours=1)) == []


def test_what_is_found_no_more_clears_itself_and_comes_back_open():
    item = run([], [finding("a")])[0]
    cleared = run([item], [])[0]
    assert (cleared.state, cleared.resolution) == (ExceptionState.RESOLVED, CLEARED)
    again = run([cleared], [finding("a")])[0]
    assert (again.state, again.resolution) == (ExceptionState.OPEN, "")
    assert again.opened_at == item.opened_at


def test_what_a_person_resolved_stays_resolved():
    item = lifecycle.resolve(run([], [finding("a")])[0], "explained", "Bank confirmed it.", NOW)
    assert run([item], [finding("a", 700)]) == []


def test_people_keep_what_they_own_while_facts_change():
    item = lifecycle.assign(run([], [finding("a")])[0], "grace")
    changed = run([item], [finding("a", 700_000)])[0]
    assert (changed.owner, changed.state, changed.minor) == ("grace", ExceptionState.ASSIGNED, 700_000)
    assert changed.severity == Severity.HIGH
    assert changed.due < item.due


@pytest.mark.parametrize("before", list(ExceptionState))
@pytest.mark.parametrize("after", list(ExceptionState))
def test_only_declared_moves_are_possible(before, after):
    item = replace(run([], [finding("a")])[0], state=before)
    if after in lifecycle.MOVES[before]:
        assert lifecycle.move(item, after).state == after
    else:
        with pytest.raises(Refused):
            lifecycle.move(item, after)


def test_a_resolution_needs_a_reason():
    with pytest.raises(Refused, match="reason"):
        lifecycle.resolve(run([], [finding("a")])[0], "explained", "  ", NOW)


@given(st.integers(-(10**9), 10**9), st.integers(0, 400), st.integers(0, 400))
def test_severity_never_falls_with_age_or_size(minor, younger, more):
    def rank(amount, age):
        return ORDER.index(severity(amount, age, materiality_minor=100_000, expected=False))

    assert rank(minor, younger) <= rank(minor, younger + more)
    assert rank(minor, younger) <= rank(minor * 10, younger)
