"""Puts view models and screens together; imported after the first paint, because view models pull in the engine."""

from __future__ import annotations

from awra_desk.ports.tasks import TaskRunner
from awra_desk.ports.workbook import WorkbookWriter
from awra_desk.services.desk import Desk
from awra_desk.ui.views.asker import WindowAsker
from awra_desk.ui.views.frame import Frame, RailEntry
from awra_desk.ui.views.workbench import WorkbenchView
from awra_desk.viewmodels.session import Session
from awra_desk.viewmodels.workbench import Workbench


def workbook_writer() -> WorkbookWriter:
    """The writer of the audit workbook; named so that it can be sent to another process."""
    from awra_desk.exporters.xlsx import XlsxWriter  # noqa: PLC0415 - only an export needs it

    return XlsxWriter()


def build_session(desk: Desk, runner: TaskRunner) -> tuple[WindowAsker, Session]:
    """The session and the asker that waits for its frame."""
    asker = WindowAsker()
    return asker, Session(desk, runner, asker, writer=workbook_writer)


def build_frame(session: Session) -> Frame:
    """The frame with every screen there is."""
    workbench = WorkbenchView(Workbench(session))
    frame = Frame(session, [RailEntry(workbench, "columns-2", "Workbench")])
    workbench.export_asked.connect(lambda: frame.run("export"))
    return frame
