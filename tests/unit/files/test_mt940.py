"""An MT940 statement gives each line once, with the bank's own signs and parts, and a line that is broken is named."""

from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import mt940
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mt940.options import Options

from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import parse
from awra_desk.files.mt940 import mt940_files, read_mt940
from awra_desk.normalise import load_contract
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
from tests.unit.files.mt940_sample import document, line, message

SAMPLES = Path(__file__).parents[2] / "contracts" / "bank" / "mt940"
CONTRACT = load_contract((files("awra_desk.files") / "mt940-1.toml").read_text("utf-8"))

SALE, FEE = Move(FIRST, 250_00, "INV-1001", "B1"), Move(FIRST + timedelta(days=2), -12_00, "FEE", "B2")
MONTH = whole((SALE, FEE))
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


def source(path, data: bytes | None = None, name: str = "october.sta", **options):
    if data is not None:
        (path / name).write_bytes(data)
    return connected(mt940_files, path, **options)


@given(
    given_moves=moves, places=st.lists(st.integers(0, 12), max_size=3), currency=st.sampled_from(["EUR", "JPY", "KWD"])
)
def test_what_is_written_is_read(tmp_path_factory, given_moves, places, currency):
    folder = tmp_path_factory.mktemp("mt940")
    for cut in parts(given_moves, places):
        (folder / f"{cut.number}.sta").write_bytes(document(message(cut, currency)))
    of = source(folder)
    result = read(of, CONTRACT)
    assert result.rejects == []
    assert shown(result.table) == expected(given_moves)
    assert set(result.table["currency"].tolist()) == {currency}
    assert broken(of) == []
    assert sure(of) == []
    assert of.balances([])[-1].minor == OPENING + sum(move.minor for move in given_moves)


@given(given_moves=moves, places=st.lists(st.integers(1, 12), min_size=1, max_size=3), apart=st.booleans())
def test_the_parts_of_one_statement_are_one(tmp_path_factory, given_moves, places, apart):
    folder = tmp_path_factory.mktemp("mt940")
    cuts = parts(given_moves, places)
    texts = []
    for at, cut in enumerate(cuts, start=1):
        tags = ("F" if at == 1 else "M") + ("F" if at == len(cuts) else "M")
        texts.append(message(replace(cut, number=f"00007/{at:03d}"), tags=tags))
    for at, text in enumerate(texts if apart else ["".join(texts)], start=1):
        (folder / f"{at}.sta").write_bytes(document(text))
    of = source(folder)
    assert shown(read(of, CONTRACT).table) == expected(given_moves)
    assert broken(of) == []
    assert [total.name for total in of.proofs()] == ["proof: statement 7, 2026-10-01 to 2026-10-10: closing"]
    # A copy of one part changes nothing, and is said.
    (folder / "copy.sta").write_bytes(document(texts[-1]))
    assert len(records(source(folder))) == len(given_moves)
    assert "it counts once" in source(folder).notices()[0]


@given(given_moves=moves, data=st.data())
def test_a_missing_line_is_noticed(tmp_path_factory, given_moves, data):
    at = data.draw(st.integers(0, len(given_moves) - 1))
    kept = given_moves[:at] + given_moves[at + 1 :]
    text = document(message(whole(given_moves), lines="\n".join(map(line, kept))))
    assert broken(source(tmp_path_factory.mktemp("mt940"), text)) == ["statement 1, 2026-10-01 to 2026-10-10: closing"]


STATEMENTS = [
    path.relative_to(SAMPLES).as_posix()
    for path in sorted([*SAMPLES.rglob("*.sta"), *SAMPLES.rglob("*.txt")])
    if b":60F:" in path.read_bytes() and b":62F:" in path.read_bytes() and b"DEM" not in path.read_bytes()
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_library_says_the_same_of_every_published_statement(name):
    path = SAMPLES / name
    asnb = mt940.tags.StatementASNB()
    own = {asnb.id: asnb} if path.parent.name == "ASNB" else None
    theirs = mt940.parse_statements(path, tags=own, options=Options.all())
    ours = read_mt940(path, path.read_bytes())
    for found, statement in zip(theirs, ours, strict=True):
        amounts = [one.data["amount"].amount for one in found.transactions if "amount" in one.data]
        assert [one.minor for one in statement.entries] == [parse(str(one), statement.currency) for one in amounts]
    assert all(not one.problem for statement in ours for one in statement.entries)


def test_the_samples_are_there():
    assert len(STATEMENTS) == 26


def test_a_statement_split_over_two_messages_is_one():
    path = SAMPLES / "jejik" / "postfinance.sta"
    (of,) = connected(mt940_files, path)._files().arranged["statement"].statements
    assert (of.number, of.opening, of.closing, len(of.entries)) == ("999", 0, 159_60, 4)


def test_a_structured_explanation_is_taken_apart():
    of = connected(mt940_files, SAMPLES / "betterplace" / "sepa_snippet.sta", account="50880050/0194787400888")
    rows = read(of, CONTRACT).table
    assert rows["counterparty"].tolist() == ["KARL KAUFMANN", "Quentin Quast", "Karl Kaufmann", ""]
    assert rows["description"].tolist()[0] == "Verw CTSc-01 BC-PPP TFNr 22 004"
    assert rows["references"].tolist()[0].split("\n") == ["EndToEndId TFNR 22 004 00001", "NONREF", "0724710333343453"]
    assert dimensions(rows)[0]["iban"] == "DE14508800500194785000"


@pytest.mark.parametrize(("mark", "sign"), [("C", 1), ("D", -1), ("RC", -1), ("RD", 1)])
def test_a_reversal_goes_the_other_way(tmp_path, mark, sign):
    move = replace(SALE, minor=sign * 250_00)
    of = source(tmp_path, document(message(whole((move,)), lines=line(move, mark=mark))))
    rows = read(of, CONTRACT).table
    assert (rows["amount"].tolist(), broken(of)) == ([sign * 250_00], [])
    assert dimensions(rows)[0]["mark"] == mark


@pytest.mark.parametrize(
    ("value", "entry", "day"),
    [
        ("261230", "0102", date(2027, 1, 2)),
        ("270102", "1230", date(2026, 12, 30)),
        ("260230", "0301", date(2026, 3, 1)),
        ("260230", "", date(2026, 2, 28)),
        ("261001", "    ", date(2026, 10, 1)),
    ],
)
def test_the_entry_date_is_the_one_next_to_the_value_date(tmp_path, value, entry, day):
    cut = Cut("1", date(2026, 1, 1), date(2027, 1, 31), 0, (Move(day, 5_00, "x"),))
    text = f":61:{value}{entry}C5,00NTRFNONREF\n:86:x"
    assert read(source(tmp_path, document(message(cut, lines=text))), CONTRACT).table["booking_date"].tolist() == [day]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_umlauts_are_read_in_either_encoding(tmp_path, encoding):
    move = replace(SALE, text="Müller & Söhne")
    of = source(tmp_path, document(message(whole((move,))), encoding=encoding))
    assert read(of, CONTRACT).table["description"].tolist() == ["Müller & Söhne"]


def test_another_encoding_is_an_option(tmp_path):
    move = replace(SALE, text="Łódź")
    data = document(message(whole((move,))), encoding="cp1250")
    assert read(source(tmp_path, data, encoding="cp1250"), CONTRACT).table["description"].tolist() == ["Łódź"]
    with pytest.raises(UsageError, match="no encoding 'klingon'"):
        source(tmp_path, encoding="klingon")
    with pytest.raises(UsageError, match=r"october\.sta, line \d: byte 0x.. is not ascii"):
        records(source(tmp_path, encoding="ascii"))


@pytest.mark.parametrize(
    ("broken_line", "words"),
    [
        (":61:2610011001X250,00NTRFNONREF", "line 5: :61: '2610011001X250,00NTRFNONREF' is no statement line"),
        (":61:2610011001C25O,00NTRFNONREF", "line 5: :61: '2610011001C25O,00NTRFNONREF' is no statement line"),
        (":61:2613011301C250,00NTRFNONREF", "line 5: :61: '2613011301C250,00NTRFNONREF' has a mark or a date"),
        (":61:2610011001C250,001NTRFNONREF", "line 5: :61: amount '250.001' has more decimals than EUR"),
        (":61:2610011001C2,5,0NTRFNONREF", "line 5: :61: amount '2.5,0' is not a plain decimal"),
    ],
)
def test_a_line_that_cannot_be_read_waits_and_the_rest_goes_on(tmp_path, broken_line, words):
    of = source(tmp_path, document(message(MONTH, lines=f"{broken_line}\n{line(FEE)}")))
    result = read(of, CONTRACT)
    assert shown(result.table) == expected([FEE])
    (reject,) = result.rejects
    assert reject.path in ("amount", "day")
    (notice,) = of.notices()
    assert notice.startswith(f"october.sta, {words}")
    assert notice.endswith("It waits in quarantine; ask the bank for the statement again.")
    assert broken(of) == ["statement 1, 2026-10-01 to 2026-10-10: closing"]


GOOD = message(MONTH)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it holds no statement"),
        ("Date,Amount\n1,2\n", "it holds no statement"),
        (GOOD.replace(":25:COBADEFFXXX/0532013000\n", ""), r"line 1: it names no account \(:25:\)"),
        (GOOD.replace(":60F:C", ":60F:X"), "line 4: its balance 'X260930EUR1000,00' cannot be read"),
        (GOOD.replace("260930EUR", "260931EUR").replace("0931", "0932"), "line 4: its balance .* there is no such day"),
        (GOOD.replace("EUR1000,00", "XEU1000,00"), "line 4: its balance .* currency 'XEU' is not an ISO 4217 code"),
        (GOOD.replace("EUR1238,00", "USD1238,00"), "line 9: it opens in EUR and closes in USD"),
        ("\n".join(one for one in GOOD.split("\n") if ":62F:" not in one), r"it has no closing balance \(:62F:\)"),
        (":20:X\n:25:1\n:28C:1\n:34F:EURD0,00\n:61:2610011001C2,50NTRFNONREF\n", "an interim report"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, text, words):
    with pytest.raises(UsageError, match=words):
        records(source(tmp_path, text.encode()))


def test_published_interim_reports_are_refused():
    for name in ("mBank/mt942.sta", "self-provided/mt942.sta"):
        with pytest.raises(UsageError, match="an interim report"):
            read_mt940(SAMPLES / name, (SAMPLES / name).read_bytes())
