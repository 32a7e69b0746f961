"""Guards the pin below PySide6 6.12, which drops one reference too many on None until Python 3.11 aborts."""

import sys
import tomllib
from pathlib import Path

import PySide6
from packaging.requirements import Requirement
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QComboBox, QTableWidget, QTableWidgetItem

ROUNDS = 100
SINGLETONS = (None, True, False)


class Emitter(QObject):
    """Sends the values whose counts are watched."""

    sent = Signal(object)


def exercise(table: QTableWidget, combo: QComboBox, emitter: Emitter) -> None:
    """Each kind of call that leaked in 6.12.0."""
    table.viewport().repaint()
    QApplication.processEvents()
    table.item(0, 0).data(999)
    combo.addItem("text", None)
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.fillRect(0, 0, 8, 8, QColor("white"))
    painter.end()
    for value in SINGLETONS:
        emitter.sent.emit(value)


def test_qt_takes_no_reference_it_was_not_given(qtbot):
    table, combo, emitter = QTableWidget(3, 3), QComboBox(), Emitter()
    table.setItem(0, 0, QTableWidgetItem("text"))
    emitter.sent.connect(lambda _: None)
    qtbot.addWidget(table)
    qtbot.addWidget(combo)
    table.show()
    exercise(table, combo, emitter)
    before = [sys.getrefcount(value) for value in SINGLETONS]
    for _ in range(ROUNDS):
        exercise(table, combo, emitter)
    lost = [count - sys.getrefcount(value) for count, value in zip(before, SINGLETONS, strict=True)]
    assert max(lost) < ROUNDS // 2, lost


def test_the_pin_stands_and_holds():
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    (pin,) = [Requirement(t) for t in project["project"]["dependencies"] if t.lower().startswith("pyside6")]
    assert not pin.specifier.contains("6.12.0")
    assert not pin.specifier.contains("6.7.3")
    assert pin.specifier.contains(PySide6.__version__)
