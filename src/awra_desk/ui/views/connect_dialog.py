"""The form that connects a system: provider, address, what it needs; secrets go straight to the keyring."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from awra_desk.ports.connections import Connection
from awra_desk.ports.providers import Field, Nature, Offer
from awra_desk.ui import forms
from awra_desk.ui.widgets.notices import Symbol
from awra_desk.ui.widgets.plain import clear, label, retone, row
from awra_desk.viewmodels.connect_form import ConnectForm
from awra_desk.viewmodels.connections import Connections

_LABEL = 208


@dataclass(frozen=True, slots=True)
class _Form:
    root: QDialog
    question: QLabel
    providerLabel: QLabel  # noqa: N815 - the widget's name in the form
    provider: QComboBox
    name: QLineEdit
    addressLabel: QLabel  # noqa: N815
    address: QLineEdit
    browse: QPushButton
    zone: QLineEdit
    details: QWidget
    access: QLabel
    notice: QLabel
    message: QLabel
    cancel: QPushButton
    agree: QPushButton


class ConnectDialog(QObject):
    """Binds a `viewmodels.connect_form.ConnectForm`; lives as long as the question."""

    def __init__(self, parent: QWidget, form: ConnectForm, zone: str) -> None:
        super().__init__(parent)
        self.form, self.parts = form, forms.load("connect", _Form, parent)
        self.fields: dict[str, QLineEdit] = {}
        self.redirect, self.landed = QLineEdit(), QLineEdit()  # laid out where the provider needs them
        self._offer: Offer | None = None
        self._with_button = False
        self.grid = QGridLayout(self.parts.details)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(6)
        self.grid.setColumnMinimumWidth(0, _LABEL)
        self._prepare(zone)
        self._unsubscribe = form.subscribe(self._render)
        self._render()

    def ask(self) -> None:
        """Stay until it is connected or put away."""
        self.parts.root.exec()
        self._unsubscribe()
        self.form.close()
        self.parts.root.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Esc stops what is under way before it closes the form."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self._cancel()
            return True
        return False

    # Parts

    def _prepare(self, zone: str) -> None:
        parts, state = self.parts, self.form.state
        parts.root.setWindowTitle(QApplication.applicationName())
        parts.root.setWindowModality(Qt.WindowModality.WindowModal)
        parts.root.installEventFilter(self)
        line = row(parts.provider, margins=(0, 0, 8, 0))
        line.addStretch(1)
        line.addWidget(Symbol("chevron-down"))
        for offer in state.offers:
            parts.provider.addItem(offer.title, offer.provider)
        fixed = state.fixed
        parts.question.setText(f"{fixed.name}: address and credentials" if fixed else "Connect a system")
        parts.zone.setText(fixed.zone if fixed else zone)
        for widget in (parts.providerLabel, parts.provider):
            widget.setVisible(fixed is None)
        if fixed is not None:
            parts.name.setText(fixed.name)
            parts.name.setReadOnly(True)
        parts.provider.activated.connect(lambda at: self.form.choose(parts.provider.itemData(at)))
        parts.browse.clicked.connect(lambda _checked=False: self._browse(parts.address))
        parts.agree.clicked.connect(lambda _checked=False: self._agree())
        parts.cancel.clicked.connect(lambda _checked=False: self._cancel())

    def _lay_out(self, offer: Offer) -> None:
        """The fields that this provider needs."""
        parts, fixed = self.parts, self.form.state.fixed
        self._offer = offer
        clear(self.grid)
        self.fields, self.redirect, self.landed = {}, QLineEdit(), QLineEdit()
        self._with_button = any(each.path for each in offer.fields)
        at = max(0, parts.provider.findData(offer.provider))
        parts.provider.setCurrentIndex(at)
        parts.addressLabel.setText(offer.address_label)
        parts.address.setAccessibleName(offer.address_label)
        parts.address.setText(fixed.base_url if fixed else offer.address)
        parts.address.setPlaceholderText("" if offer.nature == Nature.FILE else "https://…")
        parts.browse.setVisible(offer.nature == Nature.FILE)
        if fixed is None:
            parts.name.setText(offer.title)
        for number, each in enumerate(offer.fields):
            self.fields[each.name] = self._field(number, each, fixed)
        simulated = fixed is not None and fixed.options.get("allow_loopback") == "true"
        if offer.page_needed and not simulated:
            self.redirect = self._line(len(offer.fields), "Page your app registered", "https://…")
            self.landed = self._line(len(offer.fields) + 1, "Address you ended at", "paste it whole, then Enter")
            self.landed.returnPressed.connect(self._brought)
            self.landed.setEnabled(False)

    def _field(self, number: int, each: Field, fixed: Connection | None) -> QLineEdit:
        words = each.label if each.required else f"{each.label} (optional)"
        kept = "leave empty to keep the one in the keyring" if fixed is not None and each.secret else each.hint
        made = self._line(number, words, kept)
        if each.secret:
            made.setEchoMode(QLineEdit.EchoMode.Password)
        elif fixed is not None:
            made.setText(fixed.options.get(each.name, ""))
        if each.path:
            self.grid.addWidget(made, number, 1)
            button = QPushButton("Choose…")
            button.setAccessibleName(f"Choose {each.label}")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False: self._browse(made))
            self.grid.addWidget(button, number, 2)
        return made

    def _line(self, number: int, words: str, hint: str) -> QLineEdit:
        made, head = QLineEdit(), label(words, "quiet")
        made.setAccessibleName(words)
        made.setPlaceholderText(hint)
        head.setBuddy(made)
        self.grid.addWidget(head, number, 0)
        self.grid.addWidget(made, number, 1, 1, 2 if self._with_button else 1)
        return made

    # Showing

    def _render(self) -> None:
        state, parts = self.form.state, self.parts
        if state.finished:
            parts.root.accept()
            return
        if state.offer is not None and state.offer is not self._offer:
            self._lay_out(state.offer)
        parts.access.setText(state.access)
        parts.access.setVisible(bool(state.access))
        parts.notice.setText(state.notice)
        parts.notice.setVisible(bool(state.notice))
        trouble = state.trouble
        busy = state.words[:1].upper() + state.words[1:] if state.words else "Working"
        parts.message.setText(f"{busy}…".replace("……", "…") if state.busy else trouble.text if trouble else "")
        retone(parts.message, "tone", "" if state.busy else "danger")
        parts.message.setVisible(bool(parts.message.text()))
        parts.agree.setText(state.verb)
        parts.agree.setEnabled(not state.busy)
        parts.details.setEnabled(not state.busy or state.asking)
        if state.asking and not self.landed.isEnabled():
            self.landed.setEnabled(True)
            self.landed.setFocus()
        for field in (parts.provider, parts.name, parts.address, parts.zone):
            field.setEnabled(not state.busy)
        self._fit()

    def _fit(self) -> None:
        """As high as its parts, which came and went."""
        root = self.parts.root
        for part in self.parts.details.findChildren(QWidget):
            part.ensurePolished()  # else it is measured without its style
        for at in range(self.grid.count()):
            item = self.grid.itemAt(at)
            if item is not None and (field := item.widget()) is not None:
                field.show()  # Qt would do it later, and measure the form without it
        for part in (self.parts.details, root):
            if (layout := part.layout()) is not None:
                layout.invalidate()
                layout.activate()
        root.adjustSize()
        if (layout := root.layout()) is not None:  # words that wrap are as high as this width makes them
            root.resize(root.width(), layout.totalHeightForWidth(root.width()))

    # What the person does

    def _agree(self) -> None:
        parts = self.parts
        values = {name: field.text() for name, field in self.fields.items()}
        self.form.submit(parts.name.text(), parts.address.text(), parts.zone.text(), values, self.redirect.text())

    def _brought(self) -> None:
        self.form.answer(self.landed.text())
        self.landed.clear()

    def _cancel(self) -> None:
        if self.form.state.busy:
            self.form.cancel()
        else:
            self.parts.root.reject()

    def _browse(self, into: QLineEdit) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self.parts.root, "Choose a file", into.text())
        if chosen:
            into.setText(chosen)


def connect_system(parent: QWidget, connections: Connections, fixed: Connection | None) -> None:
    """Ask for a connection, or for new credentials of one."""
    ConnectDialog(parent, ConnectForm(connections, fixed), connections.session.desk.zone).ask()
