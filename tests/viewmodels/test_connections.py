"""The connections' screen without Qt: list, evidence, test, ladder, drift, reading again, removing credentials."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from awra_desk.app.bootstrap import ACCESS
from awra_desk.app.connecting import DeskConnecting
from awra_desk.domain.errors import UserError
from awra_desk.domain.ladder import Rung
from awra_desk.domain.people import Person, Role
from awra_desk.ports.connections import Connection, Standing, TransportError
from awra_desk.services.people import add_person
from awra_desk.services.setup import put_connection
from awra_desk.system.secrets import MemorySecrets
from awra_desk.viewmodels.connection_rows import cursor_words
from awra_desk.viewmodels.connections import Connections
from awra_desk.viewmodels.session import Session
from tests.unit.services.conftest import NAME, PASSWORD, new_scene
from tests.unit.services.doubles import row
from tests.unit.services.test_renormalise import as_refund, changed
from tests.viewmodels.doubles import HeldRunner, ImmediateRunner, ScriptedAsker, writer


@pytest.fixture
def scene(tmp_path):
    with new_scene(tmp_path) as made:
        yield made


def signed_in(desk, runner=None):
    session = Session(desk, runner or ImmediateRunner(desk), ScriptedAsker(), writer=writer)
    session.sign_in("amina", PASSWORD)
    return session


def opened(desk, name):
    model = Connections(signed_in(desk))
    model.go_to(name)
    return model


def command(model, name):
    return dict(model.state.commands)[name]


def checks(model):
    return {check.name: check for check in model.state.shown.checks}


def test_nothing_connected_says_what_to_do(scene, tmp_path):
    desk = replace(scene.desk, company="other")
    desk.workspace.add_company("other", at=desk.now())
    add_person(desk, Person("other", "amina", "Amina", frozenset({Role.ACCOUNTANT}), "USD", None), PASSWORD, by="x")
    desk = replace(desk, connecting=DeskConnecting(MemorySecrets(), desk.clock, None, ACCESS))
    model = Connections(signed_in(desk))
    assert model.state.empty.command == "connect"
    assert command(model, "connect").enabled
    assert command(model, "test").reason == "Select a connection."


def test_the_list_says_the_worst_of_each_in_a_word(scene):
    model = Connections(signed_in(scene.desk))
    assert [(row.name, row.glyph, row.state, row.rung) for row in model.state.rows] == [
        ("books", "–", "never pulled", "Writes"),
        ("shop", "–", "never pulled", "Read-only"),
    ]
    model.session.pull()
    assert {row.state for row in model.state.rows} == {"up to date"}
    scene.source.opening += 125
    scene.source.rows += [row("ch_9a", 2_000, reference="ch_9a", kind="levy")]
    model.session.pull()
    states = {row.name: (row.glyph, row.tone, row.state) for row in model.state.rows}
    assert states["shop"] == ("≠", "danger", "1 control total off")
    scene.desk.clock.at += timedelta(days=2)
    model.reload()
    assert {row.name: row.state for row in model.state.rows}["books"] == "not pulled for a day"


def test_a_test_is_asked_of_the_provider_and_its_answer_stays(scene):
    scene.pull()
    scene.pull()
    model = opened(scene.desk, "shop")
    assert model.state.shown.tested == "Not tested in this session"
    assert checks(model)["Connection"].glyph == "–"
    model.test()
    assert model.state.shown.tested_tone == "ok"
    assert checks(model)["Connection"].words == "It answers and reports 1 balances."
    model.go_to("books")
    model.go_to("shop")
    assert model.state.shown.tested.startswith("✓ Answered")
    assert not model.state.testing


def test_a_system_that_does_not_answer_is_told_in_the_list_too(scene, monkeypatch):
    scene.pull()

    def away(days):
        raise TransportError("nobody listens", kind="unavailable", remedy="Check its address.")

    monkeypatch.setattr(scene.source, "balances", away)
    model = opened(scene.desk, "shop")
    model.test()
    assert model.session.asker.news[-1][0] == "shop did not answer: nobody listens."
    assert {row.name: row.state for row in model.state.rows}["shop"] == "does not answer"
    assert checks(model)["Connection"].words == "Nobody listens. Check its address."


def test_a_cancelled_test_changes_nothing(scene):
    model = opened(scene.desk, "shop")
    model.session.jobs._runner.cancel_next = True
    model.test()
    assert model.session.asker.news[-1][0] == "Test stopped. Nothing was changed there."
    assert not model.state.testing
    assert model.state.shown.tested == "Not tested in this session"


def test_while_it_is_tested_no_second_test_begins(scene):
    runner = HeldRunner(scene.desk)
    session = Session(scene.desk, runner, ScriptedAsker(), writer=writer)
    session.sign_in("amina", PASSWORD)
    for _ in range(4):
        runner.let_go()
    model = Connections(session)
    for _ in range(3):
        runner.let_go()
    model.test()
    assert model.state.testing == model.state.rows[model.state.cursor].name
    assert command(model, "test").reason == "A test is under way."
    runner.let_go()
    assert not model.state.testing


def test_a_rung_opens_only_when_its_checks_hold(scene):
    model = opened(scene.desk, "shop")
    assert command(model, "climb").reason.startswith("Needs first: freshness, control totals, replay")
    scene.pull()
    scene.pull()
    model.reload()
    (now, following, last) = (model.state.shown.ladder[at] for at in (0, 1, 4))
    assert (now.state, following.ready, following.words) == ("now", True, "Opens after a test")
    assert (last.state, last.words) == ("ahead", "Needs steady pulls")
    model.session.asker.answers = [False, True]
    model.climb()
    assert model.state.shown.ladder[1].state == "ahead"
    model.climb()
    assert model.session.asker.questions[-1] == ("Open the rung “staged writes (dry run)” for shop?", "Open it")
    assert (model.state.shown.ladder[1].state, model.current().rung) == ("now", Rung.STAGED)
    assert model.state.shown.ladder[1].since.startswith("Since ")


def test_stepping_down_needs_a_reason_and_has_an_end(scene):
    model = opened(scene.desk, "books")
    with pytest.raises(UserError, match="needs a reason"):
        model.descend(" ")
    for _ in range(2):
        model.descend("the mapping is in doubt")
    assert model.current().rung == Rung.READ_ONLY
    assert command(model, "descend").reason == "It is on the first rung."
    assert scene.trail()[-1].detail["reason"] == "the mapping is in doubt"


def test_once_there_is_an_owner_only_they_move_it(scene):
    add_person(scene.desk, Person("co", "neema", "Neema", frozenset({Role.OWNER}), "USD", None), PASSWORD, by="x")
    model = opened(scene.desk, "books")
    assert command(model, "descend").reason == "It takes an integration owner."
    with pytest.raises(UserError, match="integration owner"):
        model.descend("x")
    model.session.sign_in("neema", PASSWORD)
    assert command(model, "descend").enabled


def test_a_break_shows_by_how_much_and_leads_to_its_exception(scene):
    scene.source.opening += 125
    scene.pull()
    scene.reconcile()
    shown = opened(scene.desk, "shop").state.shown
    (proof,) = shown.proofs
    assert (proof.until, proof.what, proof.off) == ("30 Sep – now", NAME, "−1.25")
    assert proof.exception_id
    assert shown.totals_note.startswith("≠ 1 of ")
    assert shown.totals[0].exception_id == proof.exception_id
    assert shown.pulls[0].words == f"does not agree: {NAME}: source balance"


def test_drift_names_the_books_and_is_acknowledged_with_a_note(scene):
    scene.pull()
    scene.source.rows += [row("ch_9a", 2_000, reference="ch_9a", kind="levy", loyalty=3)]
    scene.pull()
    model = opened(scene.desk, "shop")
    first, second = model.state.shown.drifts
    assert (first.place, first.what, first.books) == ("balance: kind", "new word", NAME)
    assert not second.read
    with pytest.raises(UserError, match="needs a note"):
        model.acknowledge(first.drift_id, "")
    model.acknowledge(first.drift_id, "the county's new levy")
    assert [drift.drift_id for drift in model.state.shown.drifts] == [second.drift_id]


def test_reading_again_shows_the_differences_first_and_then_applies_them(scene):
    scene.pull()
    scene.reconcile()
    desk = changed(scene, as_refund)
    model = opened(desk, "shop")
    assert model.state.shown.stale
    assert command(model, "apply").reason == "Nothing becomes different."
    model.rereading.compare()
    state = model.rereading.state
    assert (state.name, state.summary, state.refused) == ("shop", "4 changed.", "")
    assert [(r.what, r.field, r.now, r.then) for r in state.rows] == [("changed", "kind", "charge", "adjustment")] * 4
    assert command(model, "apply").enabled
    model.session.asker.answers = [False, True]
    model.rereading.apply()
    assert model.rereading.state == state
    model.rereading.apply()
    assert model.session.asker.news[-1][0] == "Read again with scripted-2: 4 changed."
    assert model.rereading.state.name == ""
    assert not model.state.shown.stale
    assert scene.trail()[-1].action == "records.renormalise"


def test_what_reads_the_same_is_said_and_another_connection_puts_it_away(scene):
    scene.pull()
    model = opened(scene.desk, "shop")
    model.rereading.compare()
    assert model.session.asker.news[-1][0] == "Everything of shop is read with the contract in force."
    model = opened(changed(scene, as_refund), "shop")
    model.rereading.compare()
    model.go_to("books")
    assert model.rereading.state.name == ""


def test_the_budget_and_the_scopes_are_those_that_processes_share(scene):
    facts = Standing(
        asked=("read", "list"), granted="read write", reads_alone=False, limits="8 a second, 20 at once", at_once=20,
        free=15, used_today=40, left_today=60, retries_left=0, stopped_until=scene.desk.now() + timedelta(hours=3),
        skew=-2.4,
    )  # fmt: skip
    desk = replace(scene.desk, standing=lambda connection: facts)
    shown = opened(desk, "shop").state.shown
    meters = {meter.label: (meter.value, meter.share, meter.tone) for meter in shown.meters}
    assert meters["Used of what may go at once"] == ("5 of 20", 0.25, "")
    assert meters["Requests in 24 hours"] == ("40 of 100", 0.4, "")
    assert meters["Retries left, 5 minutes"] == ("0", None, "warning")
    assert meters["Left alone until"][2] == "danger"
    assert meters["Provider's clock"][0] == "2 s behind"
    assert [(scope.scope, scope.words) for scope in shown.scopes] == [
        ("read", "granted"), ("list", "not granted"), ("write", "granted, not asked for"),
    ]  # fmt: skip
    assert "ladder keeps it from writing" in shown.scopes_note
    assert checks(opened(desk, "shop"))["Scopes"].tone == "danger"


def test_pulling_one_pulls_that_one_also_before_any_take_on(scene):
    model = opened(scene.desk, "shop")
    model.pull()
    assert model.session.asker.news[-1][0] == "Pulled 7 new records from 1 source."
    assert {row.name: row.state for row in model.state.rows}["books"] == "never pulled"
    assert model.state.shown.pulls[0].who == "amina"


def test_removing_credentials_asks_and_says_what_is_left(scene):
    keys = MemorySecrets()
    desk = replace(scene.desk, connecting=DeskConnecting(keys, scene.desk.clock, None, ACCESS))
    cards = Connection("co", "Cards", "stripe", "https://api.stripe.com", "UTC")
    keys.put(cards.secret_name, '{"api_key": "rk_live_1"}')
    put_connection(desk, cards, by="engine")
    model = opened(desk, "Cards")
    assert not model.state.shown.lost_secret
    model.session.asker.answers = [False, True]
    model.forget()
    assert keys.get(cards.secret_name)
    model.forget()
    assert keys.get(cards.secret_name) is None
    assert model.state.shown.lost_secret
    assert command(model, "forget").reason == "The keyring holds none."
    assert ("Credentials", "× none, enter them", "danger") in model.state.shown.facts


def test_an_unreadable_connection_is_told_in_its_place(scene):
    put_connection(scene.desk, Connection("co", "odd", "declared", "https://x.test", "UTC"), by="engine")
    from awra_desk.app.bootstrap import mapping

    model = opened(replace(scene.desk, mapping=mapping), "odd")
    assert model.state.unread.what == "the connection has no declared file"
    assert model.state.shown is None


def test_a_cursor_is_told_by_what_it_holds():

    assert cursor_words('{"began": null, "last": null, "page": 0, "since": "2026-11-03"}') == "since 2026-11-03"
    assert [cursor_words(text) for text in ("", "7", "row 9", '{"since": null}')] == ["", "7", "row 9", ""]
