"""`awra-desk bench match`: our match command beside a plain pandas script on the same files, CPU time of whole
processes.
"""

from __future__ import annotations

import csv
import math
import os
import random
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROUNDS = 3
LARGE = 500_000  # rows from which one round must do
SECONDS = {100_000: 5.0, 1_000_000: 60.0}  # rows a side -> CPU of the whole command at most
PLAIN, MATCH, EXPLAIN = "pandas script", "match", "match --explain"
MEGABYTES = 2_000  # of memory at most, up to a million rows a side

# Runs a command of this interpreter in this process and notes the peak of its memory.
_MEASURE = """
import atexit, runpy, sys
def note(path=sys.argv[1]):
    try:
        import resource
        scale = 2**20 if sys.platform == "darwin" else 2**10
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // scale
    except ImportError:
        peak = 0
    open(path, "w", encoding="utf-8").write(str(peak))
atexit.register(note)
if sys.argv[2] == "-m":
    sys.argv = sys.argv[3:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""

# What a careful person would write without us: read, merge on the reference, merge_asof the rest on amount and date,
# write the same rows.
PANDAS_SCRIPT = """
import sys
import pandas as pd

TEXT = {"id": str, "reference": str, "description": str}
SAME = {"status": "confirmed", "score": 1.0, "shape": "1:1"}
left, right = (pd.read_csv(path, dtype=TEXT, keep_default_na=False) for path in sys.argv[1:3])
for side in (left, right):
    side["cents"] = (side["amount"] * 100).round().astype("int64")
    side["day"] = pd.to_datetime(side["date"])
ours, theirs = (side[side["reference"] != ""] for side in (left, right))
keyed = ours.merge(theirs, on=["reference", "currency"], suffixes=("_l", "_r"))
keyed = keyed[keyed["cents_l"] == keyed["cents_r"]]
open_left = left[~left["id"].isin(keyed["id_l"])].sort_values("day")
open_right = right[~right["id"].isin(keyed["id_r"])].sort_values("day")
near = pd.merge_asof(
    open_left, open_right, on="day", by=["currency", "cents"],
    direction="nearest", tolerance=pd.Timedelta(days=3), suffixes=("_l", "_r"),
)
near = near.dropna(subset=["id_r"]).drop_duplicates("id_r")
pairs = pd.concat([
    pd.DataFrame({"l": found["id_l"], "r": found["id_r"], "amount": found["amount_l"], "rule": rule, "why": why})
    for found, rule, why in (
        (keyed, "keys", "reference " + keyed["reference"]), (near, "tolerance", "amount and date"),
    )
], ignore_index=True)
pairs["match_id"] = pairs["l"] + "|" + pairs["r"]
rows = pd.concat([
    pd.DataFrame({"match_id": pairs["match_id"], "side": side, "id": pairs[key], "allocated": pairs["amount"],
                  **SAME, "rule": pairs["rule"], "why": pairs["why"]})
    for side, key in (("left", "l"), ("right", "r"))
])
rows.sort_values(["match_id", "side"]).to_csv(sys.argv[3], index=False, float_format="%.2f")
rest = []
for name, side, key in (("left", left, "l"), ("right", right, "r")):
    alone = side[~side["id"].isin(pairs[key])]
    rest.append(pd.DataFrame({"side": name, "id": alone["id"], "amount_open": alone["amount"], "reason": "MISSING"}))
pd.concat(rest).to_csv(sys.argv[3] + ".unmatched.csv", index=False, float_format="%.2f")
"""


def run_match_bench(rows: int) -> dict[str, Any]:
    """The whole command beside pandas, its growth over one more power of ten, and its inner steps beside pandas, DuckDB
    and numpy. Least CPU seconds of several turns; of whole processes, children and imports are counted.
    """
    small = max(rows // 10, 1000)
    best, memory = _whole(rows, (PLAIN, MATCH, EXPLAIN), ROUNDS if rows < LARGE else 1)
    ours, plain = best[MATCH], best[PLAIN]
    before = _whole(small, (MATCH,), ROUNDS)[0][MATCH]
    growth = math.log(ours / before) / math.log(rows / small)
    even = 1 + math.log(math.log(rows) / math.log(small)) / math.log(rows / small)  # the exponent of n log n
    from awra_desk.app.bench_parts import key_join, measure, tolerance_candidates  # noqa: PLC0415 - after the children

    lines = [measure("whole command", ours, "pandas script", plain, 4.0)]
    if rows in SECONDS:
        lines.append(measure("whole command, seconds", ours, "as agreed", SECONDS[rows], 1.0))
        bar = 1.0 if rows >= LARGE else None  # it was agreed for a million with explanations, for fewer without
        lines.append(measure("the same with --explain", best[EXPLAIN], "as agreed", SECONDS[rows], bar))
    lines.append(measure("peak memory, megabytes", memory, "as agreed", MEGABYTES, 1.0))
    lines.append(measure("growth exponent", growth, f"n log n from {small:,}", even, 1.0))
    return {
        "rows": rows,
        "pandas_cpu_seconds": round(plain, 2),
        "match_cpu_seconds": round(ours, 2),
        "ratio": round(ours / plain, 2),
        "match_peak_megabytes": memory,
        "growth_exponent": round(growth, 2),
        "table": [*lines, *key_join(rows), *tolerance_candidates(rows)],
    }


def _whole(rows: int, wanted: tuple[str, ...], rounds: int) -> tuple[dict[str, float], int]:
    """Least CPU seconds of each of the wanted commands, and our peak memory in megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        left, right = Path(folder, "left.csv"), Path(folder, "right.csv")
        write_sides(left, right, rows)
        script = Path(folder, "plain.py")
        script.write_text(PANDAS_SCRIPT, encoding="utf-8")
        sides, out = (str(left), str(right)), str(Path(folder, "o.csv"))
        match = ["-m", "awra_desk", "match", *sides, "--out", out]
        commands = {PLAIN: [str(script), *sides, out], MATCH: match, EXPLAIN: [*match, "--explain"]}
        best, memory = dict.fromkeys(wanted, float("inf")), 0
        for _ in range(rounds):
            for name in wanted:
                seconds, megabytes = _cost(commands[name], {0} if name == PLAIN else {0, 1})
                best[name] = min(best[name], seconds)
                memory = memory if name == PLAIN else max(memory, megabytes)
    return best, memory


def _cost(command: list[str], fine: set[int]) -> tuple[float, int]:
    """User and system time of this interpreter with these arguments, and its peak memory in megabytes (0 where the
    system does not say).
    """
    before = os.times()
    peak = str(Path(tempfile.gettempdir(), f"peak-{os.getpid()}"))
    wrapped = [sys.executable, "-c", _MEASURE, peak, *command]
    done = subprocess.run(wrapped, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    after = os.times()
    if done.returncode not in fine:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    seconds = after.children_user - before.children_user + after.children_system - before.children_system
    megabytes = int(Path(peak).read_text("utf-8"))
    Path(peak).unlink()
    return seconds, megabytes


def write_sides(left: Path, right: Path, rows: int) -> None:
    """Two files of so many rows: 85 % share a reference, 10 % only amount and date, 5 % are on one side only.
    Deterministic.
    """
    chance = random.Random(rows)  # noqa: S311 - test data
    first = date(2026, 1, 1)
    header = ("id", "date", "amount", "currency", "reference", "description")
    ours, theirs = [], []
    for number in range(rows):
        day = first + timedelta(days=chance.randrange(365))
        cents = max(int(chance.lognormvariate(8.3, 1.0)), 1)
        currency = chance.choice(("USD", "EUR", "KES", "GBP", "NGN"))
        reference = f"ORD-{chance.randrange(10**9):09d}"
        amount = f"{cents // 100}.{cents % 100:02d}"
        ours.append((f"L{number}", day, amount, currency, reference, f"Order {reference}"))
        share = chance.random()
        if share < 0.95:
            later = day + timedelta(days=chance.randrange(3))
            known = share < 0.85
            theirs.append((f"R{number}", later, amount, currency, reference if known else "", "Sale"))
        else:
            other = max(int(chance.lognormvariate(8.3, 1.0)), 1)
            elsewhere = first + timedelta(days=chance.randrange(365))
            theirs.append((f"R{number}", elsewhere, f"{other // 100}.{other % 100:02d}", currency, "", "Sale"))
    chance.shuffle(theirs)
    for path, lines in ((left, ours), (right, theirs)):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *lines])
