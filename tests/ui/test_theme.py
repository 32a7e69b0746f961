"""What the design language promises, computed from `tokens.json`, and that no colour lives elsewhere."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QRawFont

from awra_desk.ui import fonts, icons, keymap, resources
from awra_desk.ui.theme import Theme, look, tokens
from awra_desk.viewmodels.exception_rows import SEVERITIES
from awra_desk.viewmodels.states import STATES
from awra_desk.viewmodels.write_view import TONES

UI = Path(fonts.__file__).parent
TINTS = ("state.changed", "state.only_source", "state.only_ledger", "state.conflict", "bg.surface")
GROUNDS = ("bg.window", "bg.band", "bg.surface", "bg.sunken", "bg.raised", "row.hover", "row.selected")
INKS = ("text.primary", "text.secondary", "text.muted", "accent", "danger", "warning", "info")
# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
SEEN_BY = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
SMALLEST = {"light": 15.0, "dark": 18.0, "high_contrast": 15.0}


def linear(code):
    rgb = np.array([int(code[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                    [0.0193339, 0.1191920, 0.9503041]]) @ rgb / np.array([0.95047, 1.0, 1.08883])  # fmt: skip
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one, other):
    low, high = sorted(float(linear(code) @ [0.2126, 0.7152, 0.0722]) for code in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
@pytest.mark.parametrize("eye", list(SEEN_BY))
def test_tints_are_told_apart_by_every_eye(name, eye):
    colors = tokens()["color"][name]
    seen = {role: lab(np.clip(np.array(SEEN_BY[eye]) @ linear(colors[role]), 0, 1)) for role in TINTS}
    smallest = min(float(np.linalg.norm(seen[a] - seen[b])) for a, b in itertools.combinations(TINTS, 2))
    assert round(smallest, 1) >= SMALLEST[name]


@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
def test_every_ink_reads_on_every_ground(name):
    colors = tokens()["color"][name]
    worst = min(contrast(colors[ink], colors[ground]) for ink in INKS for ground in GROUNDS)
    assert worst >= 4.5
    on_tints = min(contrast(colors["text.primary"], colors[tint]) for tint in (*TINTS, "state.changed.strong"))
    assert on_tints >= 4.5


@pytest.mark.parametrize("name", ["light", "dark", "high_contrast"])
def test_the_style_sheet_takes_every_value_from_the_tokens(name):
    sheet = Theme.named(name).style_sheet()
    assert "@{" not in sheet
    known = {code.lower() for code in tokens()["color"][name].values()}
    assert set(re.findall(r"#[0-9a-f]{6}\b", sheet.lower())) <= known


def test_palettes_have_the_same_roles():
    palettes = tokens()["color"]
    assert palettes["light"].keys() == palettes["dark"].keys() == palettes["high_contrast"].keys()


def test_no_colour_is_written_in_python_or_in_the_template():
    files = [*UI.rglob("*.py"), resources.path("qss/desk.qss.in")]
    found = {path.name: re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text("utf-8")) for path in files}
    assert {name: codes for name, codes in found.items() if codes} == {}


def test_the_bundled_faces_are_used_and_their_figures_stand_in_columns():
    assert (fonts.load()[0], fonts.load("mono")[0]) == ("Inter", "JetBrains Mono")
    for role, face, weight in (("cell", "ui", 400), ("cell", "ui", 500), ("figure", "ui", 600), ("mono", "mono", 400)):
        measure = fonts.metrics(role, face, weight)
        assert len({measure.horizontalAdvance(digit * 8) for digit in "0123456789"}) == 1
        assert QRawFont.fromFont(fonts.font(role, face, weight)).familyName().startswith(("Inter", "JetBrains Mono"))


def test_every_sign_is_in_the_bundled_face():
    signs = {state.glyph for state in STATES} | {glyph for glyph, _ in SEVERITIES.values()}
    signs |= {glyph for glyph, _ in TONES.values()} | {key.hint for key in keymap.KEYS}
    raw = QRawFont.fromFont(fonts.font("cell"))
    missing = {sign for text in signs for sign in text if not raw.supportsCharacter(ord(sign))}
    assert missing == set()


def test_icons_are_all_used_and_all_there():
    texts = "".join(path.read_text("utf-8") for path in (*UI.rglob("*.py"), *(UI.parent / "app").glob("*.py")))
    held = {path.stem for path in (resources.root() / "icons").glob("*.svg")}
    assert {name for name in held if f'"{name}"' not in texts} == set()
    for name in held:
        assert not icons.pixmap(name, "#112233", 16).isNull()


def test_a_theme_changes_and_comes_back(qtbot):
    with qtbot.waitSignal(look().changed):
        look().choose("dark")
    dark = look().theme.palette().window().color()
    look().choose("light")
    assert look().theme.palette().window().color() != dark


def test_the_tokens_are_valid_json():
    assert json.loads(resources.text("tokens.json"))["version"] == tokens()["version"]
