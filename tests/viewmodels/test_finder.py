"""Finding a record in any reconciliation."""

from awra_desk.services.look_up import MOST, look_up
from awra_desk.viewmodels.finder import Finder


def some_charge(desk):
    with desk.read() as uow:
        spec = uow.reconciliations.get("Stripe balance")
        rows = uow.records.transactions(spec.source.source, spec.source.streams)
    at = next(at for at, kind in enumerate(rows["kind"]) if kind == "charge" and rows["currency"][at] == "USD")
    return {name: rows[name][at] for name in ("id", "external_id", "amount", "currency", "counterparty", "references")}


def test_the_record_whose_id_was_typed_comes_first_in_any_case(desk):
    charge = some_charge(desk)
    for text in (charge["external_id"], charge["external_id"].upper(), f" {charge['external_id']} "):
        assert look_up(desk, text)[0].member == ("source", charge["id"])
    assert look_up(desk, charge["external_id"][-9:-1])


def test_a_record_is_found_by_its_amount_whatever_its_sign(desk):
    charge = some_charge(desk)
    units, cents = divmod(abs(int(charge["amount"])), 100)
    for text in (f"{units}.{cents:02}", f"-{units:,}.{cents:02}"):
        found = look_up(desk, text)
        assert found
        assert {abs(record.minor) for record in found} == {abs(int(charge["amount"]))}


def test_what_says_nothing_finds_nothing(desk):
    assert [look_up(desk, text) for text in ("", " ", "x", "%%", "no such thing", "9e99")] == [[]] * 6


def test_it_stops_at_the_most_it_shows(desk):
    assert len(look_up(desk, "ch_")) == MOST


def test_only_the_last_question_is_answered(session, desk):
    charge, answers = some_charge(desk), []
    held = []
    session.jobs.quietly = lambda _lane, work, done: held.append((work, done))
    finder = Finder(session)
    finder.ask("ch_", answers.append)
    finder.ask(charge["external_id"], answers.append)
    for work, done in held:
        done(work())
    assert len(answers) == 1
    assert answers[0][0].reconciliation
    assert f"charge {int(charge['amount']) / 100:,.2f} {charge['currency']}" in answers[0][0].text
