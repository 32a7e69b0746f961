"""Work beside the main thread: one door, order kept, errors told, cancels heard within a second."""

import os
import pickle
import sys
import threading
import time

import pytest

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.crash import Hooks, redacted, write_report
from awra_desk.app.task_process import Place, WorkFailed, portable
from awra_desk.app.tasks import BackgroundRunner
from awra_desk.domain.errors import Cancelled, UsageError, UserError
from awra_desk.ports.connections import TransportError
from awra_desk.ports.tasks import Lane
from awra_desk.ui.main_thread import MainThread


def answer(desk, progress):
    progress(1, 2, "half")
    return desk.company, os.getpid()


def refuse(desk, progress):
    raise UserError("the ledger said no", record="42", remedy="Ask it again.")


def break_down(desk, progress):
    os._exit(3)


def never_ask(desk, progress):
    time.sleep(60)


def keep_asking(desk, progress):
    while True:
        time.sleep(0.01)
        progress(0, None, "still at it")


@pytest.fixture
def runner(qapp, tmp_path):
    path = str(tmp_path / "w.sqlite")
    with open_desk(path, company="Kilimani", zone="Africa/Nairobi", create=True):
        pass
    runner = BackgroundRunner(MainThread(), Place(path, "Kilimani", "Africa/Nairobi"))
    yield runner
    runner.close()


class Ends:
    """Collects how work ended."""

    def __init__(self):
        self.results, self.errors, self.thread = [], [], None

    def done(self, result):
        self.thread = threading.current_thread()
        self.results.append(result)

    def failed(self, error):
        self.thread = threading.current_thread()
        self.errors.append(error)

    @property
    def over(self):
        return bool(self.results or self.errors)


def test_the_door_keeps_the_order_and_loses_nothing_to_an_error(qtbot):
    door, seen = MainThread(), []
    threads = [threading.Thread(target=lambda n=n: [door.post(lambda i=i, n=n: seen.append((n, i))) for i in range(50)])
               for n in range(4)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: len(seen) == 200)
    assert all([i for m, i in seen if m == n] == list(range(50)) for n in range(4))
    with qtbot.captureExceptions() as raised:
        door.post(lambda: 1 / 0)
        door.post(lambda: seen.append("after"))
        qtbot.waitUntil(lambda: seen[-1] == "after")
    assert raised[0][0] is ZeroDivisionError


def test_the_store_lane_works_in_order_and_answers_on_the_main_thread(qtbot, runner):
    ends, order = Ends(), []
    for number in range(20):
        runner.start(Lane.STORE, lambda _, n=number: order.append(n) or n, done=ends.done, failed=ends.failed)
    qtbot.waitUntil(lambda: len(ends.results) == 20)
    assert order == ends.results == list(range(20))
    assert ends.thread is threading.main_thread()
    assert not runner.busy


def test_an_error_on_a_lane_is_handed_over(qtbot, runner):
    ends = Ends()
    runner.start(Lane.NET, lambda _: refuse(None, None), done=ends.done, failed=ends.failed)
    qtbot.waitUntil(lambda: ends.over)
    assert isinstance(ends.errors[0], UserError)


def test_a_cancel_on_a_lane_is_heard_at_the_next_count(qtbot, runner):
    ends = Ends()
    task = runner.start(Lane.NET, lambda progress: keep_asking(None, progress), done=ends.done, failed=ends.failed)
    task.cancel()
    qtbot.waitUntil(lambda: ends.over, timeout=1000)
    assert isinstance(ends.errors[0], Cancelled)


def test_a_process_has_a_desk_of_its_own(qtbot, runner):
    ends, counts = Ends(), []
    runner.start_process(answer, done=ends.done, failed=ends.failed, progress=lambda *words: counts.append(words))
    qtbot.waitUntil(lambda: ends.over, timeout=60_000)
    assert ends.errors == []
    company, process = ends.results[0]
    assert company == "Kilimani"
    assert process != os.getpid()
    assert counts == [(1, 2, "half")]


def test_a_process_hands_its_error_over_and_its_death_too(qtbot, runner):
    refused, died = Ends(), Ends()
    runner.start_process(refuse, done=refused.done, failed=refused.failed)
    runner.start_process(break_down, done=died.done, failed=died.failed)
    qtbot.waitUntil(lambda: refused.over and died.over, timeout=60_000)
    assert (refused.errors[0].what, refused.errors[0].record) == ("the ledger said no", "42")
    assert isinstance(died.errors[0], WorkFailed)


def test_a_process_that_does_not_listen_is_ended(qtbot, runner):
    ends = Ends()
    task = runner.start_process(never_ask, done=ends.done, failed=ends.failed)
    task.cancel()
    asked = time.monotonic()
    qtbot.waitUntil(lambda: ends.over, timeout=10_000)
    assert isinstance(ends.errors[0], Cancelled)
    assert time.monotonic() - asked < 4  # a second of grace, and what a busy machine takes


def test_an_error_of_any_kind_travels_whole():
    error = TransportError("it does not answer", kind="unavailable", record="Stripe", remedy="Wait.")
    arrived = pickle.loads(pickle.dumps(portable(error)))
    assert type(arrived) is TransportError
    assert (arrived.kind, arrived.text) == ("unavailable", "Stripe: it does not answer. Wait.")


def test_errors_that_cannot_travel_arrive_as_the_nearest_that_can():
    error = UsageError("it does not answer", record="Stripe", remedy="Wait.")
    error.file = sys.stdout
    arrived = portable(error)
    assert type(arrived) is UserError
    assert arrived.record == "Stripe"
    assert isinstance(portable(SystemExit(3)), WorkFailed)


def test_a_report_has_places_and_no_values(tmp_path):
    try:
        raise ValueError("customer 'Jonas Weber' paid 1,234.50 with sk_live_abcdefghij")  # noqa: TRY301
    except ValueError as error:
        text = write_report(error, tmp_path).read_text("utf-8")
    assert "ValueError" in text
    assert "test_background.py" in text
    assert not [word for word in ("Jonas", "1,234", "sk_live") if word in text]
    assert redacted("Bearer abc.def") == "‹secret›"


def test_an_unexpected_error_leaves_a_report_and_the_window(qtbot, tmp_path, monkeypatch, expect_log):
    from PySide6.QtWidgets import QMessageBox, QWidget

    shown = []
    monkeypatch.setattr(QMessageBox, "open", lambda box: shown.append(box.informativeText()))
    expect_log("unexpected ValueError")
    window = QWidget()
    qtbot.addWidget(window)
    hooks = Hooks(MainThread(), window, tmp_path)
    hooks.on_main(Cancelled, Cancelled(), None)
    hooks.on_main(ValueError, ValueError("no"), None)
    qtbot.waitUntil(lambda: len(shown) == 1)
    assert str(hooks.told[0]) in shown[0]
    assert hooks.told[0].is_file()
