"""The dependency rule bites: one forbidden import of each kind, in a copy of the sources, is found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN = {
    "domain/extra.py": "import numpy",
    "domain/upwards.py": "import awra_desk.ports",
    "ports/database.py": "import sqlalchemy",
    "ports/frames.py": "import pandas",
    "ports/http.py": "import httpx",
    "ports/second_sqlite.py": "import sqlite3",
    "ports/secrets.py": "import keyring",
    "ports/sheets.py": "import openpyxl",
    "ports/solver.py": "import scipy",
    "ports/window.py": "import PySide6",
    "ports/writer.py": "import xlsxwriter",
    "helpers/__init__.py": "",
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> tuple[int, str]:
    """Exit code and output of import-linter over the copy."""
    code = f"import sys; sys.path.insert(0, {str(folder / 'src')!r})\n"
    code += "from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, is_debug_mode=False))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_each_kind_of_forbidden_import_is_found(copied: Path):
    for name, text in FORBIDDEN.items():
        target = copied / "src/awra_desk" / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(f'"""A trespasser."""\n\n{text}\n', encoding="utf-8")
    code, output = lint(copied)
    assert code == 1, output
    for name in FORBIDDEN:
        module = "awra_desk." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        assert module in output, f"{module} went unnoticed:\n{output}"
