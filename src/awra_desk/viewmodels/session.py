"""The session: who is signed in, which company and period, how fresh the data is, and the jobs everybody shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import Flag, auto
from pathlib import Path

from awra_desk.domain.dates import Period
from awra_desk.domain.errors import UserError
from awra_desk.domain.people import Person
from awra_desk.ports.tasks import Asker, Lane, TaskRunner
from awra_desk.ports.workbook import WorkbookWriter
from awra_desk.services.desk import Desk
from awra_desk.services.export import Exported
from awra_desk.services.jobs import ExportJob, PullJob, Ran, ReconcileJob
from awra_desk.services.overview import Overview, overview
from awra_desk.services.people import authenticate
from awra_desk.services.pull import PullResult
from awra_desk.viewmodels import words
from awra_desk.viewmodels.jobs import Jobs
from awra_desk.viewmodels.observable import Command, Observable

STALE_HOURS = 24
PULL, RECONCILE, EXPORT = "Pull", "Reconcile", "Export"


class Changes(Flag):
    """What a command changed; a screen refreshes only what it shows."""

    RECORDS = auto()
    MATCHES = auto()
    EXCEPTIONS = auto()
    WRITES = auto()
    CONNECTIONS = auto()
    PERIOD = auto()
    PERSON = auto()  # somebody else is at the desk: nothing of the one before may be acted on
    ALL = RECORDS | MATCHES | EXCEPTIONS | WRITES | CONNECTIONS | PERIOD | PERSON


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old one source's data is: "Stripe 4 min"."""

    source: str
    text: str
    stale: bool


@dataclass(frozen=True, slots=True)
class SessionState:
    """What the frame shows.

    Attributes:
        person: None until somebody signed in. refused: why the last try to sign in failed, "" otherwise.
        periods: months from the take-on to today, latest first. period: the chosen one; None before any take-on.
        freshness: stalest source first.
        loaded: the overview was read at least once.
        commands: "pull", "reconcile", "export".
    """

    company: str
    person: Person | None = None
    refused: str = ""
    signing_in: bool = False
    period: Period | None = None
    periods: tuple[Period, ...] = ()
    freshness: tuple[Freshness, ...] = ()
    loaded: bool = False
    exceptions: int = 0
    overdue: int = 0
    waiting: int = 0
    commands: tuple[tuple[str, Command], ...] = ()

    @property
    def period_text(self) -> str:
        """Such as "October 2026"."""
        return words.month(self.period) if self.period else ""

    @property
    def roles_text(self) -> str:
        """Such as "Accountant"."""
        return ", ".join(sorted(role.value.capitalize() for role in self.person.roles)) if self.person else ""


class Session(Observable[SessionState]):
    """One window's session.

    Args:
        writer: makes the workbook writer; a function of a module, so that it can be sent to another process.
    """

    def __init__(self, desk: Desk, runner: TaskRunner, asker: Asker, *, writer: Callable[[], WorkbookWriter]) -> None:
        super().__init__(SessionState(desk.company))
        self.desk = desk
        self.asker = asker
        self.jobs = Jobs(runner, asker)
        self.overview: Overview | None = None
        self._writer = writer
        self._greet = False
        self._listeners: list[Callable[[Changes, object], None]] = []
        self.jobs.subscribe(self._refresh_commands)

    @property
    def who(self) -> str:
        """Sign-in name of the person; commands are only reachable once there is one."""
        if self.state.person is None:
            raise UserError("nobody is signed in", remedy="Sign in first.")
        return self.state.person.name

    def attempt(self, command: Callable[[], object]) -> None:
        """Run a command as a key or button does: what it refuses is told, with its reason."""
        try:
            command()
        except UserError as error:
            self.asker.tell(error)

    def sign_in(self, name: str, password: str) -> None:
        """Sign in; a refusal stands in `state.refused`."""
        if self.state.signing_in:
            return
        self._set(replace(self.state, signing_in=True, refused=""))
        self.jobs.quietly(
            Lane.STORE,
            lambda: authenticate(self.desk, name.strip(), password),
            self._signed_in,
            failed=lambda error: self._set(replace(self.state, signing_in=False, refused=error.text)),
        )

    def sign_out(self) -> None:
        """Leave; the window asks for the next person. Jobs under way go on."""
        self._set(replace(self.state, person=None, refused=""))
        self._tell(Changes.PERSON, None)

    def on_changes(self, listener: Callable[[Changes, object], None]) -> None:
        """Hear of every change with its initiator (a view model that brought its own state up to date, or None)."""
        self._listeners.append(listener)

    def publish(self, changes: Changes, initiator: object = None) -> None:
        """Tell the screens, and bring the frame's figures up to date."""
        self._tell(changes, initiator)
        if changes != Changes.PERIOD:
            self.refresh()

    def _tell(self, changes: Changes, initiator: object) -> None:
        for listener in tuple(self._listeners):
            listener(changes, initiator)

    def refresh(self) -> None:
        """Read the overview again."""
        self.jobs.quietly(Lane.STORE, lambda: overview(self.desk), self._seen)

    def choose_period(self, period: Period) -> None:
        """Work on another month."""
        if period != self.state.period:
            self._set(replace(self.state, period=period))
            self.publish(Changes.PERIOD)

    def pull(self, names: tuple[str, ...] = ()) -> None:
        """Bring sources (default: all) up to date; ends in a reconcilable state also when cancelled."""
        refusal = self.command("pull")
        if not refusal.enabled or self.overview is None:
            raise UserError(refusal.reason)
        chosen = names or tuple(connection.name for connection in self.overview.connections)
        job = PullJob(chosen, self.state.period, self.who)
        kept = "What came is kept; the next pull goes on from there."
        self.jobs.in_process(PULL, job, self._pulled, kept=kept, failed=lambda: self.publish(Changes.RECORDS))

    def reconcile(self, names: tuple[str, ...] = ()) -> None:
        """Match and prove reconciliations (default: all) for the period."""
        period, seen = self._ready("reconcile")
        chosen = names or tuple(spec.name for spec in seen.reconciliations)
        job = ReconcileJob(chosen, period, self.who)
        changed = Changes.MATCHES | Changes.EXCEPTIONS
        kept = "Reconciliations that had ended are kept."
        self.jobs.in_process(RECONCILE, job, self._reconciled, kept=kept, failed=lambda: self.publish(changed))

    def export(self, path: Path) -> None:
        """Write the period's audit workbook; every reconciliation is run first, so that it shows the present books."""
        period, seen = self._ready("export")
        names = tuple(spec.name for spec in seen.reconciliations)
        job = ExportJob(names, period, path, self._writer, self.who)
        self.jobs.in_process(EXPORT, job, lambda done: self._exported(path, done), kept="No workbook was written.")

    def command(self, name: str) -> Command:
        """One of the frame's commands."""
        return dict(self.state.commands)[name]

    def _ready(self, name: str) -> tuple[Period, Overview]:
        refusal = self.command(name)
        if not refusal.enabled or self.state.period is None or self.overview is None:
            raise UserError(refusal.reason or "there is nothing to work on yet")
        return self.state.period, self.overview

    def _signed_in(self, person: Person) -> None:
        self._greet = True
        self._set(replace(self.state, person=person, signing_in=False, refused=""))
        self.refresh()

    def _seen(self, seen: Overview) -> None:
        self.overview = seen
        now, today = self.desk.now(), self.desk.today()
        ages = sorted(((now - at).total_seconds(), name) for name, at in seen.pulled.items())
        fresh = [Freshness(name, f"{name} {words.ago(age)}", age > STALE_HOURS * 3600) for age, name in reversed(ages)]
        never = [
            Freshness(connection.name, f"{connection.name} never pulled", stale=True)
            for connection in seen.connections
            if connection.name not in seen.pulled
        ]
        periods = _months(seen, today)
        # The month last worked on; on a new workspace the first one there is to close.
        chosen = self.state.period or seen.latest_period or next(reversed(periods), None)
        self._set(
            replace(
                self.state,
                period=chosen,
                periods=periods,
                freshness=(*never, *fresh),
                loaded=True,
                exceptions=seen.open_exceptions,
                overdue=seen.overdue,
                waiting=seen.waiting,
            )
        )
        self._refresh_commands()
        greet, self._greet = self._greet, False
        if greet:
            self._tell(Changes.ALL, None)

    def _refresh_commands(self) -> None:
        seen = self.overview
        no_sources = seen is None or not seen.connections
        nothing = seen is None or not seen.reconciliations
        missing = (self.state.period is None, "No take-on balance was imported yet.")
        busy = tuple((self.jobs.running(job), f"{job} is under way.") for job in (PULL, RECONCILE, EXPORT))
        undefined = (nothing, "No reconciliation is set up.")
        commands = (
            ("pull", Command.when(PULL, (no_sources, "No system is connected."), *busy)),
            ("reconcile", Command.when(RECONCILE, undefined, missing, *busy)),
            ("export", Command.when("Export workbook…", undefined, missing, *busy)),
        )
        self._set(replace(self.state, commands=commands))

    def _pulled(self, results: tuple[PullResult, ...]) -> None:
        new = sum(result.new for result in results)
        rejects = sum(result.quarantined for result in results)
        broken = [f"{result.name}: {name}" for result in results for name in result.broken]
        parts = [f"{words.count(new, 'new record')} from {words.count(len(results), 'source')}"]
        parts += [f"{words.count(rejects, 'record')} in quarantine"] if rejects else []
        parts += [f"control totals broken: {', '.join(broken)}"] if broken else []
        notices = [f"{result.name}: {notice}" for result in results for notice in result.notices]
        self.asker.announce(" ".join([f"Pulled {', '.join(parts)}.", *notices]))
        self.publish(Changes.RECORDS)

    def _reconciled(self, results: tuple[Ran, ...]) -> None:
        withdrawn = sum(result.withdrawn for result in results)
        text = (
            f"{words.count(sum(result.confirmed for result in results), 'match', 'matches')} confirmed, "
            f"{sum(result.suggested for result in results):,} suggested, "
            f"{words.count(sum(result.new for result in results), 'new exception')}."
        )
        if withdrawn:
            text += f" {words.count(withdrawn, 'confirmed row')} became open again because a rival arrived."
        self.asker.announce(text)
        self.publish(Changes.MATCHES | Changes.EXCEPTIONS)

    def _exported(self, path: Path, done: Exported) -> None:
        sheets = words.count(done.sheets, "sheet")
        self.asker.announce(f"Wrote {path.name}: {sheets}, {words.count(done.rows, 'row')}, sha256 {done.sha256[:12]}…")
        self.publish(Changes.MATCHES | Changes.EXCEPTIONS)


def _months(seen: Overview, today: date) -> tuple[Period, ...]:
    """Months from the one after the take-on to the present, latest first."""
    if seen.first_day is None:
        return ()
    year, month = seen.first_day.year, seen.first_day.month
    if seen.first_day.day > 1:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    found = []
    while (year, month) <= (today.year, today.month):
        found.append(Period.month(f"{year:04d}-{month:02d}"))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return tuple(reversed(found))
