"""Forms, style sheet, icons and fonts are found in a checkout, an installed copy and a wheel alike."""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.ui import forms, resources
from awra_desk.ui.views.connect_dialog import _Form as ConnectionForm
from awra_desk.ui.views.dialogs import _Form as ReasonForm
from awra_desk.ui.views.mapping_panel import _Form as MappingForm
from awra_desk.ui.views.sign_in import _Form as SignInForm
from awra_desk.ui.views.table_form import Form as TableForm

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_serves_its_live_files():
    assert resources.root() == ROOT / "resources" / "ui"


def test_an_installed_copy_serves_its_own(tmp_path):
    package = tmp_path / "site-packages" / "awra_desk"
    own = package / "_resources" / "ui"
    own.mkdir(parents=True)
    assert resources.locate(package) == own


def test_missing_files_are_said_in_words(tmp_path):
    with pytest.raises(UserError, match="missing"):
        resources.locate(tmp_path / "awra_desk")
    with pytest.raises(UserError, match="no-such-icon"):
        resources.path("icons/no-such-icon.svg")


def test_the_wheel_holds_exactly_these_files(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = "awra_desk/_resources/ui/"
    names = {name.removeprefix(inside) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(inside)}
    live = resources.root()
    assert names == {path.relative_to(live).as_posix() for path in live.rglob("*") if path.is_file()}


def test_a_wheel_and_a_bundle_keep_them_at_the_same_place():
    """What a built bundle holds is proven by `dev.py package`, which takes minutes."""
    place = '"awra_desk/_resources/ui"'
    for name in ("pyproject.toml", "packaging/pyinstaller.spec"):
        assert place in (ROOT / name).read_text("utf-8")


def test_every_form_loads_with_its_binding(qtbot):
    bindings = {"sign_in": SignInForm, "reason": ReasonForm, "connect": ConnectionForm, "mapping": MappingForm,
                "table_mapping": TableForm}  # fmt: skip
    assert {path.stem for path in (resources.root() / "forms").glob("*.ui")} == set(bindings)
    for name, binding in bindings.items():
        qtbot.addWidget(forms.load(name, binding).root)


@dataclass
class _Wrong:
    root: QWidget
    company: QLabel
    leave: QPushButton


def test_a_form_without_a_named_widget_says_which(qtbot):
    with pytest.raises(UserError, match="leave"):
        forms.load("sign_in", _Wrong)
