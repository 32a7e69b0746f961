"""Starting: what the first paint may import, the second start, the sign-in page."""

import os
import subprocess
import sys

import pytest

from awra_desk.app.single import SingleInstance, called_first
from awra_desk.ui.views.sign_in import SignIn

HEAVY = ("pandas", "sqlalchemy", "openpyxl", "httpx", "keyring", "pyarrow", "scipy")
FIRST_PAINT = f"""
import argparse, os, sys
from awra_desk.app import desktop_command, gui
def painted(desktop):
    assert not desktop.window.grab().isNull()
    print([name for name in {HEAVY!r} if name in sys.modules], flush=True)
    os._exit(0)
gui.Desktop.open = painted  # which the first paint calls
desktop_command.run(argparse.Namespace(window=""))
"""


def test_the_first_paint_imports_nothing_heavy(tmp_path):
    alone = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT], check=True, capture_output=True, text=True, env=os.environ | alone
    )
    assert done.stdout.strip() == "[]"


def test_a_second_start_finds_the_first_window(qtbot, tmp_path):
    calls = []
    first, second = SingleInstance(str(tmp_path)), SingleInstance(str(tmp_path))
    assert (first.is_first, second.is_first) == (True, False)
    first.listen(lambda: calls.append(1))
    assert second.call_first()
    qtbot.waitUntil(lambda: calls == [1])
    assert called_first(str(tmp_path))
    qtbot.waitUntil(lambda: calls == [1, 1])
    assert not called_first(str(tmp_path / "another"))
    first.close()
    third = SingleInstance(str(tmp_path))
    assert third.is_first
    third.close()


def test_two_workspaces_open_two_windows(tmp_path):
    one, other = SingleInstance(str(tmp_path / "a")), SingleInstance(str(tmp_path / "b"))
    assert one.is_first
    assert other.is_first
    one.close()
    other.close()


def test_signing_in_waits_for_the_workspace_and_forgets_the_password(qtbot):
    page = SignIn()
    qtbot.addWidget(page.widget)
    page.form.name.setText("amina")
    page.form.password.setText("secret words")
    with qtbot.assertNotEmitted(page.asked):
        page.form.password.returnPressed.emit()
    page.set_ready(company="Kilimani", hint="")
    with qtbot.waitSignal(page.asked) as asked:
        page.form.password.returnPressed.emit()
    assert asked.args == ["amina", "secret words"]
    assert not page.form.password.text()
    with qtbot.assertNotEmitted(page.asked):
        page.form.enter.click()
    assert "password" in page.form.message.text()


@pytest.mark.parametrize("display", [True, False])
def test_without_a_display_the_program_says_so(monkeypatch, capsys, display):
    from awra_desk.app import cli, desktop_command

    monkeypatch.setattr(desktop_command, "has_display", lambda: display)
    monkeypatch.setattr("awra_desk.app.gui.run_workspace", lambda _workspace: 0)
    assert cli.main([]) == (0 if display else 2)
    assert ("no display" in capsys.readouterr().err) is not display


def test_a_workspace_without_people_says_so(qtbot, tmp_path):
    from functools import partial

    from awra_desk.app.bootstrap import open_desk
    from awra_desk.app.gui import NOBODY, Desktop
    from awra_desk.system.secrets import MemorySecrets

    path = str(tmp_path / "new.sqlite")
    desktop = Desktop(
        partial(open_desk, path, company="Kilimani", secrets=MemorySecrets(), create=True), workspace=path
    )
    qtbot.addWidget(desktop.window)
    hooks = sys.excepthook
    desktop.show()
    form = desktop.window.sign_in.form
    qtbot.waitUntil(lambda: form.hint.text() == NOBODY, timeout=30_000)
    assert form.company.text() == "Kilimani"
    desktop.window.close()
    sys.excepthook = hooks


def test_after_a_mistake_the_keyboard_stays_with_the_password(qtbot):
    page = SignIn()
    qtbot.addWidget(page.widget)
    page.set_ready(company="Kilimani", hint="")
    page.widget.show()
    page.widget.activateWindow()
    qtbot.waitUntil(page.widget.isActiveWindow)
    page.form.name.setText("amina")
    page.form.enter.setFocus()
    page.show_busy(busy=True)
    page.show_busy(busy=False)
    assert page.form.password.hasFocus()


def test_the_desktop_opens_the_workspace_that_is_named(monkeypatch, capsys):
    from awra_desk.app import cli, desktop_command

    opened = []
    monkeypatch.setattr(desktop_command, "has_display", lambda: True)
    monkeypatch.setattr("awra_desk.app.gui.run_workspace", lambda workspace: opened.append(workspace) or 0)
    assert cli.main(["--workspace", "books.sqlite"]) == 0
    assert opened == ["books.sqlite"]
    with pytest.raises(SystemExit):
        cli.main(["--workspace", "books.sqlite", "pull"])
    assert "behind the command" in capsys.readouterr().err
