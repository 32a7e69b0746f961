"""`awra-desk bench ui`: the window at a million rows a side, beside bare Qt in the same run.

Each measure is a ratio that must not pass its limit: to a bare window or table where there is one, else to the time a
person would notice. Times are the best of several turns taken alternately, because a machine is never quiet.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from awra_desk.app.bench_bare import BARE_WINDOW, OUR_WINDOW, BarePair
from awra_desk.app.bench_month import COMPANY, made_month, match_made
from awra_desk.app.bootstrap import open_desk
from awra_desk.app.gui import make_application
from awra_desk.app.task_process import Place
from awra_desk.app.tasks import BackgroundRunner
from awra_desk.ui.main_thread import MainThread
from awra_desk.ui.tables.pair import Pair
from awra_desk.ui.theme import LIGHT
from awra_desk.viewmodels.loaded import Loaded, lay_out
from awra_desk.viewmodels.slots import Sort

SIZE = (1368, 640)
FRAMES, TURNS, STARTS = 20, 3, 5
SORTS = (("source", "amount"), ("source", "day"), ("source", "kind"), ("ledger", "amount"))
TYPED = ("0", "00", "004", "0042", "", "k", "ka", "kaf", "", "128.5", "")
TICK = 5  # milliseconds

Measures = dict[str, dict[str, float]]


def run_ui_bench(rows: int) -> Measures:
    """Measure first paint, scrolling, sorting, typing, and the event loop beside a running match.

    Returns:
        measure -> {"ours", "base" (milliseconds), "ratio", "limit"}; `base` is bare Qt's time or the time allowed.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    found = {"first paint": first_paint()}
    app = make_application(LIGHT)
    started = time.perf_counter()
    loaded = lay_out(made_month(rows))
    print(f"ui: {rows:,} rows a side made and laid out in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    pair = shown(loaded)
    found |= scrolling(app, loaded, pair)
    found |= sorting(app, loaded, pair)
    found["filter, a keystroke"] = typing(app, loaded, pair)
    found["event loop while matching"] = matching(app, pair, rows)
    return found


def first_paint() -> dict[str, float]:
    """Processor time from the start of the program to the end of its first paint, beside a bare window's."""
    best = {"ours": float("inf"), "base": float("inf")}
    with tempfile.TemporaryDirectory() as home:
        for _ in range(STARTS):
            for name, script in (("base", BARE_WINDOW), ("ours", OUR_WINDOW)):
                environment = os.environ | {"HOME": home, "XDG_DATA_HOME": home, "TMPDIR": home}
                done = subprocess.run([sys.executable, "-c", script], env=environment, check=True,  # noqa: S603
                                      capture_output=True, text=True)  # fmt: skip
                best[name] = min(best[name], float(done.stdout) * 1000)
    return measured(best["ours"], best["base"], 1.5)


def shown(loaded: Loaded) -> Pair:
    """Both tables with the list, at the size they have in the window."""
    pair = Pair()
    pair.resize(*SIZE)
    pair.show()
    show(pair, loaded)
    return pair


def show(pair: Pair, loaded: Loaded) -> None:
    """As the workbench's view does after each change of order."""
    pair.show_list(loaded.reader, (-1, "", False), lambda _slot, _side: False, keep=True)


def scrolling(app: QApplication, loaded: Loaded, pair: Pair) -> Measures:
    """A frame of both tables, gutter and overview, beside two bare tables joined at their scroll bars."""
    bare = BarePair(loaded.sides, pair)
    bare.resize(*SIZE)
    bare.show()
    ours, theirs = pair.left.verticalScrollBar(), bare.left.verticalScrollBar()
    app.processEvents()
    found = {}
    for name, step in (("scroll a notch", 3), ("scroll a page", 27)):
        turns = [(frame(app, ours.setValue, step), frame(app, theirs.setValue, step)) for _ in range(TURNS)]
        found[name] = measured(min(turn[0] for turn in turns), min(turn[1] for turn in turns), 1.3)
    bare.close()
    return found


def frame(app: QApplication, go: Callable[[int], None], step: int) -> float:
    """Milliseconds of one frame, the median of many, each showing rows that were not shown before."""
    times = []
    for at in range(1, FRAMES + 1):
        started = time.process_time()
        go(at * step)
        app.processEvents()
        times.append((time.process_time() - started) * 1000)
    go(0)
    app.processEvents()
    return statistics.median(times)


def sorting(app: QApplication, loaded: Loaded, pair: Pair) -> Measures:
    """From the click on a header to the painted list: prepared columns, then text that is different in every row."""

    def sort(side: str, column: str) -> None:
        loaded.table.set_sort(Sort(side, column))
        show(pair, loaded)
        app.processEvents()

    prepared = max(milliseconds(partial(sort, side, column)) for side, column in SORTS)
    unique = milliseconds(partial(sort, "source", "reference"))
    sort("", "")
    return {"sort, prepared": measured(prepared, 300, 1), "sort, unique text": measured(unique, 1500, 1)}


def typing(app: QApplication, loaded: Loaded, pair: Pair) -> dict[str, float]:
    """From a keystroke in the filter to the painted list, the slowest of several.

    Both sides are searched at the same time, so a person waits for half of what their processors do.
    """

    def type_text(text: str) -> None:
        loaded.table.set_filter(text)
        show(pair, loaded)
        app.processEvents()

    return measured(max(milliseconds(partial(type_text, text)) for text in TYPED) / 2, 150, 1)


def matching(app: QApplication, pair: Pair, rows: int) -> dict[str, float]:
    """The longest gap between two ticks of the event loop while the rows are matched and the tables scroll."""
    ended: list[Any] = []
    door, gaps = MainThread(), [0.0]
    with tempfile.TemporaryDirectory() as folder:
        workspace = str(Path(folder) / "bench.sqlite")
        with open_desk(workspace, company=COMPANY, create=True):
            pass
        runner = BackgroundRunner(door, Place(workspace, COMPANY, "UTC"))
        last, bar = time.perf_counter(), pair.left.verticalScrollBar()

        def tick() -> None:
            nonlocal last
            now = time.perf_counter()
            gaps.append((now - last) * 1000)
            last = now
            bar.setValue((bar.value() + 1) % 1000)

        timer = QTimer()
        timer.timeout.connect(tick)
        timer.start(TICK)
        runner.start_process(partial(match_made, rows), done=ended.append, failed=ended.append)
        while not ended:
            app.processEvents()
            time.sleep(0.001)
        timer.stop()
        runner.close()
    if isinstance(ended[0], Exception):
        raise ended[0]
    print(f"ui: {ended[0]:,} members matched beside {len(gaps):,} ticks", file=sys.stderr)
    return measured(max(gaps[2:]), 100, 1)


def milliseconds(action: Callable[[], object]) -> float:
    """Processor time over all threads: at least what a person waits on a machine that does nothing else."""
    started = time.process_time()
    action()
    return (time.process_time() - started) * 1000


def measured(ours: float, base: float, limit: float) -> dict[str, Any]:
    """One line of the result."""
    found = {"ours": round(ours, 1), "base": round(base, 1), "ratio": round(ours / base, 2), "limit": limit}
    print(f"ui: {found}", file=sys.stderr)
    return found
