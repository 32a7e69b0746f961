"""`awra-desk match` from end to end: files in, files and exit code out."""

import csv
import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from awra_desk.app import bench_match
from awra_desk.app.cli import main
from awra_desk.files import match_output

HEADER = "id,date,amount,currency,reference,description\n"
LEFT = HEADER + "a,2026-10-05,10.00,USD,INV-1001,\nb,2026-10-05,4847.23,USD,,\n"
RIGHT = HEADER + "x,2026-10-07,10.00,usd,inv 1001,\ny,2026-10-06,4847.23,USD,,\n"


class Desk:
    """Runs the command in a folder and reads what it wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, left: str | bytes | Path, right: str | bytes | Path, config: str | None = None, *more: str
    ) -> int:
        paths = [self._path(name, content) for name, content in (("left.csv", left), ("right.csv", right))]
        words = ["match", *map(str, paths), "--out", str(self.folder / "out.csv"), *more]
        if config is not None:
            (self.folder / "c.toml").write_text(config, encoding="utf-8")
            words += ["--config", str(self.folder / "c.toml")]
        return main(words)

    def _path(self, name: str, content: str | bytes | Path) -> Path:
        if isinstance(content, Path):
            return content
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def rows(self, name: str = "out.csv") -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def unmatched(self) -> list[dict[str, str]]:
        return self.rows("out.unmatched.csv")

    def groups(self, status: str = "confirmed") -> set[frozenset[str]]:
        found: dict[str, set[str]] = {}
        for row in self.rows():
            if row["status"] == status:
                found.setdefault(row["match_id"], set()).add(row["id"])
        return {frozenset(members) for members in found.values()}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_everything_confirmed_is_zero(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk(LEFT, RIGHT) == 0
    assert desk.groups() == {frozenset("ax"), frozenset("by")}
    assert desk.unmatched == []
    assert "Everything is confirmed." in capsys.readouterr().out


def test_the_columns_and_their_words(desk: Desk) -> None:
    desk(LEFT, RIGHT)
    assert list(desk.rows()[0]) == ["match_id", "side", "id", "allocated", "status", "score", "shape", "rule", "why"]
    row = next(row for row in desk.rows() if row["id"] == "a")
    assert (row["side"], row["allocated"], row["score"], row["shape"], row["rule"]) == (
        "left",
        "10.00",
        "1.0",
        "1:1",
        "keys",
    )
    assert all(row["why"] for row in desk.rows())


def test_json_is_one_document(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk(LEFT + "c,2026-10-05,x,USD,,\n", RIGHT, None, "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["confirmed"], document["suggested"], document["invalid"]) == (2, 0, 1)
    assert document["sides"]["left"] == {"rows": 3, "confirmed": 2, "suggested": 0, "unmatched": 0, "invalid": 1}


def test_every_input_row_appears(desk: Desk) -> None:
    left = (
        LEFT + "c,,5,USD,,\n,2026-10-05,7,USD,,\na,2026-10-09,3,USD,,\nd,2026-10-05,bad,USD,,\ne,2026-10-05,5,ZZZ,,\n"
    )
    assert desk(left, RIGHT) == 1
    seen = {(row["side"], row["id"]) for row in [*desk.rows(), *desk.unmatched]}
    assert seen == {("left", name) for name in ("a", "b", "c", "row:4", "a#2", "d", "e")} | {
        ("right", "x"),
        ("right", "y"),
    }
    reasons = {row["id"]: row["reason"] for row in desk.unmatched}
    assert reasons == {
        "c": "MISSING_IN_LEDGER",
        "row:4": "MISSING_IN_LEDGER",
        "a#2": "DUPLICATE_ID",
        "d": "INVALID_ROW",
        "e": "INVALID_ROW",
    }
    assert {row["id"]: row["failed_gate"] for row in desk.unmatched if row["reason"] == "INVALID_ROW"} == {
        "d": "amount",
        "e": "currency",
    }


def test_an_empty_side_is_no_error(desk: Desk) -> None:
    assert desk(HEADER, HEADER) == 0
    assert desk(LEFT, HEADER) == 1
    assert [row["id"] for row in desk.unmatched] == ["a", "b"]


def test_signs_are_for_comparing_and_outputs_keep_the_files_own(desk: Desk) -> None:
    left = HEADER + "p,2026-10-05,-484.72,USD,po_1A2B,\nq,2026-10-05,-3.00,USD,,\n"
    right = HEADER + "d,2026-10-06,484.72,USD,po_1A2B,\n"
    assert desk(left, right, "[sign]\nleft = -1\n") == 1
    assert {row["id"]: row["allocated"] for row in desk.rows()} == {"p": "-484.72", "d": "484.72"}
    assert [(row["id"], row["amount_open"]) for row in desk.unmatched] == [("q", "-3.00")]


def test_one_unnamed_currency(desk: Desk) -> None:
    left, right = "id,amount,reference\na,10,INV-1001\n", "id,amount,reference\nx,10.00,INV-1001\n"
    assert desk(left, right) == 0
    assert desk(left, right.replace("reference", "reference,currency").replace("1001\n", "1001,USD\n")) == 1
    assert desk.rows()[0]["why"].startswith("CURRENCY_MISMATCH")


def test_their_names_debit_and_credit(desk: Desk) -> None:
    config = '[columns.left]\nid = "Receipt No."\nreference = "Receipt No."\ndebit = "Paid In"\ncredit = "Withdrawn"\n'
    left = 'Receipt No.,Paid In,Withdrawn\nSJK12ABCDE,"1,500.00",\nSJK12ABCDF,,200.00\n'
    right = "id,amount,description\nx,1500,MPESA SJK12ABCDE\ny,-200,MPESA SJK12ABCDF\n"
    assert desk(left, right, config + '[amounts]\nthousands = ","\n') == 0


def test_instants_fall_on_days_of_the_zone(desk: Desk) -> None:
    left = HEADER + "a,2026-10-05T22:30:00Z,4847.23,USD,,\n"
    right = HEADER + "x,2026-10-06,4847.23,USD,,\n"
    config = '[dates]\nbefore_days = 0\nafter_days = 0\nzone = "{}"\n'
    assert desk(left, right, config.format("Africa/Nairobi")) == 0
    assert desk(left, right, config.format("UTC")) == 1
    assert desk.unmatched[0]["failed_gate"] == "date"
    assert desk.unmatched[0]["by_how_much"] == "1 day"


def test_partial_shows_the_residual_in_both(desk: Desk) -> None:
    left, right = HEADER + "a,2026-10-05,60,USD,INV-1001,\n", HEADER + "x,2026-10-05,100,USD,INV-1001,\n"
    assert desk(left, right, "[groups]\npartial = true\n") == 1
    assert {row["id"]: row["allocated"] for row in desk.rows()} == {"a": "60.00", "x": "60.00"}
    assert [(row["id"], row["amount_open"], row["reason"]) for row in desk.unmatched] == [("x", "40.00", "PARTIAL")]


def test_explanations_hold_a_waterfall_and_candidates(desk: Desk) -> None:
    assert desk(LEFT + "c,2026-10-05,4847.25,USD,,\n", RIGHT, None, "--explain") == 1
    lines = [json.loads(line) for line in (desk.folder / "out.why.jsonl").read_text("utf-8").splitlines()]
    found = {line["id"]: line for line in lines}
    assert set(found) == {"a", "b", "c", "x", "y"}
    assert found["a"]["waterfall"][-1]["total"] == 1.0
    assert found["c"]["candidates"][0]["id"] == "y"
    assert "right y" in found["c"]["candidates"][0]["remedy"]
    assert {change["side"] for change in found["c"]["candidates"][0]["changes"] if "side" in change} == {"right"}


def test_the_order_of_rows_does_not_matter(desk: Desk) -> None:
    desk(LEFT, RIGHT)
    first = (desk.folder / "out.csv").read_bytes()
    turned = [HEADER + "".join(reversed(text.removeprefix(HEADER).splitlines(keepends=True))) for text in (LEFT, RIGHT)]
    desk(*turned)
    assert (desk.folder / "out.csv").read_bytes() == first


def test_workbook_and_parquet_read_like_csv(desk: Desk, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["id", "date", "amount", "currency", "reference"])
    book.active.append(["a", date(2026, 10, 5), 0.1 + 0.2, "USD", "INV-1001"])
    book.active.append(["b", date(2026, 10, 5), 4847.23, "USD", None])
    book.save(tmp_path / "l.xlsx")
    columns = {
        "id": ["x", "y"],
        "date": [date(2026, 10, 7), date(2026, 10, 6)],
        "amount": pa.array([Decimal("0.30"), Decimal("4847.23")]),
        "currency": ["USD", "USD"],
        "reference": ["INV-1001", None],
    }
    pq.write_table(pa.table(columns), tmp_path / "r.parquet")
    assert desk(tmp_path / "l.xlsx", tmp_path / "r.parquet") == 0


def test_quotes_commas_and_line_breaks_survive(desk: Desk) -> None:
    left = 'id,amount,reference\n"a,""1""\nb",10,INV-1001\n'
    assert desk(left, "id,amount,reference\nx,10,INV-1001\n") == 0
    assert {row["id"] for row in desk.rows()} == {'a,"1"\nb', "x"}


CONFIG_ERRORS: dict[str, tuple[str, str]] = {
    "unknown section": ("[tolerances]\n", "tolerances"),
    "unknown key": ("[dates]\nbefore = 1\n", "dates.before"),
    "unknown pass": ('[passes]\nenable = ["key"]\n', "'key'"),
    "no pass": ("[passes]\nenable = []\n", "no pass"),
    "unknown zone": ('[dates]\nzone = "Mars/Base"\n', "Mars/Base"),
    "negative tolerance": ('[tolerance]\namount = "-0.01"\n', "tolerance.amount"),
    "negative percentage": ('[tolerance]\npercent = "-1"\n', "tolerance.percent"),
    "negative tolerance of a currency": ('[tolerance]\nby_currency = { UGX = "-1" }\n', "UGX"),
    "unknown currency": ('[tolerance]\nby_currency = { QQQ = "1" }\n', "QQQ"),
    "tolerance that is no number": ('[tolerance]\namount = "some"\n', "tolerance.amount"),
    "floor above one": ("[confirm]\nfloor = 1.1\n", "confirm.floor"),
    "margin below zero": ("[confirm]\nmargin = -0.1\n", "confirm.margin"),
    "floor that is no number": ("[confirm]\nfloor = nan\n", "confirm.floor"),
    "negative days": ("[dates]\nafter_days = -1\n", "dates.after_days"),
    "days as text": ('[dates]\nafter_days = "3"\n', "dates.after_days"),
    "sign": ("[sign]\nleft = 2\n", "sign.left"),
    "unknown column": ('[columns.left]\nvalue = "x"\n', "value"),
    "missing column": ('[columns.left]\nreference = "Ref"\n', "'Ref'"),
    "unknown side": ('[columns.middle]\nid = "x"\n', "middle"),
    "amount and debit": ('[columns.left]\namount = "amount"\ndebit = "amount"\n', "amount and debit"),
    "unknown hard column": ('[keys]\nhard = ["colour"]\n', "colour"),
    "unknown rounding": ('[amounts]\nexcess_precision = "up"\n', "excess_precision"),
    "not TOML": ("[dates\n", "TOML"),
    "a table expected": ("dates = 3\n", "dates"),
    "true as a number": ("[groups]\nmax_members = true\n", "max_members"),
}


@pytest.mark.parametrize(("config", "words"), CONFIG_ERRORS.values(), ids=CONFIG_ERRORS)
def test_configuration_errors_name_the_key(
    desk: Desk, capsys: pytest.CaptureFixture[str], config: str, words: str
) -> None:
    assert desk(LEFT, RIGHT, config) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "c.toml" in told or "left.csv" in told
    assert not (desk.folder / "out.csv").exists()


INPUT_ERRORS: dict[str, tuple[bytes, str]] = {
    "zero bytes": (b"", "empty"),
    "not UTF-8": (b"id,amount\na,1\n\xff,2\n", "row 3, column 1"),
    "ragged": (b"id,amount\na,1\nb\n", "row 3"),
    "no id": (b"name,amount\n", "'id'"),
    "no amount": (b"id,total\n", "'amount'"),
}


@pytest.mark.parametrize(("content", "words"), INPUT_ERRORS.values(), ids=INPUT_ERRORS)
def test_unusable_input_names_file_and_place(
    desk: Desk, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    for sides, name in (((content, RIGHT), "left.csv"), ((LEFT, content), "right.csv")):
        assert desk(*sides) == 2
        told = capsys.readouterr().err
        assert words in told
        assert name in told


def test_files_that_are_not_there(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk(desk.folder / "gone.csv", RIGHT) == 2
    assert "gone.csv" in capsys.readouterr().err
    assert main(["match", "a", "b", "--out", str(desk.folder / "no" / "out.csv")]) == 2
    assert (
        main(["match", "a", "b", "--out", str(desk.folder / "out.csv"), "--config", str(desk.folder / "gone.toml")])
        == 2
    )


def test_an_input_is_never_overwritten(desk: Desk) -> None:
    path = desk.folder / "left.csv"
    path.write_text(LEFT)
    assert main(["match", str(path), str(path), "--out", str(path)]) == 2
    assert path.read_text() == LEFT


def test_nor_is_the_configuration(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk(LEFT, RIGHT, "[sign]\nleft = 1\n") == 0
    files = [str(desk.folder / name) for name in ("left.csv", "right.csv", "c.toml")]
    assert main(["match", *files[:2], "--config", files[2], "--out", files[2]]) == 2
    assert (desk.folder / "c.toml").read_text() == "[sign]\nleft = 1\n"
    capsys.readouterr()
    for out, words in (("", "folder"), (str(desk.folder), "folder")):
        assert main(["match", *files[:2], "--out", out]) == 2
        assert words in capsys.readouterr().err


def test_a_device_or_a_pipe_is_not_replaced(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    if sys.platform != "win32":  # there, no file is anything else
        os.mkfifo(desk.folder / "out.csv")
        assert desk(LEFT, RIGHT) == 2
        assert "not a file" in capsys.readouterr().err
        assert (desk.folder / "out.csv").is_fifo()


@pytest.mark.parametrize("config", ['amount = "1e30"', 'percent = "1e30"', 'by_currency = { USD = "1e999999" }'])
def test_a_tolerance_without_end_is_only_a_wide_one(desk: Desk, config: str) -> None:
    left, right = LEFT.replace("10.00", "99999999999999.99"), RIGHT
    assert desk(left, right, f"[tolerance]\n{config}\n") == 0
    assert desk.groups() == {frozenset("ax"), frozenset("by")}


def test_as_a_process(desk: Desk) -> None:
    for name, text in (("l.csv", LEFT), ("r.csv", RIGHT)):
        (desk.folder / name).write_text(text)
    words = [sys.executable, "-m", "awra_desk", "match", "l.csv", "r.csv", "--out", "out.csv", "--json"]
    done: Any = subprocess.run(words, cwd=desk.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["all_confirmed"] is True


def test_what_is_written_a_part_at_a_time_is_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for at_once in (1, 50_000):
        monkeypatch.setattr(match_output, "AT_ONCE", at_once)
        desk(LEFT, RIGHT, "", "--explain")
        written.append([path.read_bytes() for path in sorted(desk.folder.glob("out*"))])
    assert written[0] == written[1] != []


def test_what_is_slow_to_load_and_not_needed_is_not_loaded(tmp_path: Path) -> None:
    rows = "".join(f"r{n},2026-10-05,1{n}.50,KES,{'' if n % 2 else 'ref' + str(n)},text {n}\n" for n in range(40))
    header = "id,date,amount,currency,reference,description\n"
    for name in ("left.csv", "right.csv"):
        (tmp_path / name).write_text(header + rows, encoding="utf-8")
    script = (
        "import sys; from awra_desk.app.cli import main; "
        "code = main(['match', 'left.csv', 'right.csv', '--out', 'o.csv', '--explain']); "
        "slow = sorted({'pandas', 'scipy.linalg'} & sys.modules.keys()); sys.exit(str(slow) if slow else code)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_bench_compares_both_on_the_same_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_match, "ROUNDS", 1)
    found = bench_match.run_match_bench(200)
    assert found["rows"] == 200
    assert found["ratio"] == pytest.approx(found["match_cpu_seconds"] / found["pandas_cpu_seconds"], rel=0.2)
    table = {(line["measure"], line["beside"]): line for line in found["table"]}
    assert table["whole command", "pandas script"]["ratio"] == found["ratio"]
    assert {("key join", "pandas join"), ("tolerance candidates", "numpy floor")} <= table.keys()
    assert all(line["ratio"] == pytest.approx(line["ours"] / line["base"], abs=0.2) for line in found["table"][:3])


PAYBILL = [
    "id,date,amount,currency,reference,kind\na,2026-10-05,1500.00,KES,QJK12AB34C,charge\n",
    "id,date,amount,currency,description\nx,2026-10-06,1500.00,KES,M-PESA receipt-QJK12AB34Cjohn\n",
]  # fmt: skip


def test_rules_in_the_configuration_are_applied_and_named(desk: Desk):
    assert desk(*PAYBILL) == 1
    assert desk.groups() == set()
    assert desk(*PAYBILL, 'rule_sets = ["mpesa-paybill-ledger"]\n') == 0
    assert {row["rule"] for row in desk.rows()} == {"rule:receipt-in-text"}
    assert desk.rows()[0]["why"].endswith(
        "rule receipt-in-text: The ledger line quotes the M-Pesa receipt inside its text"
    )
    own = '[[rules]]\nname = "own"\n[rules.when.source]\nkinds = ["charge"]\n'
    own += "[rules.when.ledger]\ntext = { regex = 'receipt-(?P<receipt>[A-Z0-9]{10})' }\n"
    own += '[rules.key]\nsource = "references"\nledger = "receipt"\n'
    assert desk(*PAYBILL, own) == 1
    assert {(row["rule"], row["status"]) for row in desk.rows()} == {("rule:own", "suggested")}


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ('rule_sets = ["none"]\n', "there is no such rule set"),
        ('[[rules]]\nname = "r"\n', "rule 'r' has no condition"),
        ("[[rules]]\nname = 'r'\n[rules.when.source]\ntext = { regex = '(' }\n", "rules[1].when.source.text.regex"),
    ],
)
def test_rules_that_cannot_be_are_refused_before_anything_is_read(desk: Desk, capsys, config: str, says: str):
    assert desk(*PAYBILL, config) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "c.toml" in told
