"""Pictures of the finished month: every screen at work, what is decided on it, and its fuller and emptier views."""

from __future__ import annotations

from awra_desk.app import demo_books
from awra_desk.app.demo import LiveMonth
from awra_desk.app.demo_window import PASSWORD, hint
from awra_desk.app.shots_connections import connected, without_credentials
from awra_desk.app.shots_events import EventPictures
from awra_desk.app.shots_studio import Parts, Studio
from awra_desk.domain.dates import Period
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.reasons import Reason
from awra_desk.ui.views.approvals import ApprovalsView
from awra_desk.ui.views.exceptions import ExceptionsView
from awra_desk.ui.views.mappings import MappingsView
from awra_desk.ui.views.workbench import WorkbenchView
from awra_desk.viewmodels.approvals import WritesView
from awra_desk.viewmodels.states import View


def month_parts(month: LiveMonth) -> Parts:
    """All pictures of a finished month."""
    steps = (
        _sign_in, _workbench, _deciding, _emptied, _exceptions, connected, without_credentials, _own_entry, _approving,
        _posting, _mappings, _dialogs, EventPictures(month),
    )  # fmt: skip
    return Parts(month.opener, month.workspace, month.secrets, hint(), steps)


def _sign_in(studio: Studio) -> None:
    """The first page, and after a refused try."""
    studio.desktop.show()
    studio.wait(lambda: studio.desktop.session is not None)
    studio.take("01-sign-in")
    studio.desktop.window.sign_in.asked.emit(demo_books.ACCOUNTANT, "a wrong password")
    studio.wait(lambda: bool(studio.session.state.refused))
    studio.take("02-sign-in-refused")
    studio.enter(demo_books.ACCOUNTANT)


def workbench_of(studio: Studio) -> WorkbenchView:
    """The workbench's screen, brought up."""
    studio.frame.show_screen("workbench")
    view = studio.frame.screens["workbench"]
    assert isinstance(view, WorkbenchView)
    return view


def _workbench(studio: Studio) -> None:
    """All views of the busiest reconciliation and every page of the inspector."""
    view = workbench_of(studio)
    model = view.workbench
    model.choose("Stripe balance")
    studio.wait(lambda: model.loaded is not None and not model.state.loading)
    studio.settle()
    for listed in (View.ALL, View.OPEN, View.MATCHED, View.SUGGESTED):
        model.show_view(listed)
        model.go(0)
        if listed != View.MATCHED:
            model.next_to_decide()
        studio.take(f"03-workbench-{listed.value}")
    model.inspector.show_tab("why")
    studio.take("04-workbench-why")
    view.splitter.setSizes([400, 400])
    model.show_view(View.OPEN)
    model.go(0)
    for tab in ("why_not", "trace", "raw"):
        model.inspector.show_tab(tab)
        studio.wait(lambda: not model.inspector.state.looking)
        studio.take(f"05-workbench-{tab.replace('_', '-')}")
    view.splitter.setSizes([10_000, 152])
    model.inspector.show_tab("difference")


def _deciding(studio: Studio) -> None:
    """A decision with its undo, its reason and its history; a job with its counts."""
    view = workbench_of(studio)
    model = view.workbench
    model.show_view(View.SUGGESTED)
    model.go(0)
    while not dict(model.state.commands)["accept"].enabled:
        model.next_to_decide()
    studio.frame.run("accept")
    studio.settle()
    studio.take("06-workbench-accepted")
    studio.take_dialog("07-history", lambda: studio.frame.run("history"))
    studio.frame.run("undo")
    studio.settle()
    model.show_view(View.OPEN)
    model.go(0)
    studio.take_dialog("07-exclude", lambda: studio.frame.run("exclude"))
    studio.frame.run("reconcile")
    studio.wait(lambda: any(job.done for job in studio.session.jobs.state))
    studio.frame.run("pull")
    studio.rest()
    studio.take("08-workbench-jobs")
    studio.frame.jobs_list.pop_up()
    studio.rest()
    studio.take("08-jobs-list", studio.frame.jobs_list)
    studio.frame.jobs_list.hide()
    studio.wait(lambda: not studio.session.jobs.state)
    studio.settle()


def _emptied(studio: Studio) -> None:
    """The workbench where nothing is listed: filtered, all done, nothing in the period, failed."""
    model = workbench_of(studio).workbench
    model.show_view(View.ALL)
    model.set_filter("no such text")
    studio.take("09-workbench-filtered")
    model.clear_filter()
    model.choose("Stripe payouts")
    studio.wait(lambda: model.loaded is not None and not model.state.loading)
    model.show_view(View.OPEN)
    model.select_all()
    model.deciding.exclude("Settled with the bank by letter, 2 November")
    studio.settle()
    studio.take("09-workbench-all-done")
    studio.frame.run("undo")
    studio.settle()
    model.choose("No such reconciliation")
    studio.wait(lambda: model.state.failed is not None)
    studio.take("09-workbench-failed")
    october = studio.session.state.period
    assert october is not None
    model.choose("Bank statement")
    studio.settle()
    studio.session.choose_period(Period.month("2026-11"))
    studio.settle()
    model.show_view(View.MATCHED)
    studio.take("09-workbench-other-month")
    studio.session.choose_period(october)
    model.choose("Stripe balance")
    studio.settle()


def exceptions_of(studio: Studio) -> ExceptionsView:
    """The exceptions' screen, brought up."""
    studio.frame.show_screen("exceptions")
    view = studio.frame.screens["exceptions"]
    assert isinstance(view, ExceptionsView)
    return view


def _exceptions(studio: Studio) -> None:
    """The queue, a bulk, a filter, one case, and what remains after an entry was proposed."""
    queue = exceptions_of(studio).queue
    studio.wait(lambda: bool(queue.state.rows) and queue.state.case is not None)
    studio.frame.toast.hide()
    studio.take("10-exceptions")
    for at in range(6, 12):
        queue.toggle(at)
    studio.take("11-exceptions-bulk")
    queue.uncheck_all()
    queue.set_filter("no such text")
    studio.take("12-exceptions-filtered")
    queue.clear_filter()
    wanted = next(
        at for at, row in enumerate(queue.state.rows)
        if row.item.reason == Reason.CHARGEBACK and row.item.state == ExceptionState.OPEN
    )  # fmt: skip
    queue.go(wanted)
    studio.wait(lambda: queue.state.case is not None)
    queue.triage.comment("The bank confirms the chargeback. I book it today.")
    studio.settle()
    studio.wait(lambda: queue.state.case is not None)
    studio.take("13-exceptions-case")
    studio.take_dialog("13-exceptions-resolve", lambda: studio.frame.run("resolve"))
    queue.triage.propose()
    studio.settle()
    studio.take("14-exceptions-proposed")


def approvals_of(studio: Studio) -> ApprovalsView:
    """The approvals' screen, brought up and at rest."""
    studio.frame.show_screen("approvals")
    view = studio.frame.screens["approvals"]
    assert isinstance(view, ApprovalsView)
    view.approvals.reload()
    at_rest(studio, view)
    return view


def at_rest(studio: Studio, view: ApprovalsView) -> None:
    """Wait until the entry is shown and the ledger has answered."""
    model = view.approvals
    studio.settle()
    studio.wait(lambda: not model.state.rows or (model.state.shown is not None and not model.state.checking))


def _own_entry(studio: Studio) -> None:
    """The maker sees the entry, and who may approve it."""
    approvals_of(studio)
    studio.take("20-approvals-own")
    studio.frame.run("sign_out")
    studio.enter(demo_books.SUPERVISOR)


def _approving(studio: Studio) -> None:
    """The approver's view: waiting, a wrong password, approved."""
    view = approvals_of(studio)
    studio.take("21-approvals-waiting")
    view.approvals.approve("a wrong password")
    studio.settle()
    studio.take("22-approvals-wrong-password")
    view.banner.hide()
    view.approvals.approve(PASSWORD)
    studio.settle()
    view.approvals.show_view(WritesView.ALL)
    at_rest(studio, view)
    studio.take("23-approvals-approved")


def _posting(studio: Studio) -> None:
    """Posting, the document it became, and nothing left to approve."""
    view = approvals_of(studio)
    studio.take_dialog("24-approvals-post", view.approvals.post, agree=True)
    studio.take("24-approvals-posting")
    studio.wait(lambda: not studio.session.jobs.state)
    at_rest(studio, view)
    studio.take("25-approvals-posted")
    view.approvals.show_view(WritesView.WAITING)
    studio.settle()
    studio.take("26-approvals-none")


def _mappings(studio: Studio) -> None:
    """The mapping tables: empty, then with a history and a row to come."""
    studio.frame.run("sign_out")
    studio.enter(demo_books.ACCOUNTANT)
    studio.frame.show_screen("mappings")
    view = studio.frame.screens["mappings"]
    assert isinstance(view, MappingsView)
    studio.settle()
    studio.take("27-mappings-none")
    for table, value, target, day in (
        ("gateway", "card", "Cards", "2026-10-01"),
        ("location", "Westlands", "West", "2026-10-01"),
        ("location", "Westlands", "Nairobi West", "2026-10-15"),
        ("location", "Westlands", "Nairobi", "2026-12-01"),
    ):
        view.mappings.set({"table": table, "value": value, "field": "class", "target": target, "valid_from": day})
        studio.settle()
    view.mappings.go(1)
    studio.settle()
    studio.frame.toast.hide()
    studio.take("27-mappings-in-force")


def _dialogs(studio: Studio) -> None:
    """The key map and the palette."""
    workbench_of(studio)
    studio.take_dialog("30-keys", lambda: studio.frame.run("keys"))
    studio.take_dialog("31-palette", lambda: studio.frame.run("palette"))
    studio.take_dialog("31-palette-found", lambda: studio.frame.run("palette"), typed="refund")
