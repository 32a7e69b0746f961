"""Balances, control totals, reconciliations, runs, decisions, exceptions, people and the trail."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from awra_desk.audit import chain
from awra_desk.domain.controls import ControlTotal, ReportedBalance
from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.domain.errors import Refused, UserError
from awra_desk.domain.exception_items import Comment, ExceptionState
from awra_desk.domain.people import Role
from awra_desk.domain.reconciliations import ChannelRule, ClosingBasis, OpeningBalance, OpeningItem, Scope, SideSpec
from awra_desk.domain.runs import RunSummary
from awra_desk.domain.trail import GENESIS
from awra_desk.ports.columns import empty
from awra_desk.ports.schemas import MATCH_MEMBERS, OPEN_ITEMS
from awra_desk.store import SqlWorkspace, repo_trail
from tests.store.books import DAY_ONE, NOW, as_stranger, exception, later, person, reconciliation, rows_of


def _balance(minor: int, day: date | None, minutes: int) -> ReportedBalance:
    return ReportedBalance("stripe", "balance", "USD", minor, day, later(minutes), "/v1/balance")


def test_the_latest_balance_of_a_day_and_the_present_one(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        uow.controls.put_balances([_balance(1, DAY_ONE, 0), _balance(2, DAY_ONE, 5), _balance(9, None, 1)])
        uow.controls.put_balances([_balance(3, date(2026, 10, 2), 2), _balance(8, None, 0)])
        uow.controls.put_balances([])
        assert uow.controls.balance("stripe", "balance", "USD", DAY_ONE) == _balance(2, DAY_ONE, 5)
        assert uow.controls.balance("stripe", "balance", "USD", None) == _balance(9, None, 1)
        assert uow.controls.balance("stripe", "balance", "EUR", None) is None
        assert uow.controls.balance("stripe", "balance", "USD", date(2026, 10, 3)) is None
        assert uow.controls.last_day("stripe", "balance", "USD") == date(2026, 10, 2)
        assert uow.controls.last_day("stripe", "other", "USD") is None
        assert uow.controls.days("stripe", "balance", "USD") == [DAY_ONE, date(2026, 10, 2)]
        assert uow.controls.days("stripe", "other", "USD") == []


def test_the_latest_of_each_control_total(workspace: SqlWorkspace, company: str):
    first = ControlTotal("stripe", "payout po_1", "USD", 100, 99, NOW)
    again = replace(first, actual=100, checked_at=later(5))
    other = ControlTotal("books", "balance", "USD", 5, 5, NOW)
    with workspace.write(company) as uow:
        uow.controls.put_totals([again, first, other])
        assert uow.controls.totals() == [other, again]
        assert uow.controls.totals("stripe") == [again]
        assert again.holds
        assert not first.holds


def test_a_reconciliation_comes_back_exactly(workspace: SqlWorkspace, company: str):
    channels = (ChannelRule("card", "Stripe", ("charge", "fee")),)
    rich = replace(
        reconciliation(company, "Rich"),
        source=SideSpec(
            "bank", ("a", "b"), "1", -1, ClosingBasis.BALANCE_FLOW, Scope("STRIPE", "not Stripe's"), channels
        ),
        percent=Decimal("0.50"),
        owner="ann",
        version=3,
    )
    with workspace.write(company) as uow:
        uow.reconciliations.put(reconciliation(company))
        uow.reconciliations.put(replace(rich, version=1))
        uow.reconciliations.put(rich)
        assert uow.reconciliations.get("Rich") == rich
        assert uow.reconciliations.all() == [rich, reconciliation(company)]
        with pytest.raises(UserError, match="unknown"):
            uow.reconciliations.get("none")
        with pytest.raises(ValueError, match="of Other"):
            uow.reconciliations.put(reconciliation("Other"))


def test_a_take_on_is_replaced_whole_by_side(workspace: SqlWorkspace, company: str):
    balances = [
        OpeningBalance("clearing", side, date(2026, 9, 30), minor) for side, minor in (("source", 5), ("ledger", 7))
    ]
    items = [
        OpeningItem("clearing", side, f"{side}-{number}", DAY_ONE, number, "r", "d")
        for side in ("source", "ledger")
        for number in (1, 2)
    ]
    with workspace.write(company) as uow:
        uow.reconciliations.put(reconciliation(company))
        uow.reconciliations.put_openings(balances, items)
        assert uow.reconciliations.opening_balances("clearing") == balances
        assert uow.reconciliations.opening_items("clearing") == items
        corrected = replace(balances[0], minor=6)
        uow.reconciliations.put_openings([corrected], items[:1])
        assert uow.reconciliations.opening_balances("clearing") == [corrected, balances[1]]
        assert uow.reconciliations.opening_items("clearing") == [items[0], *items[2:]]


def _run(company: str, minutes: int) -> RunSummary:
    return RunSummary(company, "clearing", "2026-10", later(minutes), "in", "out", "v1", 1, 2, 3)


def test_a_run_replaces_the_result_and_stays_itself(workspace: SqlWorkspace, company: str):
    first = rows_of(
        MATCH_MEMBERS, [{"match_id": "m1", "side": side, "id": "1", "score": 0.25} for side in ("source", "ledger")]
    )
    unsorted = [
        {"match_id": "m2", "side": "ledger", "id": "2", "allocated": 5, "score": 1 / 3, "explanation": '{"a":1}'},
        {"match_id": "m2", "side": "source", "id": "3", "allocated": -(2**62), "status": "confirmed"},
        {"match_id": "m1", "side": "source", "id": "1"},
    ]
    left = [{"side": "ledger", "id": "9", "amount_open": 4, "reason": "AMBIGUOUS"}, {"side": "source", "id": "7"}]
    with workspace.write(company) as uow:
        uow.reconciliations.put(reconciliation(company))
        assert uow.reconciliations.last_run("clearing") is None
        uow.reconciliations.save_run(_run(company, 0), first, empty(OPEN_ITEMS))
        uow.reconciliations.save_run(_run(company, 1), rows_of(MATCH_MEMBERS, unsorted), rows_of(OPEN_ITEMS, left))
        members = uow.reconciliations.members("clearing")
        assert list(members.rows()) == list(rows_of(MATCH_MEMBERS, [unsorted[2], unsorted[1], unsorted[0]]).rows())
        assert list(uow.reconciliations.open_items("clearing").rows()) == list(rows_of(OPEN_ITEMS, left[::-1]).rows())
        assert uow.reconciliations.confirmed("clearing") == {("source", "3")}
        assert uow.reconciliations.last_run("clearing") == _run(company, 1)
        uow.commit()
    with workspace.engine.begin() as connection:
        found = connection.exec_driver_sql(f"SELECT count(*) FROM runs WHERE company = '{company}'")
        assert found.scalar_one() == 2


def test_decisions_are_undone_once_and_stay(workspace: SqlWorkspace, company: str):
    made = [
        Decision(
            f"d-{number}",
            company,
            "clearing",
            kind,
            (("ledger", "l"), ("source", "s")),
            "ann",
            later(5 - number),
            "why",
        )
        for number, kind in enumerate(DecisionKind)
    ]
    with workspace.write(company) as uow:
        uow.reconciliations.put(reconciliation(company))
        for decision in made:
            uow.reconciliations.add_decision(decision)
        assert uow.reconciliations.decisions("clearing") == made[::-1]
        uow.reconciliations.undo_decision("d-1", actor="sue", at=later(9))
        assert uow.reconciliations.decisions("clearing") == [made[2], made[0]]
        undone = replace(made[1], undone_at=later(9), undone_by="sue")
        assert uow.reconciliations.decisions("clearing", undone=True) == [made[2], undone, made[0]]
        with pytest.raises(Refused, match="sue has already undone"):
            uow.reconciliations.undo_decision("d-1", actor="ann", at=later(10))
        with pytest.raises(UserError, match="unknown"):
            uow.reconciliations.undo_decision("d-7", actor="ann", at=later(10))


def test_leaving_out_without_a_reason_is_refused_in_words(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        uow.reconciliations.put(reconciliation(company))
        with pytest.raises(Refused, match="leaving a record out needs a reason"):
            uow.reconciliations.add_decision(
                Decision("d", company, "clearing", DecisionKind.EXCLUDE, (("source", "s"),), "ann", NOW)
            )


def test_the_queue(workspace: SqlWorkspace, company: str):
    first = exception(company, "e-1", day=date(2026, 10, 2))
    second = exception(company, "e-2", reconciliation="bank")
    done = exception(company, "e-3", state=ExceptionState.RESOLVED, resolution="matched", resolved_at=later(1))
    with workspace.write(company) as uow:
        uow.exceptions.put([first, second, done])
        assert uow.exceptions.all() == [second, done, first]
        assert uow.exceptions.all(reconciliation="bank") == [second]
        assert uow.exceptions.all(states={ExceptionState.RESOLVED, ExceptionState.SNOOZED}) == [done]
        assert uow.exceptions.count() == 3
        assert uow.exceptions.count(reconciliation="bank", states={ExceptionState.RESOLVED}) == 0
        assert uow.exceptions.count(states={ExceptionState.RESOLVED}) == 1
        taken = replace(first, owner="ann", state=ExceptionState.ASSIGNED)
        uow.exceptions.put([taken])
        assert uow.exceptions.get("e-1") == taken
        for text in ("one", "two"):
            uow.exceptions.add_comment(Comment("e-1", "ann", text, NOW))
        assert [comment.text for comment in uow.exceptions.comments("e-1")] == ["one", "two"]
        assert uow.exceptions.comments("e-2") == []
        with pytest.raises(UserError, match="this exception is unknown"):
            uow.exceptions.add_comment(Comment("e-9", "ann", "lost", NOW))
        with pytest.raises(ValueError, match="another company"):
            uow.exceptions.put([exception("Other")])
        with pytest.raises(Refused, match="says how"):
            uow.exceptions.put([replace(first, state=ExceptionState.RESOLVED)])


def test_people_and_their_roles(workspace: SqlWorkspace, company: str):
    ann = person(company, "ann", Role.ACCOUNTANT, Role.STAFF, limit=500)
    bob = person(company, "bob", active=False)
    with workspace.write(company) as uow:
        uow.people.put(bob, "h0")
        uow.people.put(ann, "h1")
        assert uow.people.all() == [ann, bob]
        promoted = person(company, "ann", Role.SUPERVISOR)
        uow.people.put(promoted, "h2")
        assert uow.people.get("ann") == promoted
        assert uow.people.password_hash("ann") == "h2"
        for ask in (uow.people.get, uow.people.password_hash):
            with pytest.raises(UserError, match="unknown"):
                ask("eve")
        with pytest.raises(ValueError, match="of Other"):
            uow.people.put(person("Other", "eve"), "h")


def test_the_trail_is_a_chain(workspace: SqlWorkspace, company: str, monkeypatch):
    monkeypatch.setattr(repo_trail, "_PAGE", 3)
    made = []
    for number in range(8):
        with workspace.write(company) as uow:
            detail = {"amount": "12.50", "who": "Zoë ✓"}
            made.append(
                uow.trail.append(at=later(number), actor="ann", action="x", subject=f"s{number}", detail=detail)
            )
            uow.commit()
    with workspace.write(company) as uow:
        uow.trail.append(at=NOW, actor="ann", action="lost", subject="", detail={})
    with workspace.read(company) as uow:
        entries = list(uow.trail.entries())
        assert entries == made
        assert chain.verify(uow.trail.entries(), anchor=chain.Head(8, made[-1].digest)) is None
    assert [entry.sequence for entry in entries] == list(range(1, 9))
    assert entries[0].previous == GENESIS


def test_only_text_enters_the_trail(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow, pytest.raises(TypeError, match="amount"):
        uow.trail.append(at=NOW, actor="ann", action="x", subject="", detail={"amount": 12})  # type: ignore[dict-item]


def test_tampering_past_the_triggers_is_found(workspace: SqlWorkspace, company: str):
    """Whoever owns the file can drop a trigger; the chain tells."""
    with workspace.write(company) as uow:
        for number in range(5):
            uow.trail.append(at=NOW, actor="ann", action="x", subject=f"s{number}", detail={"n": str(number)})
        uow.commit()
    with workspace.engine.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        guard = "guard_trail_update"
        text = ""
        if sqlite:
            text = connection.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{guard}'").scalar_one()
        connection.exec_driver_sql(f"DROP TRIGGER {guard}" if sqlite else f"ALTER TABLE trail DISABLE TRIGGER {guard}")
    as_stranger(workspace, "UPDATE trail SET actor = 'eve' WHERE company = ? AND sequence = 3", [company])
    with workspace.engine.begin() as connection:
        connection.exec_driver_sql(text or f"ALTER TABLE trail ENABLE TRIGGER {guard}")
    with workspace.read(company) as uow:
        found = chain.verify(uow.trail.entries())
    assert found == chain.Break(3, "Row 3 was changed after it was written.")
