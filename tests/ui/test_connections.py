"""Connections in the real window: by keyboard, from a break to its exception, and the form that connects."""

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit

from awra_desk.app.bootstrap import ACCESS, FILES, mapping
from awra_desk.app.connecting import DeskConnecting
from awra_desk.domain.controls import ControlTotal, ReportedBalance
from awra_desk.domain.people import Person, Role
from awra_desk.services.people import add_person
from awra_desk.services.reconcile import reconcile
from awra_desk.system.secrets import NOTICE, MemorySecrets
from awra_desk.ui.views import connections as module
from awra_desk.ui.views.connect_dialog import ConnectDialog
from awra_desk.viewmodels.connect_form import ConnectForm
from tests.viewmodels.conftest import PASSWORD

CONTROL = Qt.KeyboardModifier.ControlModifier


class Keys(MemorySecrets):
    """A keyring; `notice` says that there is none."""

    notice = ""


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
def desk(desk, keys):
    for name in ("Stripe", "QuickBooks"):
        keys.put(f"{desk.company}/{name}", "{}")
    return replace(desk, connecting=DeskConnecting(keys, desk.clock, None, ACCESS))


@pytest.fixture
def screen(frame):
    frame.show_screen("connections")
    return frame.screens["connections"]


def press(qtbot, key, modifiers=Qt.KeyboardModifier.NoModifier):
    """Press a key where the keyboard is."""
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


def fill(dialog, **values):
    for name, text in values.items():
        (getattr(dialog.parts, name, None) or dialog.fields[name]).setText(text)


def test_the_list_and_its_detail_by_keyboard(qtbot, frame):
    press(qtbot, Qt.Key.Key_4, CONTROL)
    screen = frame.screens["connections"]
    assert frame.current is screen
    assert QApplication.focusWidget() is screen.rows
    assert [row.name for row in screen.rows.found] == ["Bank", "QuickBooks", "Stripe"]
    assert (screen.heading.text(), screen.provider.text()) == ("Bank", "Statement file")
    press(qtbot, Qt.Key.Key_Down)
    assert (screen.heading.text(), screen.provider.text()) == ("QuickBooks", "Ledger")
    press(qtbot, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert screen.heading.text() == "Stripe"
    press(qtbot, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is screen.panel.checks
    press(qtbot, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is screen.rows
    assert "Ladder: Read-only, now" in screen.panel.ladder.accessibleName()
    assert "up to date, pulled now" in screen.rows.grid.cell(0, 0).text
    assert [total.label for total in screen.totals()] == ["Connections", "Up to date"]


def test_testing_pulling_and_a_refusal_say_what_came_of_it(qtbot, frame, screen, asker):
    press(qtbot, Qt.Key.Key_T, CONTROL)
    assert screen.tested.text().startswith("✓ Answered")
    assert asker.news[-1][0].startswith("Bank answered")
    press(qtbot, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    assert asker.news[-1][0] == "Pulled 0 new records from 1 source."
    press(qtbot, Qt.Key.Key_Down, CONTROL)
    assert frame.toast.words.text() == "It is on the first rung."


def test_a_rung_is_opened_and_left_from_the_keyboard(qtbot, screen, asker, monkeypatch):
    asker.answers = [True]
    press(qtbot, Qt.Key.Key_Up, CONTROL)
    assert [step.state for step in screen.connections.state.shown.ladder[:2]] == ["done", "now"]
    monkeypatch.setattr(module, "ask_text", lambda *_, **__: "its mapping is in doubt")
    press(qtbot, Qt.Key.Key_Down, CONTROL)
    assert screen.connections.state.shown.ladder[0].state == "now"
    assert asker.told == []


def test_a_break_is_red_and_enter_leads_to_its_exception(qtbot, desk, frame, screen, session):
    now = desk.now()
    with desk.read() as uow:
        held = uow.controls.balance("Stripe", "balance", "USD", None)
        spec = uow.reconciliations.get("Stripe balance")
        (total,) = [t for t in uow.controls.totals("Stripe") if t.name == "Stripe balance: source balance"]
    with desk.write() as uow:
        off = held.minor + 12_500
        uow.controls.put_balances([ReportedBalance("Stripe", "balance", "USD", off, None, now, "test")])
        uow.controls.put_totals([ControlTotal("Stripe", total.name, "USD", off, total.actual, now)])
        uow.commit()
    reconcile(desk, spec.name, session.state.period)
    screen.connections.reload()
    screen.connections.go_to("Stripe")
    at = next(n for n, row in enumerate(screen.connections.state.shown.proofs) if row.what == "Stripe balance")
    cell = screen.panel.proofs.grid.cell(at, 6)
    assert (cell.text, cell.glyph, cell.tone) == ("−125.00", "≠", "danger")
    assert screen.rows.grid.cell(2, 0).text.startswith("Stripe, Stripe, 127.0.0.1:1, simulated, 1 control total off")
    screen.panel.proofs.setCurrentIndex(screen.panel.proofs.grid.index(at, 0))
    screen.panel.proofs.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    queue = frame.screens["exceptions"].queue
    assert frame.current is frame.screens["exceptions"]
    assert queue.state.case.item.reason == "BALANCE_BREAK"


def test_missing_credentials_are_said_above_everything(keys, desk, screen):
    keys.delete(f"{desk.company}/Stripe")
    screen.connections.go_to("Stripe")
    assert screen.notice.isVisible()
    assert screen.notice.what.text() == "The keyring holds none of its credentials"
    assert not screen.panel.remove.isVisible()
    screen.connections.go_to("QuickBooks")
    assert not screen.notice.isVisible()
    assert screen.panel.remove.isVisible()


def test_a_changed_contract_is_shown_before_it_is_applied(qtbot, desk, screen, session, asker):
    first = desk.mapping

    def other(connection):
        found = first(connection)
        if connection.name != "Bank":
            return found

        def interpret(records, read):
            result = found.interpret(records, read)
            result.table["description"][:] = [text.upper() for text in result.table["description"]]
            return result

        return replace(found, version="statement-2", interpret=interpret)

    session.desk = session.jobs._runner.desk = replace(desk, mapping=other)
    screen.connections.reload()
    assert "Its contract changed" in screen.notice.what.text()
    press(qtbot, Qt.Key.Key_R, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert screen.bodies.currentWidget() is screen.rereading
    assert screen.rereading.summary.text().endswith(" changed.")
    assert screen.rereading.rows.grid.cell(0, 2).text == "description"
    press(qtbot, Qt.Key.Key_Escape)
    assert screen.bodies.currentWidget() is screen.panel
    press(qtbot, Qt.Key.Key_R, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    asker.answers = [True]
    screen.rereading.apply.click()
    assert screen.bodies.currentWidget() is screen.panel
    assert not screen.notice.isVisible()
    assert asker.news[-1][0].startswith("Read again with statement-2: ")


@pytest.fixture
def dialog(qtbot, screen):
    made = ConnectDialog(screen, ConnectForm(screen.connections), "Africa/Nairobi")
    qtbot.addWidget(made.parts.root)
    made.parts.root.show()
    return made


def test_the_form_asks_for_what_the_provider_needs_and_hides_secrets(dialog):
    dialog.form.choose("daraja")
    assert dialog.parts.address.text() == "https://api.safaricom.co.ke"
    assert list(dialog.fields) == ["short_code", "callbacks", "consumer_key", "consumer_secret"]
    hidden = {name for name, field in dialog.fields.items() if field.echoMode() == QLineEdit.EchoMode.Password}
    assert hidden == {"consumer_key", "consumer_secret"}
    assert "Asked for, and no more: Pull Transactions, Transaction Status." in dialog.parts.access.text()
    dialog.form.choose("quickbooks")
    assert dialog.parts.agree.text() == "Sign in…"
    assert not dialog.landed.isEnabled()
    dialog.form.choose("statement")
    assert dialog.parts.browse.isVisible()
    named = [*dialog.parts.root.findChildren(QLineEdit), *dialog.parts.root.findChildren(QAbstractButton)]
    assert all(control.accessibleName() or getattr(control, "text", str)() for control in named if control.isVisible())


def test_every_field_of_every_provider_has_its_height_and_stands_in_one_line(qtbot, dialog):
    for offer in dialog.form.state.offers:
        dialog.form.choose(offer.provider)
        qtbot.wait(1)
        fields = [one for one in dialog.parts.root.findChildren(QLineEdit) if one.isVisible()]
        assert all(one.height() >= one.sizeHint().height() for one in fields), offer.title
        assert len({one.mapTo(dialog.parts.root, QPoint()).x() for one in fields}) == 1, offer.title


def test_a_narrow_window_keeps_the_name_and_the_buttons(qtbot, frame, screen):
    frame.setMinimumSize(1024, 640)  # as its window has it
    frame.resize(1024, 640)
    qtbot.waitUntil(lambda: not screen.tested.isVisible())
    qtbot.waitUntil(lambda: screen.heading.width() >= screen.heading.sizeHint().width())
    assert all(one.width() >= one.sizeHint().width() for one in (screen.pull, screen.test, screen.credentials))


def test_esc_stops_what_is_under_way_and_then_closes(qtbot, dialog, monkeypatch):
    stopped = []
    monkeypatch.setattr(dialog.form, "cancel", lambda: stopped.append(True))
    dialog.form._set(replace(dialog.form.state, busy=True, words="waiting for the browser"))
    assert dialog.parts.message.text() == "Waiting for the browser…"
    assert not dialog.parts.agree.isEnabled()
    qtbot.keyClick(dialog.parts.root, Qt.Key.Key_Escape)
    assert (stopped, dialog.parts.root.isVisible()) == ([True], True)
    dialog.form._set(replace(dialog.form.state, busy=False))
    qtbot.keyClick(dialog.parts.root, Qt.Key.Key_Escape)
    assert not dialog.parts.root.isVisible()


def test_a_refusal_stands_in_the_form_and_a_success_in_the_list(qtbot, dialog, screen, keys, desk, asker):
    dialog.form.choose("paystack")
    dialog.parts.agree.click()
    assert dialog.parts.message.text() == "Secret key is missing. Fill it in."
    fill(dialog, name="Cards Kenya", address="https://evil.example", secret_key="sk_live_9")
    dialog.parts.agree.click()
    assert "is not the provider's" in dialog.parts.message.text()
    assert asker.told == []
    fill(dialog, address="https://api.paystack.co")
    dialog.parts.agree.click()
    assert not dialog.parts.root.isVisible()
    assert json.loads(keys.get(f"{desk.company}/Cards Kenya")) == {"secret_key": "sk_live_9"}
    assert screen.heading.text() == "Cards Kenya"
    assert asker.news[-1][0] == "Cards Kenya is connected and reads only. Test it, then pull it."
    assert {row.name: row.state for row in screen.rows.found}["Cards Kenya"] == "never pulled"


def test_without_a_keyring_the_form_says_so(qtbot, screen, keys):
    keys.notice = NOTICE
    made = ConnectDialog(screen, ConnectForm(screen.connections), "Africa/Nairobi")
    qtbot.addWidget(made.parts.root)
    made.parts.root.show()
    assert made.parts.notice.isVisible()
    assert made.parts.notice.text() == NOTICE


def test_new_credentials_keep_name_and_address(qtbot, screen, keys, desk):
    screen.connections.go_to("Stripe")
    made = ConnectDialog(screen, ConnectForm(screen.connections, screen.connections.current()), "UTC")
    qtbot.addWidget(made.parts.root)
    made.parts.root.show()
    assert (made.parts.name.text(), made.parts.name.isReadOnly()) == ("Stripe", True)
    assert not made.parts.provider.isVisible()
    fill(made, api_key="rk_test_new")
    made.parts.agree.click()
    assert json.loads(keys.get(f"{desk.company}/Stripe")) == {"api_key": "rk_test_new"}
    assert screen.connections.current().options["allow_loopback"] == "true"


def test_who_may_not_connect_is_told_why(frame, screen, desk, session):
    owner = Person(desk.company, "neema", "Neema", frozenset({Role.OWNER}), "USD", None)
    add_person(desk, owner, PASSWORD, by="engine")
    screen.connections.reload()
    frame.run("connect")
    assert frame.toast.words.text() == "It takes an integration owner."
    assert not screen.connect_button.isEnabled()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_new_table_leads_to_its_columns_and_is_saved_from_the_keyboard(
    qtbot, session, screen, asker, tmp_path, monkeypatch
):
    first = session.desk
    files = replace(first, source=lambda one: FILES[one.provider](one, clock=first.clock), mapping=mapping)
    session.desk = session.jobs._runner.desk = files
    file = tmp_path / "october.csv"
    file.write_text("Ref,Day,Sum,Text\nR1,10/13/2026,250.00,Sale\nR2,10/14/2026,-12.00,Fee\n")

    def connect(parent, connections, fixed):
        form = ConnectForm(connections, fixed)
        form.choose("table")
        form.submit("Equity", str(file), "UTC", {}, "")
        form.close()

    monkeypatch.setattr(module, "connect_system", connect)
    press(qtbot, Qt.Key.Key_N, CONTROL)
    page = screen.columns_page
    assert screen.pages.currentWidget() is page
    assert QApplication.focusWidget() is page.columns
    assert [page.columns.grid.cell(at, 1).text for at in range(4)] == ["Reference", "Date", "Amount", "Description"]
    assert page.subtitle.text() == "Say the currency of the amounts."
    qtbot.keyClicks(page.form.parts.currency, "kes")
    assert page.totals.text() == "238.00 KES in 2 rows  ·  2 not stored yet"
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.keyClick(page.menu, Qt.Key.Key_Down)
    qtbot.keyClick(page.menu, Qt.Key.Key_Return)
    assert page.columns.grid.cell(2, 1).text == "Money out"
    assert page.read.grid.cell(0, 1).text == "−250.00"
    page.model.mean(2, "amount")
    press(qtbot, Qt.Key.Key_L, CONTROL)
    assert page.lists.currentWidget() is page.nothing
    asker.answers = [False]
    press(qtbot, Qt.Key.Key_Escape)
    assert screen.pages.currentWidget() is page
    press(qtbot, Qt.Key.Key_S, CONTROL)
    assert asker.news[-1][0] == "Equity is read by version 1 from now on. Pull it."
    assert screen.pages.currentWidget() is not page
    assert screen.heading.text() == "Equity"
    assert screen.columns.isVisible()
    press(qtbot, Qt.Key.Key_I, CONTROL)
    assert page.version.text() == "Version 1 is in force"
    press(qtbot, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is screen.rows
