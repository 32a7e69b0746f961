"""Every key of the desktop, once: what F1 shows, what buttons carry as their hint, and what the window listens to."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QKeySequence


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        command: what it does, or "" where a table itself handles it. keys: Qt's portable text.
        words: for people. group: heading in the map. screen: only there; "" everywhere.
    """

    command: str
    keys: str
    words: str
    group: str
    screen: str = ""

    @property
    def hint(self) -> str:
        """As it stands on buttons and in the map: "Ctrl ↵"."""
        return shown(self.keys)


WORKBENCH, EXCEPTIONS, APPROVALS = "workbench", "exceptions", "approvals"
CONNECTIONS, MAPPINGS, EVENTS = "connections", "mappings", "events"

KEYS: tuple[Key, ...] = (
    Key("", "Down", "Next row, also J", "Move"),
    Key("", "Up", "Row before, also K", "Move"),
    Key("next_open", "Alt+Down", "Next item to decide", "Move"),
    Key("previous_open", "Alt+Up", "Item to decide before", "Move"),
    Key("", "Tab", "Other table, next field", "Move"),
    Key("", "Space", "Add to the selection, take out", "Move"),
    Key("", "Return", "Open the inspector, the row's detail", "Move"),
    Key("select_all", "Ctrl+A", "Select all rows listed", "Move"),
    Key("", "Ctrl+C", "Copy the row, amounts as plain numbers", "Move"),
    Key("accept", "A", "Accept the suggestion", "Decide", WORKBENCH),
    Key("reject", "R", "Reject the suggestion", "Decide", WORKBENCH),
    Key("match", "M", "Match the selected rows", "Decide", WORKBENCH),
    Key("unmatch", "U", "Undo a match: unmatch", "Decide", WORKBENCH),
    Key("find", "F", "Find a match for the row", "Decide"),
    Key("note", "N", "Note, comment", "Decide"),
    Key("exclude", "X", "Exclude with a reason", "Decide", WORKBENCH),
    Key("assign", "G", "Assign to a person", "Decide", EXCEPTIONS),
    Key("resolve", "E", "Resolve with a reason", "Decide", EXCEPTIONS),
    Key("propose", "Ctrl+Return", "Propose the entry", "Decide"),
    Key("approve", "Ctrl+Shift+Return", "Approve the entry", "Decide", APPROVALS),
    Key("post", "Ctrl+P", "Post approved entries", "Decide", APPROVALS),
    Key("undo", "Ctrl+Z", "Undo", "Decide"),
    Key("redo", "Ctrl+Shift+Z", "Redo", "Decide"),
    Key("why", "F9", "Why matched, why not", "See"),
    Key("next_member", "Alt+Right", "Trace and raw of the match's next row", "See", WORKBENCH),
    Key("previous_member", "Alt+Left", "Trace and raw of the row before", "See", WORKBENCH),
    Key("filter", "Ctrl+F", "Filter the list", "See"),
    Key("escape", "Esc", "Clear the filter, then the selection", "See"),
    Key("views", "Ctrl+L", "Next view of the list: open, suggested …", "See"),
    Key("choose", "Ctrl+R", "Choose a reconciliation", "See", WORKBENCH),
    Key("period", "Ctrl+M", "Choose a month", "See"),
    Key("history", "Ctrl+H", "Decisions of this session", "See"),
    Key("palette", "Ctrl+K", "Find anything, run a command", "See"),
    Key("keys", "F1", "This map", "See"),
    Key("pull", "F5", "Pull all sources", "Work"),
    Key("reconcile", "F6", "Reconcile", "Work"),
    Key("pull_one", "Shift+F5", "Pull this connection", "Work", CONNECTIONS),
    Key("test", "Ctrl+T", "Test the connection", "Work", CONNECTIONS),
    Key("climb", "Ctrl+Up", "Open the next rung", "Work", CONNECTIONS),
    Key("descend", "Ctrl+Down", "Step down a rung", "Work", CONNECTIONS),
    Key("reread", "Ctrl+Shift+R", "Re-read: show the differences", "Work", CONNECTIONS),
    Key("connect", "Ctrl+N", "Connect a system", "Work", CONNECTIONS),
    Key("credentials", "Ctrl+D", "Address and credentials", "Work", CONNECTIONS),
    Key("set_mapping", "Ctrl+S", "Save the mapping in the form", "Work"),
    Key("import", "Ctrl+I", "Import mappings; columns of a table", "Work"),
    Key("replay", "P", "Replay the event, or those selected", "Decide", EVENTS),
    Key("replay_dead", "Shift+P", "Replay all dead letters", "Decide", EVENTS),
    Key("process", "F7", "Process the events that are due", "Work", EVENTS),
    Key("export", "Ctrl+E", "Export the audit workbook", "Work"),
    Key("screen_1", "Ctrl+1", "Workbench", "Work"),
    Key("screen_2", "Ctrl+2", "Exceptions", "Work"),
    Key("screen_3", "Ctrl+3", "Approvals", "Work"),
    Key("screen_4", "Ctrl+4", "Connections", "Work"),
    Key("screen_5", "Ctrl+5", "Mappings", "Work"),
    Key("screen_6", "Ctrl+6", "Events", "Work"),
    Key("sign_out", "Ctrl+Shift+Q", "Sign out, for the next person", "Work"),
)

_SIGNS = {"Return": "↵", "Down": "↓", "Up": "↑", "Left": "←", "Right": "→"}


def shown(keys: str) -> str:
    """Qt's text as people read it: "Ctrl+Shift+Return" is "Ctrl Shift ↵"."""
    return " ".join(_SIGNS.get(part, part) for part in keys.split("+"))


def hint(command: str) -> str:
    """The key of a command for its button, "" when it has none."""
    return next((key.hint for key in KEYS if key.command == command), "")


def sequence(command: str) -> QKeySequence:
    """What Qt listens to."""
    return QKeySequence(next(key.keys for key in KEYS if key.command == command))
