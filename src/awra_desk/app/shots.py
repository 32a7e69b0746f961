"""`awra-desk shot`: pictures of every screen on real data, in each of its states, light and dark.

Runs without a display, drives the real window through its view models, and waits for what is asked; each picture is a
PNG of 1440 x 900, a dialog's of its own size. It is how the product is looked at, and how a bundle proves its window.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from awra_desk.app.demo import live_month
from awra_desk.app.demo_window import PASSWORD
from awra_desk.app.output import LineProgress
from awra_desk.app.shots_connections import empty_parts
from awra_desk.app.shots_month import month_parts
from awra_desk.app.shots_start import start_parts
from awra_desk.app.shots_studio import shoot

SCHEMES = ("light", "dark", "high_contrast")


def add_parser(commands: Any, name: str) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(name, help="pictures of every screen on a simulated month")
    parser.add_argument("--out", type=Path, default=Path("build/shots"), metavar="DIR", help="where the pictures go")
    parser.add_argument("--orders", type=int, default=2000, help="orders in the month (default 2000)")
    parser.add_argument("--scheme", choices=SCHEMES, action="append", help="default: light and dark")


def run(args: argparse.Namespace) -> int:
    """Make a month, take the pictures, say where they are."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    progress = LineProgress()
    with (
        TemporaryDirectory() as folder,
        live_month(orders=args.orders, seed=1, out=Path(folder), progress=progress, password=PASSWORD) as month,
    ):
        progress.end()
        schemes = args.scheme or SCHEMES[:2]
        taken = shoot(month_parts(month), args.out, schemes)
        taken += shoot(start_parts(month, Path(folder) / "new"), args.out, schemes)
        taken += shoot(empty_parts(month, Path(folder) / "empty"), args.out, schemes)
        print(*taken, sep="\n")
    return 0
