"""The frame round all screens: rail, top bar, bottom bar, keys, notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.ui import keymap
from awra_desk.ui.theme import SCHEMES, look
from awra_desk.ui.views.jobs_list import JobsList
from awra_desk.ui.views.key_map import KeyMap
from awra_desk.ui.views.palette import Entry, Palette
from awra_desk.ui.views.screen import Screen
from awra_desk.ui.widgets.bottom_bar import BottomBar, JobLine
from awra_desk.ui.widgets.notices import Toast
from awra_desk.ui.widgets.plain import column, row
from awra_desk.ui.widgets.rail import Rail
from awra_desk.ui.widgets.top_bar import TopBar
from awra_desk.viewmodels import words
from awra_desk.viewmodels.finder import Finder, FoundLine
from awra_desk.viewmodels.jobs import Job
from awra_desk.viewmodels.session import Session, SessionState

_OFFERS = (("pull", "Pull"), ("reconcile", "Reconcile"), ("export", "Export…"))


@dataclass(frozen=True, slots=True)
class RailEntry:
    """A screen and how the rail shows it."""

    screen: Screen
    symbol: str
    words: str


class Frame(QWidget):
    """Everything a signed-in person sees; `signed_out` asks for the sign-in page, `titled` names what is up.

    `record_asked` (reconciliation, side, record id) asks for one record in the workbench, `text_asked` for every row
    that holds a text.
    """

    signed_out = Signal()
    record_asked = Signal(str, str, str)
    text_asked = Signal(str)
    titled = Signal(str)

    def __init__(self, session: Session, entries: Sequence[RailEntry]) -> None:
        super().__init__()
        self.setObjectName("frame")
        self.session = session
        self._finder = Finder(session)
        self.screens = {entry.screen.key: entry.screen for entry in entries}
        self._order = [entry.screen.key for entry in entries]
        items = [
            (entry.screen.key, entry.symbol, entry.words, keymap.hint(f"screen_{number}"))
            for number, entry in enumerate(entries, 1)
        ]
        self.rail, self.top = Rail(items), TopBar()
        self.bottom = BottomBar([(command, words, keymap.hint(command)) for command, words in _OFFERS])
        self.stack = QStackedWidget()
        for screen in self.screens.values():
            self.stack.addWidget(screen)
            screen.totals_changed.connect(self._show_totals)
        self._compose()
        self.toast = Toast(self)
        self.jobs_list = JobsList(self, self._cancel)
        self._bind()
        self.show_screen(self._order[0])
        session.subscribe(self._render)
        session.jobs.subscribe(self._render_jobs)
        self._render()
        self._render_jobs()

    @property
    def current(self) -> Screen:
        """The one that is up."""
        found = self.stack.currentWidget()
        assert isinstance(found, Screen)
        return found

    def show_screen(self, key: str) -> None:
        """Bring a screen up."""
        self.stack.setCurrentWidget(self.screens[key])
        self.rail.items[key].setChecked(True)
        self._show_totals()
        self.show_title()
        self.current.enter()

    def say(self, text: str, *, undo: bool) -> None:
        """What was done, with its undo."""
        self.toast.say(text, (lambda: self.run("undo")) if undo else None)

    def tell(self, error: UserError) -> None:
        """What went wrong, over the screen that is up."""
        what = f"{error.what[:1].upper()}{error.what[1:]}"
        head = words.short_ids(f"{error.record}: {error.what}" if error.record else what)
        self.current.banner.show_words("danger", head, error.remedy)

    def run(self, command: str) -> None:
        """Do a command of the key map; a refusal is said in words."""
        act = self.handlers().get(command)
        if act is None:
            return
        try:
            act()
        except UserError as error:
            self.say(error.text, undo=False)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What can be done now, here: the frame's commands and the screen's."""
        own: dict[str, Callable[[], object]] = {
            "pull": self.session.pull,
            "reconcile": self.session.reconcile,
            "export": self.export,
            "palette": self._open_palette,
            "keys": lambda: KeyMap(self).exec(),
            "period": self.top.period.showMenu,
            "sign_out": self._sign_out,
            **{f"screen_{number}": partial(self.show_screen, key) for number, key in enumerate(self._order, 1)},
        }
        return {**own, **self.current.handlers}

    def export(self) -> None:
        """Ask where the workbook goes, and write it."""
        command = self.session.command("export")
        if not command.enabled:
            raise UserError(command.reason)
        proposal = str(Path.home() / f"audit-{self.session.state.period}.xlsx")
        chosen, _ = QFileDialog.getSaveFileName(self, "Export the audit workbook", proposal, "Excel workbook (*.xlsx)")
        if chosen:
            self.session.export(Path(chosen).with_suffix(".xlsx"))

    # Parts

    def _compose(self) -> None:
        whole = row(self, gap=0)
        whole.addWidget(self.rail)
        right = column()
        right.addWidget(self.top)
        right.addWidget(self.stack, 1)
        right.addWidget(self.bottom)
        whole.addLayout(right, 1)

    def _bind(self) -> None:
        self.rail.chosen.connect(self.show_screen)
        self.top.search_asked.connect(self._open_palette)
        self.top.freshness_asked.connect(lambda: self.run("pull"))
        self.bottom.keys_asked.connect(lambda: self.run("keys"))
        self.bottom.asked.connect(self.run)
        self.bottom.cancel_asked.connect(self._cancel)
        self.bottom.jobs_asked.connect(self.jobs_list.pop_up)
        for key in keymap.KEYS:
            if key.command:
                action = QAction(key.words, self)
                action.setShortcut(keymap.sequence(key.command))
                action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
                action.triggered.connect(partial(self._triggered, key.command))
                self.addAction(action)
        menu = self.top.person_menu
        group = QActionGroup(self)
        for choice, title in SCHEMES.items():
            action = menu.addAction(title, partial(look().choose, choice))
            action.setCheckable(True)
            action.setChecked(choice == look().choice)
            group.addAction(action)
        menu.addSeparator()
        for command in ("pull", "reconcile", "export"):
            menu.addAction(next(key.words for key in keymap.KEYS if key.command == command),
                           partial(self.run, command))  # fmt: skip
        menu.addSeparator()
        menu.addAction("Sign out", partial(self.run, "sign_out"))

    # Showing

    def _render(self) -> None:
        state = self.session.state
        self.top.company.setText(state.company)
        self._render_period(state)
        person = state.person
        self.top.person.setText(person.full_name if person else "")
        self.top.avatar.show_initials(words.initials(person.full_name) if person else "")
        self.top.role.setText(state.roles_text)
        stale = [source for source in state.freshness if source.stale]
        fresh = [source.text for source in state.freshness if not source.stale]
        texts = [source.text for source in stale[:2]]
        if len(fresh) > 3 or (stale and fresh):
            texts.append(f"{len(fresh)} up to date")
        else:
            texts += fresh
        self.top.show_freshness("  ·  ".join(texts), stale=bool(stale))
        self.top.freshness.setToolTip("Pull all sources  " + keymap.hint("pull"))
        badges = {keymap.EXCEPTIONS: (state.exceptions, state.overdue > 0), keymap.APPROVALS: (state.waiting, False)}
        for key, (count, urgent) in badges.items():
            if key in self.rail.items:
                self.rail.items[key].set_badge(count, urgent=urgent)
        self.show_title()

    def _render_period(self, state: SessionState) -> None:
        self.top.period.setText(state.period_text or "No period yet")
        self.top.period_state.setText("Open")
        self.top.period_state.setVisible(state.period is not None)
        names = [words.month(period) for period in state.periods]
        if [action.text() for action in self.top.period_menu.actions()] != names:
            self.top.period_menu.clear()
            for period, name in zip(state.periods, names, strict=True):
                self.top.period_menu.addAction(name, partial(self.session.choose_period, period))

    def _render_jobs(self) -> None:
        lines = tuple(job_line(job) for job in self.session.jobs.state)
        self.bottom.show_jobs(lines)
        self.jobs_list.show_jobs(lines)

    def show_title(self) -> None:
        """What the window's title says: screen, month, company, person."""
        state = self.session.state
        person = state.person.full_name if state.person else ""
        parts = (self.current.accessibleName(), state.period_text, state.company, person)
        self.titled.emit(" – ".join(part for part in parts if part))

    def _show_totals(self) -> None:
        self.bottom.show_totals(self.current.totals())

    # What the person does

    def _triggered(self, command: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's signal
        self.run(command)

    def _cancel(self, job: str) -> None:
        self.session.jobs.cancel(int(job))

    def _sign_out(self) -> None:
        for screen in self.screens.values():
            screen.banner.hide()
        self.toast.hide()
        self.session.sign_out()
        self.signed_out.emit()

    def _open_palette(self) -> None:
        known = self.handlers().keys() - {"palette"}
        commands = [Entry(partial(self.run, key.command), key.words, key.hint)
                    for key in keymap.KEYS if key.command in known]  # fmt: skip
        Palette(self, commands, self._look_up, self.text_asked.emit).exec()

    def _look_up(self, text: str, done: Callable[[list[Entry]], None]) -> None:
        """Records of any reconciliation, as lines that open them."""

        def found(lines: list[FoundLine]) -> None:
            done([Entry(partial(self.record_asked.emit, line.reconciliation, *line.member), line.text,
                        line.reconciliation) for line in lines])  # fmt: skip

        self._finder.ask(text, found)


def job_line(job: Job) -> JobLine:
    """A job as the bottom bar shows it."""
    parts = [job.name, job.words, job.counts]
    text = ", ".join(part for part in parts if part)
    return JobLine(
        str(job.number), f"{text}, stopping…" if job.stopping else text, job.done, job.total, not job.stopping
    )
