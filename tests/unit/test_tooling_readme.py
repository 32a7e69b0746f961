"""The README names what there is: every command, every source with its contract, and no path that is gone."""

import re
from pathlib import Path

from awra_desk.app.bootstrap import CONTRACTS, PROVIDERS, mapping
from awra_desk.app.cli import COMMANDS
from awra_desk.ports.connections import Connection

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Cells of the first table under the heading, without its own two lines."""
    table = re.search(rf"^## {heading}$.*?^(\|.*?)^$", TEXT, re.MULTILINE | re.DOTALL)
    assert table
    return [line.strip("| ").split(" | ") for line in table[1].splitlines()[2:]]


def test_every_command_has_its_row():
    named = [name for cells in rows("Commands") for name in re.findall(r"`(\w+)`", cells[0])]
    assert sorted(named) == sorted(COMMANDS)


def test_every_source_has_its_row_and_the_contract_in_force():
    found = {re.findall(r"`(\w+)`", cells[0])[0]: cells[6] for cells in rows("Sources")}
    assert set(found) == set(PROVIDERS)
    for provider in CONTRACTS:
        version = mapping(Connection("co", "a", provider, "", "UTC")).version
        assert version.startswith(f"{found[provider]}@"), provider


def test_every_path_it_names_is_there():
    named = re.findall(r"`((?:[a-z_]+/)+[\w.*]+\.\w+|tests/[\w/]+)`", TEXT)
    assert len(named) > 50
    gone = [name for name in named if not (list(ROOT.glob(name)) or list(ROOT.glob(f"src/awra_desk/{name}")))]
    assert gone == []
