"""One connection with its evidence: proofs per day, breaks linked to their exceptions, streams, pulls, drift."""

from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.ladder import Rung
from awra_desk.services.connection_case import load_connection, load_connections
from awra_desk.services.health import UNTESTED
from awra_desk.services.ladder import climb, descend
from awra_desk.services.pull import pull
from tests.unit.services.conftest import NAME, PERIOD
from tests.unit.services.doubles import DAY, EVE, row
from tests.unit.services.test_renormalise import as_refund, changed


def test_before_the_first_pull_there_is_nothing_to_prove(scene):
    case = load_connection(scene.desk, "shop")
    assert (case.streams, case.proofs, case.pulls, case.moved) == ((), (), (), {})
    assert UNTESTED in case.health.checks
    facts = {fact.connection.name: fact for fact in load_connections(scene.desk).facts}
    assert facts["shop"].pulled is None


def test_each_reported_day_opens_where_the_one_before_closed(scene):
    pull(scene.desk, "books", days=(EVE, DAY, PERIOD.last))
    latest, first = load_connection(scene.desk, "books").proofs
    moved = sum(item["minor"] for item in scene.ledger.rows)
    assert (first.reconciliation, first.side, first.after, first.day) == (NAME, "ledger", EVE, DAY)
    assert (first.opening, first.movements, first.closing, first.off) == (5_000, moved, 5_000 + moved, 0)
    assert (latest.after, latest.day, latest.opening, latest.movements) == (DAY, PERIOD.last, first.closing, 0)


def test_a_source_with_its_present_balance_alone_is_proven_up_to_now(scene):
    scene.pull()
    (proof,) = load_connection(scene.desk, "shop").proofs
    assert (proof.day, proof.off) == (None, 0)


def test_a_break_is_told_by_how_much_and_leads_to_its_exception(scene):
    scene.source.opening += 125
    scene.pull()
    assert load_connection(scene.desk, "shop").proofs[0].exception_id == ""
    scene.reconcile()
    case = load_connection(scene.desk, "shop")
    (proof,) = case.proofs
    assert proof.off == -125
    with scene.desk.read() as uow:
        item = uow.exceptions.get(proof.exception_id)
    assert item.reason == "BALANCE_BREAK"
    assert item.state == ExceptionState.OPEN
    assert case.breaks == {f"{NAME}: source balance": proof.exception_id}
    assert {fact.connection.name: fact.broken for fact in load_connections(scene.desk).facts} == {"books": 0, "shop": 1}


def test_streams_pulls_and_contracts(scene):
    scene.pull()
    scene.pull()
    case = load_connection(scene.desk, "shop")
    (stream,) = case.streams
    assert (stream.stream, stream.records, stream.contract) == ("balance", 7, case.contract)
    assert stream.cursor == "7"
    assert stream.newest is not None
    assert [(past.fetched, past.new, past.quarantined, past.broken) for past in case.pulls] == [
        (0, 0, 0, ""),
        (7, 7, 0, ""),
    ]
    assert load_connection(changed(scene, as_refund), "shop").contract == "scripted-2"


def test_drift_and_the_ladder_belong_to_their_connection(scene):
    scene.pull()
    scene.source.rows += [row("ch_9a", 2_000, reference="ch_9a", kind="levy", loyalty=3)]
    scene.pull()
    assert {seen.drift.path for seen in load_connection(scene.desk, "shop").drifts} == {"kind", "loyalty"}
    assert load_connection(scene.desk, "books").drifts == ()
    drifted = {fact.connection.name: fact.drifted for fact in load_connections(scene.desk).facts}
    assert drifted == {"books": 0, "shop": 1}  # only what the contract reads
    descend(scene.desk, "books", who="engine", reason="The test says so.")
    scene.pull()
    scene.pull()
    descend(scene.desk, "books", who="engine", reason="The test says so.")
    climb(scene.desk, "books", who="engine")
    assert set(load_connection(scene.desk, "books").moved) == {Rung.STAGED, Rung.READ_ONLY}
