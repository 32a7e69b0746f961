"""What processes share: one at a time on both databases, and the rung of a connection that moved elsewhere."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from awra_desk.connectors._http import TokenBucket
from awra_desk.connectors._http.bucket import Stopped
from awra_desk.domain.errors import Refused
from awra_desk.domain.ladder import Rung
from awra_desk.store import SqlWorkspace, open_workspace
from tests.connectors.virtual_time import VirtualClock
from tests.store.books import connected, connection


def count(text: str) -> tuple[str, int]:
    number = int(text or "0") + 1
    return str(number), number


def test_each_change_is_alone(address: str, workspace: SqlWorkspace, company: str):
    """Two workspaces (as two processes have) and eight threads; no change is lost, each sees the one before it."""
    other = open_workspace(address)
    states = [workspace.shared(company), other.shared(company)]
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda number: states[number % 2].change("tally", count), range(80)))
    other.close()
    assert sorted(seen) == list(range(1, 81))


def test_a_step_that_keeps_nothing_changes_nothing(workspace: SqlWorkspace, company: str):
    state = workspace.shared(company)
    assert state.change("a", lambda text: (None, text)) == ""
    state.change("a", lambda _: ("kept", None))
    with pytest.raises(ZeroDivisionError):
        state.change("a", lambda _: (str(1 // 0), None))
    assert state.change("a", lambda text: (None, text)) == "kept"
    assert state.change("b", lambda text: (None, text)) == ""


def test_two_processes_never_exceed_a_rate_or_a_day(address: str, workspace: SqlWorkspace, company: str):
    """Gates over two openings of one workspace, by turns: what one takes, the other no longer has."""
    other = open_workspace(address)
    clock = VirtualClock()
    gates = []
    for opened in (workspace, other):
        gate = TokenBucket(clock, per_second=2.0, burst=4, per_day=30)
        gate.share(opened.shared(company), "shop")
        gates.append(gate)
    for number in range(1, 31):
        gates[number % 2].take()
        assert number <= 4 + 2.0 * clock.elapsed() + 0.01
    for gate in gates:
        with pytest.raises(Stopped, match="used up"):
            gate.take()
    gates[0].pause(7_200)
    with pytest.raises(Stopped, match="asks us to wait"):
        gates[1].take()
    other.close()


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
@pytest.mark.postgres
def test_it_does_not_wait_for_a_unit_of_work(workspace: SqlWorkspace, company: str):
    with workspace.write(company):
        assert workspace.shared(company).change("tally", count) == 1


def test_a_connection_to_another_system_begins_again(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        connected(uow, company)
        uow.connections.put(replace(connection(company), options={"realm": "2"}))
        assert uow.connections.get("books").rung == Rung.WRITES
        uow.connections.put(replace(connection(company), base_url="https://elsewhere.test"))
        assert uow.connections.get("books").rung == Rung.READ_ONLY
        with pytest.raises(Refused, match="one rung at a time"):
            uow.connections.set_rung("books", Rung.WRITES)


def test_the_database_says_what_it_is(workspace: SqlWorkspace):
    facts = workspace.facts()
    assert facts["kind"] in ("SQLite", "PostgreSQL")
    assert facts["version"]
    assert facts["schema"].isdigit()
    assert facts["rules"] == ""
