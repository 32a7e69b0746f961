"""Puts view models and screens together; imported after the first paint, because view models pull in the engine."""

from __future__ import annotations

from awra_desk.app.mapping_files import TableFiles
from awra_desk.domain.mappings import Axis
from awra_desk.files.samples import SampleFiles
from awra_desk.ports.tasks import TaskRunner
from awra_desk.ports.workbook import WorkbookWriter
from awra_desk.services.desk import Desk
from awra_desk.ui.views.approvals import ApprovalsView
from awra_desk.ui.views.asker import WindowAsker
from awra_desk.ui.views.connections import ConnectionsView
from awra_desk.ui.views.events import EventsView
from awra_desk.ui.views.exceptions import ExceptionsView
from awra_desk.ui.views.frame import Frame, RailEntry
from awra_desk.ui.views.mappings import MappingsView
from awra_desk.ui.views.workbench import WorkbenchView
from awra_desk.viewmodels.approvals import Approvals
from awra_desk.viewmodels.connections import Connections
from awra_desk.viewmodels.events import Events
from awra_desk.viewmodels.exceptions import Exceptions
from awra_desk.viewmodels.mapping_rows import Subject
from awra_desk.viewmodels.mappings import Mappings
from awra_desk.viewmodels.session import Session
from awra_desk.viewmodels.table_mapping import TableMapping
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
    exceptions = ExceptionsView(Exceptions(session))
    known = Connections(session)
    connections = ConnectionsView(known, TableMapping(known, SampleFiles()))
    mappings = MappingsView(Mappings(session, TableFiles()))
    events = EventsView(Events(session))
    entries = [
        RailEntry(workbench, "columns-2", "Workbench"),
        RailEntry(exceptions, "list-checks", "Exceptions"),
        RailEntry(ApprovalsView(Approvals(session)), "stamp", "Approvals"),
        RailEntry(connections, "plug", "Connections"),
        RailEntry(mappings, "link", "Mappings"),
        RailEntry(events, "inbox", "Events"),
    ]
    frame = Frame(session, entries)

    def show(reconciliation: str, side: str, record: str) -> None:
        frame.show_screen(workbench.key)
        workbench.workbench.open_member(reconciliation, (side, record))

    def explain(exception_id: str) -> None:
        frame.show_screen(exceptions.key)
        exceptions.queue.go_to(exception_id)

    def find(text: str) -> None:
        frame.show_screen(workbench.key)
        workbench.find_everywhere(text)

    def map_value(ledger: str, axis: str, value: str) -> None:
        frame.show_screen(mappings.key)
        mappings.seek(Subject(ledger, Axis(axis), value))

    exceptions.show_asked.connect(show)
    exceptions.mapping_asked.connect(map_value)
    frame.record_asked.connect(show)
    frame.text_asked.connect(find)
    connections.exception_asked.connect(explain)
    events.connections_asked.connect(lambda: frame.show_screen(connections.key))
    for screen in (workbench, exceptions):
        screen.export_asked.connect(lambda: frame.run("export"))
    return frame
