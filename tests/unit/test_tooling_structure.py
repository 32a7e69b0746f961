"""Files and functions stay small, and a newcomer finds the two commands. Also run by `dev.py check`."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 500
LONGEST_FUNCTION = 60
LONGEST_DEV = 250


def sources() -> list[Path]:
    """Our own Python files."""
    return sorted([*ROOT.glob("*.py"), *ROOT.glob("src/**/*.py"), *ROOT.glob("tests/**/*.py")])


def test_the_listing_sees_the_product_and_its_tests():
    names = {path.relative_to(ROOT).as_posix() for path in sources()}
    assert {"dev.py", "src/awra_desk/__init__.py", "tests/conftest.py"} <= names


def test_no_file_is_too_long():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}
    assert lengths["dev.py"] <= LONGEST_DEV


def long_functions(text: str) -> dict[str, int]:
    """Name and length of every function over the limit, docstring and all."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    lengths = {f"{node.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1 for node in found}
    return {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION}


def test_no_function_is_too_long():
    found = {str(path.relative_to(ROOT)): long_functions(path.read_text(encoding="utf-8")) for path in sources()}
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_the_function_rule_counts_to_the_last_line():
    def body(lines: int) -> str:
        return "def f():\n" + "    x = 1\n" * (lines - 1)

    assert long_functions(body(LONGEST_FUNCTION)) == {}
    assert long_functions(body(LONGEST_FUNCTION + 1)) == {"f:1": LONGEST_FUNCTION + 1}


def test_the_readme_names_the_two_commands():
    text = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("README.md"))
    assert not text or {"python3 dev.py demo", "python3 dev.py test"} <= set(text.replace("`", "\n").splitlines())
