"""Connections, raw records, their interpretation, and what is superseded; nothing vanishes."""

from datetime import UTC, date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awra_desk.domain.entries import Account
from awra_desk.domain.errors import UserError
from awra_desk.domain.records import RawRecord, Reject
from awra_desk.ports import columns
from awra_desk.ports.schemas import TRANSACTIONS
from awra_desk.store import SqlWorkspace, bulk, raw_versions
from tests.store.books import charges, connection, later, raw, rows_of

_SOURCE, _STREAM, _V1 = "stripe", "charges", "stripe.charges@1"


def _pull(workspace: SqlWorkspace, company: str, *records: RawRecord) -> int:
    with workspace.write(company) as uow:
        new = uow.records.append(records)
        uow.commit()
    return new


def _interpret(workspace: SqlWorkspace, company: str, contract: str = _V1, **same: object) -> int:
    """Everything that waits; returns how many it was."""
    with workspace.write(company) as uow:
        waiting = uow.records.pending(_SOURCE, _STREAM, contract, 1_000)
        uow.records.put_transactions(waiting, contract, charges(company, waiting, contract, **same), [])
        uow.commit()
    return len(waiting)


def test_records_are_counted_by_external_id_not_by_version(workspace: SqlWorkspace, company: str):
    _pull(workspace, company, raw("ch_1", "a"), raw("ch_1", "b"), raw("ch_2", "a"))
    with workspace.read(company) as uow:
        assert uow.records.known(_SOURCE, _STREAM) == 2
        assert uow.records.known(_SOURCE, "payouts") == uow.records.known("other", _STREAM) == 0
        assert uow.records.ids(_SOURCE, _STREAM) == ["ch_ch_1", "ch_ch_2"]
        assert uow.records.ids(_SOURCE, "payouts") == uow.records.ids("other", _STREAM) == []


def test_what_is_held_of_each_stream_and_how_far_it_was_pulled(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        uow.connections.put(connection(company))
        uow.connections.save_cursor("books", "payouts", "p7")
        uow.connections.save_cursor("books", "charges", "c9")
        uow.records.append([raw(1, "a"), raw(1, "b", minutes=5), raw(2, "a")])
        uow.commit()
    with workspace.read(company) as uow:
        (held,) = uow.records.held(_SOURCE)
        assert (held.stream, held.records, held.newest) == (_STREAM, 2, later(5))
        assert uow.records.held("other") == []
        assert list(uow.connections.cursors("books").items()) == [("charges", "c9"), ("payouts", "p7")]
        assert uow.connections.cursors(_SOURCE) == {}


def _reject(record: RawRecord, contract: str = _V1) -> Reject:
    return Reject(
        record.raw_id, record.source, record.stream, record.external_id, contract, "amount", "x", "It is no number."
    )


def test_connection_round_trip_and_replacement(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        uow.connections.put(connection(company))
        uow.connections.put(connection(company, "alpha"))
        again = connection(company)
        uow.connections.put(again)
        uow.commit()
    with workspace.read(company) as uow:
        assert uow.connections.get("books") == again
        assert [each.name for each in uow.connections.all()] == ["alpha", "books"]
        with pytest.raises(UserError, match="this connection is unknown"):
            uow.connections.get("nowhere")


def test_a_connection_of_another_company_is_a_defect(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow, pytest.raises(ValueError, match="of Other"):
        uow.connections.put(connection("Other"))


def test_cursor_and_accounts(workspace: SqlWorkspace, company: str):
    first = Account("35", "1100", "Clearing", "asset", "USD", active=True)
    second = Account("60", "5000", "Fees", "expense", "", active=False)
    with workspace.write(company) as uow:
        uow.connections.put(connection(company))
        assert uow.connections.cursor("books", "journal") is None
        uow.connections.save_cursor("books", "journal", "c1")
        uow.connections.save_cursor("books", "journal", "c2")
        uow.connections.put_accounts("books", [second, first])
        assert uow.connections.accounts("books") == [first, second]
        uow.connections.put_accounts("books", [first])
        assert uow.connections.accounts("books") == [first]
        assert uow.connections.cursor("books", "journal") == "c2"


def test_append_keeps_each_version_once(workspace: SqlWorkspace, company: str):
    one, two = raw(1), raw(2)
    changed = raw(1, '{"v":2}', minutes=5)
    assert _pull(workspace, company, one, two, one) == 2
    assert _pull(workspace, company, one, changed) == 1
    assert _pull(workspace, company) == 0
    with workspace.read(company) as uow:
        assert uow.records.get(changed.raw_id) == changed
        assert uow.records.counts(_SOURCE) == {"raw": 3, "transactions": 0, "quarantined": 0, "superseded": 0}
        assert uow.records.streams(_SOURCE) == [_STREAM]
        assert uow.records.streams("other") == []
        with pytest.raises(UserError, match="unknown"):
            uow.records.get("nothing")


def test_pending_is_the_newest_version_by_raw_id(workspace: SqlWorkspace, company: str):
    changed = raw(1, '{"v":2}', minutes=5)
    _pull(workspace, company, raw(3), raw(1), raw(2), changed, raw(9, stream="refunds"))
    with workspace.read(company) as uow:
        assert uow.records.pending(_SOURCE, _STREAM, _V1, 10) == [changed, raw(2), raw(3)]
        assert uow.records.pending(_SOURCE, _STREAM, _V1, 2) == [changed, raw(2)]


def test_an_older_version_that_arrives_late_does_not_hold(workspace: SqlWorkspace, company: str):
    newest = raw(1, '{"v":3}', minutes=9)
    assert _pull(workspace, company, newest) == 1
    assert _pull(workspace, company, raw(1, '{"v":2}', minutes=5)) == 1
    with workspace.read(company) as uow:
        assert uow.records.pending(_SOURCE, _STREAM, _V1, 10) == [newest]


def test_a_version_that_comes_back_holds_again(workspace: SqlWorkspace, company: str):
    """A, B, A: the third pull stores nothing new, yet the books must say A."""
    for number, payload in enumerate(['{"v":1}', '{"v":2}', '{"v":1}']):
        new = _pull(workspace, company, raw(1, payload, minutes=number))
        assert new == (1 if number < 2 else 0)
        assert _interpret(workspace, company) == 1
    with workspace.read(company) as uow:
        table = uow.records.transactions(_SOURCE)
        assert table["raw_id"].tolist() == [raw(1, '{"v":1}').raw_id]
        assert uow.records.counts(_SOURCE) == {"raw": 2, "transactions": 1, "quarantined": 0, "superseded": 2}


def test_a_version_that_was_never_interpreted_still_supersedes(workspace: SqlWorkspace, company: str):
    _pull(workspace, company, raw(1, '{"v":1}'))
    _interpret(workspace, company)
    _pull(workspace, company, raw(1, '{"v":2}', minutes=1))
    _pull(workspace, company, raw(1, '{"v":3}', minutes=2))
    assert _interpret(workspace, company) == 1
    with workspace.read(company) as uow:
        assert uow.records.transactions(_SOURCE)["raw_id"].tolist() == [raw(1, '{"v":3}').raw_id]
        assert uow.records.counts(_SOURCE)["superseded"] == 1


def test_a_newer_version_between_reading_and_writing_is_interpreted_next(workspace: SqlWorkspace, company: str):
    old, new = raw(1), raw(1, '{"v":2}', minutes=1)
    _pull(workspace, company, old)
    with workspace.read(company) as uow:
        waiting = uow.records.pending(_SOURCE, _STREAM, _V1, 10)
    _pull(workspace, company, new)
    with workspace.write(company) as uow:
        uow.records.put_transactions(waiting, _V1, charges(company, waiting), [])
        uow.commit()
    with workspace.read(company) as uow:
        assert uow.records.pending(_SOURCE, _STREAM, _V1, 10) == [new]
    _interpret(workspace, company)
    with workspace.read(company) as uow:
        assert uow.records.transactions(_SOURCE)["raw_id"].tolist() == [new.raw_id]
        assert uow.records.counts(_SOURCE)["superseded"] == 1


def test_a_new_contract_makes_everything_wait_again(workspace: SqlWorkspace, company: str):
    records = [raw(number) for number in range(4)]
    _pull(workspace, company, *records)
    with workspace.write(company) as uow:
        uow.records.put_transactions(records, _V1, charges(company, records[:2]), [_reject(records[2])])
        uow.commit()  # the fourth gave neither: that, too, is interpreted
    with workspace.read(company) as uow:
        assert uow.records.pending(_SOURCE, _STREAM, _V1, 10) == []
        assert uow.records.pending(_SOURCE, _STREAM, "v2", 10) == records
    with workspace.write(company) as uow:
        uow.records.put_transactions(records[:1], "v2", charges(company, records[:1], "v2"), [])
        assert uow.records.pending(_SOURCE, _STREAM, "v2", 10) == records[1:]
        uow.commit()
    assert _interpret(workspace, company, "v2") == 3
    with workspace.read(company) as uow:
        assert uow.records.transactions(_SOURCE)["contract"].tolist() == ["v2"] * 4
        assert uow.records.rejects() == []
        assert uow.records.counts(_SOURCE) == {"raw": 4, "transactions": 4, "quarantined": 0, "superseded": 2}


def test_interpreting_the_same_again_replaces_it(workspace: SqlWorkspace, company: str):
    record = raw(1)
    _pull(workspace, company, record)
    _interpret(workspace, company)
    with workspace.write(company) as uow:
        uow.records.put_transactions([record], _V1, charges(company, [record], amount=7), [])
        uow.commit()
    with workspace.read(company) as uow:
        assert uow.records.transactions(_SOURCE)["amount"].tolist() == [7]
        assert uow.records.counts(_SOURCE)["superseded"] == 1


def test_quarantine_names_place_and_value_and_is_left_when_mended(workspace: SqlWorkspace, company: str):
    good, bad = raw(1), raw(2, '{"amount":"x"}')
    _pull(workspace, company, good, bad)
    two = [_reject(bad), Reject(bad.raw_id, _SOURCE, _STREAM, "ch_2", _V1, "currency", "ZZZ", "It is no currency.")]
    with workspace.write(company) as uow:
        uow.records.put_transactions([good, bad], _V1, charges(company, [good]), two)
        assert uow.records.rejects(_SOURCE) == two
        assert uow.records.rejects("other") == []
        assert uow.records.counts(_SOURCE)["quarantined"] == 1
        uow.commit()
    _pull(workspace, company, raw(2, '{"amount":5}', minutes=1))
    _interpret(workspace, company)
    with workspace.read(company) as uow:
        assert uow.records.rejects() == []
        assert uow.records.counts(_SOURCE) == {"raw": 3, "transactions": 2, "quarantined": 0, "superseded": 0}


def test_several_transactions_of_one_record_go_together(workspace: SqlWorkspace, company: str):
    record, changed = raw(1), raw(1, '{"v":2}', minutes=1)
    _pull(workspace, company, record)
    three = columns.concat(
        [charges(company, [record], id=f"t{number}", external_id=f"ch_1:{number}") for number in range(3)]
    )
    with workspace.write(company) as uow:
        uow.records.put_transactions([record], _V1, three, [])
        uow.commit()
    _pull(workspace, company, changed)
    with workspace.write(company) as uow:
        uow.records.put_transactions([changed], _V1, charges(company, [changed], id="t1"), [])
        assert uow.records.transactions(_SOURCE)["id"].tolist() == ["t1"]
        assert uow.records.counts(_SOURCE)["superseded"] == 3


def test_rows_that_come_from_nothing_interpreted_are_a_defect(workspace: SqlWorkspace, company: str):
    one, two = raw(1), raw(2)
    _pull(workspace, company, one, two)
    with workspace.write(company) as uow:
        with pytest.raises(ValueError, match="not among the interpreted"):
            uow.records.put_transactions([one], _V1, charges(company, [two]), [])
        with pytest.raises(ValueError, match="not among the interpreted"):
            uow.records.put_transactions([one], _V1, columns.empty(TRANSACTIONS), [_reject(two)])
        with pytest.raises(ValueError, match="another company"):
            uow.records.put_transactions([one], _V1, charges("Other", [one]), [])


def test_transactions_by_stream_account_and_id(workspace: SqlWorkspace, company: str):
    records = [raw(number, stream=stream) for number in range(3) for stream in ("charges", "refunds", "fees")]
    _pull(workspace, company, *records, raw(1, source="other"))
    with workspace.write(company) as uow:
        for number, record in enumerate(records):
            row = charges(company, [record], account=f"a{number % 2}")
            uow.records.put_transactions([record], _V1, row, [])
        uow.commit()
    with workspace.read(company) as uow:
        everything = uow.records.transactions(_SOURCE)["id"].tolist()
        assert everything == sorted(everything)
        assert len(everything) == 9
        assert len(uow.records.transactions(_SOURCE, ["fees", "charges"])) == 6
        assert len(uow.records.transactions(_SOURCE, ["fees"], account="a0")) == 2
        assert len(uow.records.transactions(_SOURCE, account="a1")) == 4
        assert uow.records.transactions(_SOURCE, ids=everything[3:5])["id"].tolist() == everything[3:5]
        assert len(uow.records.transactions(_SOURCE, ids=[])) == 0
        none = uow.records.transactions("nowhere")
        assert none.names == tuple(TRANSACTIONS)
        assert [none[name].dtype for name in none.names] == _dtypes()


def _dtypes() -> list[np.dtype]:
    blank = columns.empty(TRANSACTIONS)
    return [blank[name].dtype for name in TRANSACTIONS]


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
_ROWS = st.fixed_dictionaries(
    {
        "amount": st.integers(-(2**63), 2**63 - 1),
        "description": _TEXTS,
        "references": _TEXTS,
        "currency": st.sampled_from(["USD", "KES", ""]),
        "occurred_at": st.none() | st.datetimes(timezones=st.just(UTC)),
        "booking_date": st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    }
)
_turns = iter(range(1, 1_000_000))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(_ROWS, max_size=9))
def test_a_table_comes_back_exactly(workspace: SqlWorkspace, company: str, rows: list[dict], monkeypatch):
    """Over chunk borders, with extreme amounts, any text, absent days and instants to the microsecond."""
    monkeypatch.setattr(bulk, "CHUNK", 4)
    turn = next(_turns)
    record = raw(f"{turn}", f'{{"turn":{turn}}}', source=f"s{turn}")
    whole = [
        {
            **row,
            "id": f"{turn}/{number}",
            "company": company,
            "source": f"s{turn}",
            "stream": _STREAM,
            "raw_id": record.raw_id,
        }
        for number, row in enumerate(rows)
    ]
    given_table = rows_of(TRANSACTIONS, whole)
    with workspace.write(company) as uow:
        uow.records.append([record])
        uow.records.put_transactions([record], _V1, given_table, [])
        uow.commit()
    with workspace.read(company) as uow:
        read = uow.records.transactions(f"s{turn}")
    assert list(read.rows()) == list(given_table.rows())
    assert [read[name].dtype for name in read.names] == _dtypes()


def test_companies_never_see_each_other(workspace: SqlWorkspace, company: str):
    other = f"{company} Ltd"
    workspace.add_company(other, at=later(0))
    _pull(workspace, company, raw(1))
    _pull(workspace, other, raw(1), raw(2))
    _interpret(workspace, other)
    with workspace.read(company) as uow:
        assert uow.records.counts(_SOURCE) == {"raw": 1, "transactions": 0, "quarantined": 0, "superseded": 0}
    with workspace.read(other) as uow:
        assert uow.records.counts(_SOURCE) == {"raw": 2, "transactions": 2, "quarantined": 0, "superseded": 0}


def test_every_version_is_given_to_who_verifies(workspace: SqlWorkspace, company: str, monkeypatch):
    """Over pages: each version once, by id; only what holds and was interpreted says so."""
    monkeypatch.setattr(raw_versions, "_PAGE", 2)
    _pull(workspace, company, *map(raw, range(5)))
    _interpret(workspace, company)
    _pull(workspace, company, raw(1, "[]", minutes=1), raw(9))
    with workspace.read(company) as uow:
        given = list(uow.records.versions(_SOURCE))
        assert list(uow.records.versions("another")) == []
    assert [raw_id for raw_id, _, _ in given] == sorted(record.raw_id for _, _, record in given)
    held = sorted(record.external_id for _, holds, record in given if holds)
    assert (len(given), held) == (7, ["ch_0", "ch_2", "ch_3", "ch_4"])


def test_records_are_looked_up_by_text_or_amount_never_by_a_pattern(workspace: SqlWorkspace, company: str):
    _pull(workspace, company, raw("ch_one", "a"), raw("ch_two", "b"))
    _interpret(workspace, company)
    with workspace.read(company) as uow:
        amount = int(uow.records.transactions(_SOURCE)["amount"][0])

        def found(text: str, amounts: dict[str, int] | None = None, limit: int = 9) -> list[str]:
            return uow.records.holding(text, amounts or {}, limit)["external_id"].tolist()

        assert found("CH_CH_ONE") == ["ch_ch_one"]
        assert found("ch_ch_two") == ["ch_ch_two"]
        assert sorted(found("ch_")) == ["ch_ch_one", "ch_ch_two"]
        assert len(found("ch_", limit=1)) == 1
        assert found("ch%o") == found("ch_t_o") == []
        assert found("nothing", {"USD": amount}) == ["ch_ch_one"]
        assert found("nothing", {"KES": amount}) == found("nothing", {"USD": amount + 2}) == []
