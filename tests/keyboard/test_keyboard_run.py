"""A month by keyboard alone, on a real screen: what is typed arrives in the workspace, the ledger and the file."""

import pytest

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.demo_books import ACCOUNTANT, SUPERVISOR
from awra_desk.app.demo_window import PASSWORD
from awra_desk.domain.entries import WriteState
from awra_desk.domain.exception_items import ExceptionState
from tests.keyboard.typist import Typist, program, screen, wait_for

COMMENTED, ASSIGNED, RESOLVED = 6, 6, 8


class Books:
    """What the workspace says, read beside the running window."""

    def __init__(self, path):
        self._path = str(path)

    def read(self, question):
        with open_desk(self._path) as desk, desk.read() as uow:
            return question(uow)

    def exceptions(self):
        return self.read(lambda uow: list(uow.exceptions.all()))

    def resolved_by(self, person):
        return sum(item.state == ExceptionState.RESOLVED and item.resolution_note.startswith("Checked")
                   for item in self.exceptions())  # fmt: skip

    def trail(self, action):
        return self.read(lambda uow: sum(row.action == action for row in uow.trail.entries()))

    def writes(self, state):
        return self.read(lambda uow: len(uow.writes.all(states={state})))


@pytest.mark.keyboard
def test_sign_in_triage_propose_approve_post_and_export(tmp_path):
    workbook = tmp_path / "october.xlsx"
    with screen() as display, program(display, "demo", "--orders", "250", "--out", "month", home=tmp_path):
        typist, books = Typist(display), Books(tmp_path / "month" / "workspace.sqlite")
        typist.sign_in(ACCOUNTANT, PASSWORD)
        open_the_month(typist)
        triage(typist, books)
        propose(typist, books)
        typist.press("ctrl+shift+q")
        typist.sign_in(SUPERVISOR, PASSWORD)
        approve_and_post(typist, books)
        export(typist, workbook)
    assert workbook.stat().st_size > 10_000


def open_the_month(typist):
    """To another month and back, by the menu's own key."""
    for downs, month in ((1, "November 2026"), (2, "October 2026")):
        keys = ["ctrl+m", *["Down"] * downs, "Return"]
        typist.try_until(keys, lambda month=month: month in typist.title(), month)


def triage(typist, books):
    """Twenty exceptions: some commented on, some assigned, some resolved with a reason."""
    typist.press("ctrl+2")
    typist.see("Exceptions")
    for number in range(COMMENTED):
        typist.press("n")
        typist.write(f"Seen {number}")
        typist.press("Return", "Escape")
        wait_for(lambda number=number: books.trail("exception.comment") > number, f"comment {number}")
        typist.press("Down")
    before = books.trail("exception.assign")
    for number in range(ASSIGNED):
        done = lambda number=number: books.trail("exception.assign") > before + number  # noqa: E731
        typist.try_until(["g", "Return"], done, f"assignment {number}")
        typist.press("Down")
    for number in range(RESOLVED):
        typist.press("e")
        typist.see_dialog()
        typist.write("Checked with the bank")
        typist.press("Return")
        wait_for(lambda number=number: books.resolved_by(ACCOUNTANT) > number, f"resolution {number}")


def propose(typist, books):
    """The chargeback that the ledger lacks."""
    typist.press("ctrl+f")
    typist.write("chargeback")
    typist.press("Down")
    typist.press("ctrl+Return")
    wait_for(lambda: books.writes(WriteState.SUBMITTED), "a submitted entry")


def approve_and_post(typist, books):
    """Look, give the password, approve; then agree to the posting."""
    verified = books.writes(WriteState.VERIFIED)
    typist.press("ctrl+3")
    typist.see("Approvals")
    typist.press("Return")
    typist.write(PASSWORD)
    typist.press("ctrl+shift+Return")
    wait_for(lambda: books.writes(WriteState.APPROVED), "an approved entry")
    typist.press("ctrl+p")
    typist.see_dialog()
    typist.press("Return")
    wait_for(lambda: books.writes(WriteState.VERIFIED) > verified, "an entry posted and read back")


def export(typist, path):
    """The workbook, by the file dialog's own field."""
    typist.press("ctrl+e")
    typist.see("Export")
    typist.press("ctrl+a")
    typist.write(str(path))
    typist.press("Return")
    wait_for(path.exists, "the workbook")
    wait_for(lambda: path.stat().st_size > 10_000, "the whole workbook")
