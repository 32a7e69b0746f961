"""View models are light: nothing heavy is loaded before the first window, and no Qt at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import awra_desk.viewmodels

HEAVY = ("pandas", "pyarrow", "sqlalchemy", "openpyxl", "xlsxwriter", "httpx", "keyring", "scipy", "lap", "PySide6")


def test_importing_every_view_model_loads_nothing_heavy():
    folder = Path(awra_desk.viewmodels.__file__).parent
    names = [f"awra_desk.viewmodels.{path.stem}" for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
    assert len(names) > 15
    code = f"import sys, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
    code += f"print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
