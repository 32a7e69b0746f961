"""A camt.053 statement gives each entry once, proves itself, and is read without what an attacker may put into it."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from awra_desk.domain.errors import UsageError
from awra_desk.files.camt import camt_files, read_camt
from awra_desk.normalise import load_contract
from awra_desk.ports.connections import Noticing, SelfProving
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
    parts,
    read,
    records,
    shown,
    sure,
    whole,
)
from tests.unit.files.camt_sample import amount, document, entry, sign, statement

CONTRACTS = Path(__file__).parents[2] / "contracts" / "bank" / "camt"
CONTRACT = load_contract((files("awra_desk.files") / "camt-1.toml").read_text("utf-8"))
VERSIONS = ("02", "08")

SALE, FEE = Move(FIRST, 250_00, "INV-1001", "B1"), Move(FIRST + timedelta(days=2), -12_00, "FEE", "B2")
MONTH = whole((SALE, FEE))


@cache
def schema(version: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(CONTRACTS / f"camt.053.001.{version}.xsd"))


def valid(data: bytes, version: str) -> bytes:
    schema(version).assertValid(etree.fromstring(data))
    return data


def source(path, data: bytes | None = None, name: str = "october.xml", **options):
    if data is not None:
        (path / name).write_bytes(data)
    return connected(camt_files, path, **options)


def one(tmp_path, *entries: str, cut: Cut = MONTH, version: str = "02"):
    """The source over one statement of these entries."""
    return source(
        tmp_path, valid(document(statement(cut, version, entries="".join(entries)), version=version), version)
    )


@pytest.mark.parametrize("version", VERSIONS)
@given(
    given_moves=moves, places=st.lists(st.integers(0, 12), max_size=3), currency=st.sampled_from(["EUR", "JPY", "KWD"])
)
def test_what_is_written_is_read(tmp_path_factory, version, given_moves, places, currency):
    folder = tmp_path_factory.mktemp("camt")
    for cut in parts(given_moves, places):
        text = document(statement(cut, version, currency), version=version)
        (folder / f"{cut.number}.xml").write_bytes(valid(text, version))
    of = source(folder)
    result = read(of, CONTRACT)
    assert result.rejects == []
    assert shown(result.table) == expected(given_moves)
    assert set(result.table["currency"].tolist()) == {currency}
    assert broken(of) == []
    assert sure(of) == []
    closing = OPENING + sum(move.minor for move in given_moves)
    assert of.balances([])[-1].minor == closing


@pytest.mark.parametrize("version", VERSIONS)
@given(given_moves=moves, data=st.data())
def test_a_missing_entry_is_noticed(tmp_path_factory, version, given_moves, data):
    at = data.draw(st.integers(0, len(given_moves) - 1))
    kept = given_moves[:at] + given_moves[at + 1 :]
    text = document(
        statement(whole(given_moves), version, entries="".join(entry(move, version) for move in kept)), version=version
    )
    assert broken(source(tmp_path_factory.mktemp("camt"), text)) == ["statement 1, 2026-10-01 to 2026-10-10: closing"]


def test_its_own_counts_and_sums_are_proven(tmp_path):
    whole_text = document(statement(MONTH))
    assert broken(source(tmp_path, whole_text)) == []
    changed = whole_text.replace(b"<NbOfNtries>2<", b"<NbOfNtries>3<").replace(b"<Sum>12.00<", b"<Sum>11.00<")
    named = "statement 1, 2026-10-01 to 2026-10-10: "
    assert broken(source(tmp_path, changed)) == [f"{named}number of entries", f"{named}sum of debits"]


def test_balances_at_the_ends_and_in_between(tmp_path):
    of = source(tmp_path, document(statement(MONTH)))
    assert isinstance(of, SelfProving)
    assert isinstance(of, Noticing)
    assert {str(one.day): one.minor for one in of.balances([date(2026, 10, 2), date(2026, 12, 1)])} == {
        "2026-09-30": 1_000_00, "2026-10-02": 1_250_00, "2026-10-10": 1_238_00,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["all-balance-types", "five.decimals", "multi.statement", "with-account-name"])
def test_published_samples_are_read(name):
    path = CONTRACTS / f"camt053.v2.{name}.xml"
    found = read_camt(path, valid(path.read_bytes(), "02"))
    assert next(entry.minor for one in found for entry in one.entries) == 885
    if name == "five.decimals":
        assert (found[0].opening, found[0].closing) == (1815, 2705)
    if name == "multi.statement":
        assert [(one.number, one.moved()) for one in found] == [("12312", 885), ("254EURNL26VAYB8060476890", -700)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("camt053.v2.wrong.xml", "it holds no statement"),
        ("camt053.v2.minimal.xml", "its balance CLBD is in SEK, the account in EUR"),
        ("camt053.v8.xml", r"statement 1 \(253EURNL26VAYB8060476890\): its balance OPBD is in EUR"),
    ],
)
def test_published_samples_that_contradict_themselves_are_named(name, words):
    with pytest.raises(UsageError, match=words):
        read_camt(CONTRACTS / name, (CONTRACTS / name).read_bytes())


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x SYSTEM "file:///etc/hostname">'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (document(statement(MONTH), head=BOMB), "it declares a document type or entities"),
        (document(statement(MONTH), head=OUTSIDE), "it declares a document type or entities"),
        (document(statement(MONTH))[:-30], r"october.xml, line 1, column \d+: it is not sound XML"),
        (b"", "it is not sound XML: no element found"),
        (b"Date,Amount\n", "line 1, column 1: it is not sound XML"),
        (document(statement(MONTH)).replace(b'encoding="UTF-8"', b'encoding="KLINGON"'), "it is not"),
        (document(statement(MONTH)).replace(b"CRDT</CdtDbtInd><Dt>", b"X</CdtDbtInd><Dt>"), "OPBD has no CdtDbtInd"),
        (document(statement(MONTH)).replace(b'Ccy="EUR">1000.00', b'Ccy="EUR">1.000,00'), "its Bal cannot be read"),
        (document(), "it holds no statement"),
        (document().replace(b"camt.053", b"camt.060"), "notification .054.: its namespace is urn:.*:camt.060.001.02"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_place(tmp_path, data, words):
    with pytest.raises(UsageError, match=words):
        records(source(tmp_path, data))


def test_a_broken_file_does_not_stop_the_others(tmp_path):
    source(tmp_path, b"<Document", "broken.xml")
    of = source(tmp_path, document(statement(MONTH)))
    assert len(records(of)) == 2
    assert broken(of) == ["file broken.xml is read"]
    assert "broken.xml, line 1, column" in of.notices()[0]
    (tmp_path / "broken.xml").unlink()
    assert broken(of) == []
    assert of.notices() == []


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('Ccy="EUR">250.00', 'Ccy="EUR">25O.00', "entry.Amt.value", "Amt: amount '25O.00' is not a plain decimal"),
        (
            'Ccy="EUR">250.00',
            'Ccy="EUR">250.001',
            "entry.Amt.value",
            "Amt: amount '250.001' has more decimals than EUR",
        ),
        ('Ccy="EUR">250.00', 'Ccy="GBP">250.00', "entry.Amt.Ccy", "Amt is in GBP, the account in EUR"),
        ("CRDT</CdtDbtInd><Sts>", "C</CdtDbtInd><Sts>", "direction", "CdtDbtInd is 'C', neither CRDT nor DBIT"),
        ("<Sts>BOOK", "<Sts>DONE", "direction", "Sts is 'DONE'"),
    ],
)
def test_an_entry_that_cannot_be_read_waits_and_the_rest_goes_on(tmp_path, old, new, path, words):
    text = statement(MONTH).replace(entry(SALE, "02"), entry(SALE, "02").replace(old, new))
    of = source(tmp_path, document(text))
    result = read(of, CONTRACT)
    assert shown(result.table) == expected([FEE])
    assert [reject.path for reject in result.rejects] == [path]
    (notice,) = of.notices()
    assert notice.startswith(f"october.xml, entry 1 (B1): {words}")
    assert "quarantine" in notice
    assert "statement 1, 2026-10-01 to 2026-10-10: closing" in broken(of)


def test_pending_entries_move_nothing_until_they_are_booked(tmp_path):
    of = one(tmp_path, entry(SALE, "02", word="PDNG"), entry(FEE, "02"), cut=whole((FEE,)))
    result = read(of, CONTRACT)
    assert (shown(result.table), len(result.evidence), broken(of)) == (expected([FEE]), 1, [])
    later = Cut("2", date(2026, 10, 11), date(2026, 10, 12), OPENING - 12_00, (replace(SALE, day=date(2026, 10, 11)),))
    of = source(tmp_path, document(statement(later)), "later.xml")
    assert shown(read(of, CONTRACT).table) == expected([FEE, *later.moves])
    assert broken(of) == []


def detail(minor: int, name: str, version: str, *, inside: str = "") -> str:
    party = f"<Pty><Nm>{name}</Nm></Pty>" if version == "08" else f"<Nm>{name}</Nm>"
    amounts = f"<AmtDtls><TxAmt>{amount(minor, 'EUR')}</TxAmt></AmtDtls>"
    if version == "08":
        amounts = f"{amount(minor, 'EUR')}{sign(minor)}"
    return (
        f"<TxDtls><Refs><EndToEndId>E2E-{name}</EndToEndId></Refs>{amounts}{inside}"
        f"<RltdPties><Dbtr>{party}</Dbtr><Cdtr>{party.replace(name, 'US')}</Cdtr></RltdPties>"
        f"<RmtInf><Ustrd>Invoice INV-{name}</Ustrd></RmtInf></TxDtls>"
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_batch_is_split_where_its_details_tell_all_of_it(tmp_path, version):
    batch = Move(FIRST, 300_00, "", "B9")
    both = detail(100_00, "1001", version) + detail(200_00, "1002", version)
    of = one(
        tmp_path, entry(batch, version, details=f"<NtryDtls>{both}</NtryDtls>"), cut=whole((batch,)), version=version
    )
    rows = read(of, CONTRACT).table
    assert rows["external_id"].tolist() == ["2026-10-01/B9/300.00:1", "2026-10-01/B9/300.00:2"]
    assert rows["amount"].tolist() == [100_00, 200_00]
    assert set(rows["batch"]) == {"2026-10-01/B9/300.00"}
    assert rows["counterparty"].tolist() == ["1001", "1002"]
    assert rows["references"].tolist()[0].split("\n") == ["E2E-1001", "B9", "INV-1001"]
    assert broken(of) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("second", [199_00, None])
def test_a_batch_whose_details_do_not_add_up_stays_whole(tmp_path, version, second):
    batch = Move(FIRST, 300_00, "", "B9")
    other = detail(second or 200_00, "1002", version)
    if second is None:  # one of them in another currency
        other = other.replace("EUR", "USD")
    text = f"<NtryDtls>{detail(100_00, '1001', version)}{other}</NtryDtls>"
    of = one(tmp_path, entry(batch, version, details=text), cut=whole((batch,)), version=version)
    rows = read(of, CONTRACT).table
    assert (rows["amount"].tolist(), rows["batch"].tolist()) == ([300_00], [""])
    assert rows["references"].tolist()[0].split("\n")[:3] == ["B9", "E2E-1001", "E2E-1002"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_reversal_keeps_its_direction_and_names_the_other_end(tmp_path, version):
    back = Move(FIRST, -100_00, "", "B7")
    text = entry(back, version, details=f"<NtryDtls>{detail(-100_00, 'BUYER', version)}</NtryDtls>")
    text = text.replace("</CdtDbtInd><Sts>", "</CdtDbtInd><RvslInd>true</RvslInd><Sts>", 1)
    rows = read(one(tmp_path, text, cut=whole((back,)), version=version), CONTRACT).table
    assert (rows["amount"].tolist(), rows["counterparty"].tolist()) == ([-100_00], ["BUYER"])
    assert dimensions(rows)[0]["reversal"] == "true"


@pytest.mark.parametrize("version", VERSIONS)
def test_charges_are_what_the_bank_kept(tmp_path, version):
    record = f"{amount(-1_50, 'EUR')}{sign(-1_50)}"
    charges = f"<Chrgs>{record}</Chrgs>" if version == "02" else f"<Chrgs><Rcrd>{record}</Rcrd></Chrgs>"
    rows = read(
        one(tmp_path, entry(SALE, version, inside=charges), cut=whole((SALE,)), version=version), CONTRACT
    ).table
    assert (rows["amount"].tolist(), rows["fee"].tolist()) == ([250_00], [1_50])


def test_the_pages_of_one_statement_hold_together(tmp_path):
    def page(number: int, cut: Cut, opening: str, closing: str) -> bytes:
        last = "true" if number == 2 else "false"
        pagination = f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>"
        text = statement(cut, "08").replace("<ElctrncSeqNb>", f"{pagination}<ElctrncSeqNb>")
        text = text.replace("OPBD", opening).replace("CLBD", closing)
        return valid(document(text, version="08"), "08")

    first = Cut("5", FIRST, FIRST, OPENING, (SALE, replace(SALE, key="")))
    second = Cut("5", FIRST, FIRST, first.closing, (replace(SALE, key=""),))
    source(tmp_path, page(1, first, "OPBD", "ITBD"), "b.xml")
    of = source(tmp_path, page(2, second, "ITBD", "CLBD"), "a.xml")
    assert read(of, CONTRACT).table["amount"].tolist() == [250_00] * 3
    assert broken(of) == []
    assert of.notices() == []
    assert [(str(one.day), one.minor) for one in of.balances([])] == [("2026-09-30", 100_000), ("2026-10-01", 175_000)]


def test_the_same_files_give_nothing_again_and_a_new_one_all(tmp_path):
    of = source(tmp_path, document(statement(MONTH)))
    cursor = list(of.pages("statement", None))[-1].cursor
    assert list(of.pages("statement", cursor)) == []
    next_month = Cut("2", date(2026, 10, 11), date(2026, 10, 12), MONTH.closing, ())
    of = source(tmp_path, document(statement(next_month)), "later.xml")
    assert len(records(of, cursor)) == 2
    source(tmp_path, document(statement(MONTH), version="08"), "again.xml")
    assert [record.raw_id for record in records(of)] == [record.raw_id for record in records(source(tmp_path))]
    with pytest.raises(UsageError, match="no stream 'payouts'"):
        next(of.pages("payouts", None))


def test_an_empty_folder_and_a_missing_file_say_what_to_do(tmp_path):
    with pytest.raises(UsageError, match=r"holds no file that ends with \.xml"):
        records(source(tmp_path))
    with pytest.raises(UsageError, match="the file is not there"):
        records(source(tmp_path / "october.xml"))
