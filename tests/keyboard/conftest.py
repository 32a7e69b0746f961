"""A real screen: Xvfb, a window manager and typed keys. Where these programs are missing, the tests are left out."""

import shutil

import pytest

TOOLS = ("Xvfb", "xdotool", "openbox")


def pytest_collection_modifyitems(config, items):
    """`dev.py test` installs the programs where it may; elsewhere the tests are named as left out."""
    missing = [name for name in TOOLS if shutil.which(name) is None]
    needy = [item for item in items if item.get_closest_marker("keyboard")]
    if missing and needy:
        config.hook.pytest_deselected(items=needy)
        items[:] = [item for item in items if item not in set(needy)]
        config.stash[_MISSING] = missing


def pytest_terminal_summary(terminalreporter, config):
    """Say it where it cannot be overlooked."""
    if missing := config.stash.get(_MISSING, []):
        terminalreporter.section(f"keyboard run left out: {', '.join(missing)} missing", yellow=True)


_MISSING = pytest.StashKey[list]()
