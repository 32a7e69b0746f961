"""Builds the one-folder application and has it prove itself, as `python3 dev.py package` does.

The proof runs the bundle in an empty environment and folder: it must hold every resource of the checkout, play the
month without a window, and open its window without a display, with its jobs in processes of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BUNDLE = ROOT / "dist" / "awra-desk"
PROGRAM = BUNDLE / ("awra-desk.exe" if os.name == "nt" else "awra-desk")
FEWEST_PICTURES = 20
ORDERS = "150"


def build() -> None:
    """Run PyInstaller over the spec."""
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level=WARN"]
    command += ["--distpath", str(BUNDLE.parent), "--workpath", str(ROOT / "build" / "pyinstaller")]
    subprocess.run([*command, str(ROOT / "packaging" / "pyinstaller.spec")], cwd=ROOT, check=True)


def resources(folder: Path) -> set[str]:
    """Names of all files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def prove_resources() -> str:
    """The bundle holds the checkout's resources, all of them and no other."""
    live = resources(ROOT / "resources" / "ui")
    held = resources(next(BUNDLE.rglob("_resources")) / "ui")
    need(live == held, f"resources differ: {sorted(live ^ held)}")
    return f"{len(held)} resources, as in the checkout"


def prove_month(folder: Path) -> str:
    """The month is played without a window, and explains itself to the cent."""
    done = json.loads(bundle(folder, "demo", "--headless", "--orders", ORDERS, "--out", "month", "--json"))
    left: list[Any] = [result["unexplained"] for result in done["reconciliations"]]
    need(len(left) > 1 and {float(amount) for amount in left} == {0.0}, f"unexplained: {left}")
    return f"the month of {ORDERS} orders, unexplained 0.00 on {len(left)} reconciliations"


def prove_window(folder: Path) -> str:
    """The window opens; people sign in, decide, pull and reconcile in it while pictures are taken."""
    pictures = bundle(folder, "shot", "--orders", ORDERS, "--scheme", "light", "--out", "shots").split()
    need(len(pictures) >= FEWEST_PICTURES, f"only {len(pictures)} pictures of the window")
    return f"the window, {len(pictures)} pictures"


def bundle(folder: Path, *arguments: str) -> str:
    """Run the bundled program as on a machine that knows nothing of this checkout; its output."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP")
    alone = {name: os.environ[name] for name in kept if name in os.environ}
    alone |= {"HOME": str(folder), "QT_QPA_PLATFORM": "offscreen", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, env=alone, check=False, capture_output=True, text=True)
    need(done.returncode == 0, f"awra-desk {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


def need(holds: bool, trouble: str) -> None:  # noqa: FBT001 - reads like assert, which -O would drop
    """Stop with the trouble unless it holds."""
    if not holds:
        sys.exit(f"package: {trouble}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, then prove; say how long each took and how large the folder is."""
    parser = argparse.ArgumentParser(prog="dev.py package", description="Build the one-folder application.")
    parser.add_argument("--prove-only", action="store_true", help="try out the bundle that is there")
    args = parser.parse_args(arguments)
    if not args.prove_only:
        started = time.monotonic()
        build()
        size = sum(path.stat().st_size for path in BUNDLE.rglob("*") if path.is_file() and not path.is_symlink())
        print(f"built {BUNDLE}, {size / 1e6:,.0f} MB, {time.monotonic() - started:.0f} s", flush=True)
    print("holds", prove_resources(), flush=True)
    with TemporaryDirectory() as folder:
        for prove in (prove_month, prove_window):
            started = time.monotonic()
            print(f"ran {prove(Path(folder))}, {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
