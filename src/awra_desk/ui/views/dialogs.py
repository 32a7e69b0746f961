"""Questions that stop the work: only for a reason to be written, a bulk to be agreed to, or a password."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QPushButton, QWidget

from awra_desk.ui import forms


@dataclass(frozen=True, slots=True)
class _Form:
    root: QDialog
    question: QLabel
    detail: QLabel
    fieldLabel: QLabel  # noqa: N815 - the widget's name in the form
    answer: QLineEdit
    cancel: QPushButton
    agree: QPushButton


def ask_text(parent: QWidget, question: str, *, label: str, verb: str, detail: str = "", secret: bool = False) -> str:
    """A line of text, or "" when the person thought better of it.

    Args:
        label: of the field. verb: on the button. secret: a password.
    """
    form = _form(parent, question, detail=detail, verb=verb)
    form.fieldLabel.setText(label)
    form.answer.setAccessibleName(label)
    form.answer.setEchoMode(QLineEdit.EchoMode.Password if secret else QLineEdit.EchoMode.Normal)
    form.agree.setEnabled(False)
    form.answer.textChanged.connect(lambda text: form.agree.setEnabled(bool(text.strip())))
    form.answer.setFocus()
    agreed = form.root.exec() == QDialog.DialogCode.Accepted
    text = form.answer.text().strip() if agreed else ""
    form.root.deleteLater()
    return text


def confirm(parent: QWidget, question: str, *, detail: str, verb: str) -> bool:
    """Whether the person agrees; the question holds count and sum."""
    form = _form(parent, question, detail=detail, verb=verb)
    form.fieldLabel.hide()
    form.answer.hide()
    form.agree.setFocus()
    agreed = form.root.exec() == QDialog.DialogCode.Accepted
    form.root.deleteLater()
    return agreed


def _form(parent: QWidget, question: str, *, detail: str, verb: str) -> _Form:
    form = forms.load("reason", _Form, parent)
    form.root.setWindowTitle(QApplication.applicationName())
    form.root.setWindowModality(Qt.WindowModality.WindowModal)
    form.question.setText(question)
    form.detail.setText(detail)
    form.detail.setVisible(bool(detail))
    form.agree.setText(verb)
    form.agree.clicked.connect(form.root.accept)
    form.cancel.clicked.connect(form.root.reject)
    return form
