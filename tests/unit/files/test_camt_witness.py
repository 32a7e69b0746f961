"""Reports and notifications tell of entries before the statement does, and of what is in them; none counts twice."""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from awra_desk.files.camt import camt_files, read_camt
from awra_desk.normalise import interpret, load_contract
from tests.unit.files.bank_sample import (
    FIRST,
    OPENING,
    Cut,
    Move,
    broken,
    connected,
    dimensions,
    expected,
    moves,
    records,
    shown,
    whole,
)
from tests.unit.files.camt_sample import balance, document, entry, statement
from tests.unit.files.camt_witness_sample import plain, told
from tests.unit.files.test_camt import detail

CONTRACTS = Path(__file__).parents[2] / "contracts" / "bank" / "camt"
CONTRACT = load_contract((files("awra_desk.files") / "camt-1.toml").read_text("utf-8"))
KINDS = ("052", "054")
VERSIONS = ("02", "08")

SALE, FEE = Move(FIRST, 250_00, "INV-1001", "B1"), Move(FIRST, -12_00, "FEE", "B2")
MONTH = whole((SALE, FEE))


@cache
def schema(kind, version):
    return etree.XMLSchema(etree.parse(CONTRACTS / f"camt.{kind}.001.{version}.xsd"))


def valid(data, kind, version="02"):
    schema(kind, version).assertValid(etree.fromstring(data))
    return data


class Desk:
    """A folder of files, and what a workspace holds after reading it again and again: the newest version of each."""

    def __init__(self, folder):
        self.folder, self.held = folder, {}

    def put(self, name, data):
        (self.folder / name).write_bytes(data)
        return self

    def read(self):
        self.source = connected(camt_files, self.folder)
        self.held |= {record.external_id: record for record in records(self.source)}
        result = interpret(CONTRACT, list(self.held.values()), company="co", zone="UTC")
        assert result.rejects == []
        return result.table

    @property
    def notices(self):
        return self.source.notices()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_is_valid_and_read(kind, version):
    data = valid(told(kind, entry(SALE, version), plain(FEE, version), version=version), kind, version)
    (one,) = read_camt(Path("x.xml"), data)
    assert (one.witness, one.number) == ({"052": "report", "054": "notification"}[kind], "1")
    assert (one.opening, one.closing, [move.minor for move in one.entries]) == (None, None, [250_00, -12_00])


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("camt05[24]*.xml")), ids=lambda path: path.stem)
def test_published_samples_are_read(path):
    (one,) = read_camt(path, path.read_bytes())
    assert one.witness in ("report", "notification")
    assert [(each.minor, str(each.day), each.problem) for each in one.entries] == [(-200_000_00, "2007-10-18", "")]


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_counts_before_its_statement_and_once_after(desk, kind):
    desk.put("early.xml", valid(told(kind, entry(SALE, "02")), kind))
    table = desk.read()
    assert shown(table) == expected([SALE])
    assert dimensions(table)[0]["witness"] == {"052": "report", "054": "notification"}[kind]
    desk.put("statement.xml", document(statement(MONTH)))
    table = desk.read()
    assert shown(table) == expected([SALE, FEE])
    assert {one.get("witness") for one in dimensions(table)} == {None}
    assert (broken(desk.source), desk.notices) == ([], [])


def test_reports_that_repeat_the_day_and_a_notification_of_the_same_entry_count_once(desk):
    desk.put("a.xml", told("052", plain(SALE)))
    desk.put("b.xml", told("052", plain(SALE), plain(FEE), number="2"))
    desk.put("c.xml", told("054", entry(SALE, "02"), number="7"))
    assert shown(desk.read()) == expected([SALE, replace(FEE, text="")])
    desk.put("d.xml", told("054", entry(SALE, "02"), number="7"))
    desk.read()
    assert desk.notices == ["d.xml holds the same bytes as c.xml; it counts once."]


@pytest.mark.parametrize("keyed", [True, False])
def test_an_entry_that_the_statement_writes_otherwise_counts_once(desk, keyed):
    """The report gives another day and other words, and no id where the statement gives one."""
    early = replace(SALE, text="PENDING CREDIT", key="B1" if keyed else "")
    text = entry(early, "02").replace(f"<Dt>{FIRST}</Dt>", f"<DtTm>{FIRST}T10:15:00+01:00</DtTm>", 1)
    desk.put("report.xml", valid(told("052", text), "052"))
    assert shown(desk.read()) == [(FIRST, 250_00, "PENDING CREDIT")]
    desk.put("statement.xml", document(statement(MONTH)))
    assert shown(desk.read()) == expected([SALE, FEE])
    assert desk.notices == []


def test_pending_entries_of_a_report_move_nothing(desk):
    desk.put("report.xml", told("052", entry(SALE, "02", word="PDNG")))
    assert len(desk.read()) == 0
    desk.put("later.xml", told("052", entry(SALE, "02"), number="2"))
    assert shown(desk.read()) == expected([SALE])
    desk.put("statement.xml", document(statement(MONTH)))
    assert shown(desk.read()) == expected([SALE, FEE])
    assert desk.notices == []


def test_an_entry_that_the_statement_does_not_hold_counts_no_more_and_is_told(desk):
    desk.put("report.xml", told("052", entry(replace(SALE, minor=99_00, key="B7"), "02")))
    assert len(desk.read()) == 1
    desk.put("statement.xml", document(statement(MONTH)))
    assert shown(desk.read()) == expected([SALE, FEE])
    assert desk.notices == [
        "report.xml, entry 1 (B7): the statement of 2026-10-01 does not hold this entry, so it counts no more."
    ]


def test_the_day_after_the_statement_still_counts(desk):
    later = Move(FIRST + timedelta(days=10), 70_00, "LATE", "B9")
    desk.put("statement.xml", document(statement(MONTH)))
    desk.put("report.xml", told("052", entry(later, "02"), entry(FEE, "02")))
    assert shown(desk.read()) == expected([SALE, FEE, later])
    assert broken(desk.source) == []
    assert [(str(one.day), one.minor) for one in desk.source.balances([later.day])] == [
        ("2026-09-30", OPENING),
        ("2026-10-10", OPENING + 238_00),
    ]


def batch(version="02"):
    return detail(100_00, "1001", version) + detail(200_00, "1002", version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("first", ["statement", "notification"])
def test_the_payments_of_a_batch_come_from_its_notification(desk, version, first):
    booked = Move(FIRST, 300_00, "", "B9")
    one = document(statement(whole((booked,)), version, entries=plain(booked, version)), version=version)
    details = f"<NtryDtls>{batch(version)}</NtryDtls>"
    other = valid(told("054", entry(booked, version, details=details), version=version), "054", version)
    files_of = {"statement": ("s.xml", one), "notification": ("n.xml", other)}
    desk.put(*files_of.pop(first)).read()
    ((name, data),) = files_of.values()
    table = desk.put(name, data).read()
    assert table["external_id"].tolist() == ["2026-10-01/B9/300.00:1", "2026-10-01/B9/300.00:2"]
    assert table["amount"].tolist() == [100_00, 200_00]
    assert table["counterparty"].tolist() == ["1001", "1002"]
    assert set(table["batch"]) == {"2026-10-01/B9/300.00"}
    assert {found["details_of"] for found in dimensions(table)} == {"notification 1"}
    assert (broken(desk.source), desk.notices) == ([], [])


def test_a_statement_that_tells_its_payments_keeps_its_own(desk):
    booked = Move(FIRST, 300_00, "", "B9")
    own = f"<NtryDtls>{batch()}</NtryDtls>"
    desk.put("s.xml", document(statement(whole((booked,)), entries=entry(booked, "02", details=own))))
    other = f"<NtryDtls>{batch().replace('1001', '7777')}</NtryDtls>"
    desk.put("n.xml", told("054", entry(booked, "02", details=other)))
    table = desk.read()
    assert table["counterparty"].tolist() == ["1001", "1002"]
    assert all("details_of" not in found for found in dimensions(table))


def test_payments_that_do_not_add_up_are_not_taken(desk):
    booked = Move(FIRST, 301_00, "", "B9")
    desk.put("s.xml", document(statement(whole((booked,)), entries=plain(booked))))
    desk.put("n.xml", told("054", entry(booked, "02", details=f"<NtryDtls>{batch()}</NtryDtls>")))
    table = desk.read()
    assert (table["amount"].tolist(), table["batch"].tolist()) == ([301_00], [""])


def test_of_two_equal_entries_nobody_knows_which_is_meant(desk):
    """They count as the statement has them; the notification's words are not given to either."""
    twins = (Move(FIRST, 50_00, ""), Move(FIRST, 50_00, ""))
    desk.put("s.xml", document(statement(whole(twins), entries="".join(map(plain, twins)))))
    desk.put("n.xml", told("054", entry(replace(twins[0], text="RENT", key="N1"), "02")))
    table = desk.read()
    assert (table["amount"].tolist(), table["description"].tolist()) == ([50_00, 50_00], ["", ""])
    assert desk.notices == []


@given(given_moves=moves, days=st.lists(st.integers(0, 9), min_size=1, max_size=4), keyed=st.booleans())
def test_whatever_witnesses_said_the_statement_has_the_last_word(tmp_path_factory, given_moves, days, keyed):
    folder = tmp_path_factory.mktemp("camt")
    desk = Desk(folder)
    named = [replace(move, key=f"K{at}" if keyed else "") for at, move in enumerate(given_moves)]
    for number, day in enumerate(days):
        own = [entry(move, "02") for move in named if move.day == FIRST + timedelta(days=day)]
        desk.put(f"w{number}.xml", told(KINDS[number % 2], *own, number=str(number)))
        desk.read()
    early = desk.read()
    if keyed:
        told_of = [move for move in named if (move.day - FIRST).days in days]
        assert shown(early) == expected(told_of)
    desk.put("statement.xml", document(statement(whole(tuple(named)))))
    assert shown(desk.read()) == expected(given_moves)
    assert broken(desk.source) == []
    assert not [words for words in desk.notices if "does not hold" in words]


def test_an_entry_of_a_witness_that_cannot_be_read_waits(tmp_path):
    text = entry(SALE, "02").replace("250.00", "25O.00")
    (tmp_path / "report.xml").write_bytes(told("052", text, entry(FEE, "02")))
    source = connected(camt_files, tmp_path)
    result = interpret(CONTRACT, records(source), company="co", zone="UTC")
    assert shown(result.table) == expected([FEE])
    assert len(result.rejects) == 1
    assert source.notices()[0].startswith("report.xml, entry 1 (B1): Amt")


def reported(cut, *entries):
    """A report of whole days, as banks send it that have no camt.053."""
    balances = balance("OPBD", cut.opening, cut.first, "EUR") + balance("CLBD", cut.closing, cut.last, "EUR")
    period = f"<FrToDt><FrDtTm>{cut.first}T00:00:00</FrDtTm><ToDtTm>{cut.last}T23:59:59</ToDtTm></FrToDt>"
    data = told("052", balances, *entries, number=cut.number).decode().replace("<Acct>", f"{period}<Acct>")
    return valid(data.encode(), "052")


def test_a_report_of_whole_days_is_as_good_as_a_statement_where_there_is_none(desk):
    early = replace(SALE, text="CREDIT", key="")
    desk.put("report.xml", reported(MONTH, entry(early, "02"), entry(FEE, "02")))
    assert shown(desk.read()) == expected([early, FEE])
    assert broken(desk.source) == []
    assert [(str(one.day), one.minor) for one in desk.source.balances([])] == [
        ("2026-09-30", OPENING),
        ("2026-10-10", OPENING + 238_00),
    ]
    after = FIRST + timedelta(days=10)
    desk.put("short.xml", reported(Cut("2", after, after, MONTH.closing, (FEE,))))
    desk.read()
    assert broken(desk.source) == ["statement 2, 2026-10-11 to 2026-10-11: closing"]
    (desk.folder / "short.xml").unlink()
    desk.put("statement.xml", document(statement(MONTH)))
    assert shown(desk.read()) == expected([SALE, FEE])
    assert (broken(desk.source), desk.notices) == ([], [])


def test_balances_of_a_moment_prove_nothing(desk):
    text = balance("OPBD", OPENING, FIRST, "EUR") + balance("ITBD", OPENING + 1, FIRST, "EUR")
    desk.put("report.xml", valid(told("052", text, entry(SALE, "02")), "052"))
    assert shown(desk.read()) == expected([SALE])
    assert (broken(desk.source), desk.source.balances([])) == ([], [])


def test_its_own_sums_are_proven(tmp_path):
    sums = "<TxsSummry><TtlNtries><NbOfNtries>3</NbOfNtries><Sum>262.00</Sum></TtlNtries></TxsSummry>"
    data = told("052", sums, entry(SALE, "02"), entry(FEE, "02"))
    (tmp_path / "report.xml").write_bytes(valid(data, "052"))
    assert broken(connected(camt_files, tmp_path)) == ["report 1, 2026-10-01 to 2026-10-01: number of entries"]


def test_a_report_ends_where_the_next_statement_begins(desk):
    """A statement that does not reach the report's day leaves it counted."""
    early = Cut("1", FIRST, FIRST, OPENING, (SALE,))
    late = replace(FEE, day=FIRST + timedelta(days=1))
    desk.put("a.xml", document(statement(early)))
    desk.put("b.xml", told("052", entry(late, "02")))
    assert shown(desk.read()) == expected([SALE, late])
    desk.put("c.xml", document(statement(Cut("2", late.day, late.day, early.closing, (late,)))))
    assert shown(desk.read()) == expected([SALE, late])
    assert (broken(desk.source), desk.notices) == ([], [])
