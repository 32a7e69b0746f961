"""Jobs: long work of several steps, as values that can be sent to another process. Each step commits by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from awra_desk.domain.dates import Period
from awra_desk.domain.ladder import Rung
from awra_desk.ports.progress import Progress
from awra_desk.ports.workbook import WorkbookWriter
from awra_desk.services.desk import Desk
from awra_desk.services.events import Processed, process_all, replay
from awra_desk.services.export import Exported, export
from awra_desk.services.file_mapping import MappingVersion, Preview, preview, save_mapping
from awra_desk.services.health import Health, examine
from awra_desk.services.ladder import climb
from awra_desk.services.pull import PullResult, pull
from awra_desk.services.reconcile import reconcile
from awra_desk.services.renormalise import Differences, differences, renormalise


@dataclass(frozen=True, slots=True)
class Ran:
    """One reconciliation of a job, without the statement's rows."""

    name: str
    confirmed: int
    suggested: int
    exceptions: int
    new: int
    cleared: int
    withdrawn: int
    unexplained: int
    currency: str


@dataclass(frozen=True, slots=True)
class PullJob:
    """Bring sources up to date, one after another; without a period only their present balances are asked for."""

    names: tuple[str, ...]
    period: Period | None
    who: str

    def __call__(self, desk: Desk, progress: Progress) -> tuple[PullResult, ...]:
        """Pull; what came before a cancel is kept and the next pull goes on behind it."""
        days = (self.period.first, self.period.last) if self.period else ()
        return tuple(pull(desk, name, days=days, who=self.who, progress=progress) for name in self.names)


@dataclass(frozen=True, slots=True)
class EventsJob:
    """Process the events that are due, after making those of `keys` due again."""

    keys: tuple[tuple[str, str], ...]
    who: str

    def __call__(self, desk: Desk, progress: Progress) -> tuple[Processed, ...]:
        """Process them; what was begun when it is cancelled is tried again later."""
        if self.keys:
            replay(desk, self.keys, who=self.who)
        return tuple(process_all(desk, who=self.who, progress=progress))


@dataclass(frozen=True, slots=True)
class ReconcileJob:
    """Run reconciliations for a period."""

    names: tuple[str, ...]
    period: Period
    who: str

    def __call__(self, desk: Desk, progress: Progress) -> tuple[Ran, ...]:
        """Reconcile one after another."""
        return tuple(_ran(desk, name, self.period, self.who, progress) for name in self.names)


@dataclass(frozen=True, slots=True)
class ExportJob:
    """Write the audit workbook, after running again what changed since its last run.

    Attributes:
        stale: reconciliations to run first. writer: makes the workbook writer; a function that can be pickled.
    """

    stale: tuple[str, ...]
    period: Period
    path: Path
    writer: Callable[[], WorkbookWriter]
    who: str

    def __call__(self, desk: Desk, progress: Progress) -> Exported:
        """Reconcile what is stale, then export."""
        for name in self.stale:
            reconcile(desk, name, self.period, who=self.who, progress=progress)
        progress(0, None, f"Writing {self.path.name}")
        return export(desk, self.period, self.path, self.writer(), by=self.who)


@dataclass(frozen=True, slots=True)
class ProbeJob:
    """Test a connection: whether it answers, and everything its ladder asks for."""

    name: str

    def __call__(self, desk: Desk, progress: Progress) -> Health:
        """Look at it."""
        progress(0, None, self.name)
        return examine(desk, self.name)


@dataclass(frozen=True, slots=True)
class ClimbJob:
    """Open the next rung of a connection, on evidence."""

    name: str
    who: str

    def __call__(self, desk: Desk, progress: Progress) -> Rung:
        """Test it, then open the rung."""
        progress(0, None, self.name)
        return climb(desk, self.name, who=self.who)


@dataclass(frozen=True, slots=True)
class RereadJob:
    """Read what was pulled again with the contract in force: `apply` it, or only say what becomes different."""

    name: str
    who: str
    apply: bool = False

    def __call__(self, desk: Desk, progress: Progress) -> Differences:
        """Read it again."""
        if self.apply:
            return renormalise(desk, self.name, who=self.who, progress=progress)
        return differences(desk, self.name, progress=progress)


@dataclass(frozen=True, slots=True)
class TryMappingJob:
    """Read the files of a source with a mapping and store nothing.

    Attributes:
        shown: how many transactions and rejects the preview holds.
    """

    name: str
    text: str
    shown: int

    def __call__(self, desk: Desk, progress: Progress) -> Preview:
        """Read them."""
        progress(0, None, self.name)
        return preview(desk, self.name, self.text, shown=self.shown)


@dataclass(frozen=True, slots=True)
class SaveMappingJob:
    """Put a mapping in force as the next version."""

    name: str
    text: str
    who: str

    def __call__(self, desk: Desk, progress: Progress) -> MappingVersion:
        """Read the files with it, then save it."""
        progress(0, None, self.name)
        return save_mapping(desk, self.name, self.text, by=self.who)


def _ran(desk: Desk, name: str, period: Period, who: str, progress: Progress) -> Ran:
    progress(0, None, f"{name}: reading both sides")
    result = reconcile(desk, name, period, who=who, progress=progress)
    run, shown = result.run, result.statement
    counts = (result.exceptions, result.new, result.cleared, result.withdrawn)
    return Ran(name, run.confirmed, run.suggested, *counts, shown.unexplained, result.spec.currency)
