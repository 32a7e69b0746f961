"""Which column of a table is what: said beside a sample file, seen at once as rows, saved as the next version."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awra_desk.domain.errors import UserError
from awra_desk.ports.connections import Connection
from awra_desk.ports.progress import silent
from awra_desk.ports.table_samples import Drawn, Sample, TableSamples, Written
from awra_desk.ports.tasks import Lane
from awra_desk.services.file_mapping import KEEPERS, OPTION, MappingVersion, Preview, mapping_versions
from awra_desk.services.jobs import SaveMappingJob, TryMappingJob
from awra_desk.viewmodels.listing import refuse
from awra_desk.viewmodels.observable import Command, Observable
from awra_desk.viewmodels.session import Changes
from awra_desk.viewmodels.table_form import fits, guessed, lacking, meant
from awra_desk.viewmodels.table_lines import (
    ColumnLine,
    ReadView,
    VersionLine,
    column_lines,
    read_view,
    version_lines,
)

if TYPE_CHECKING:
    from awra_desk.viewmodels.connections import Connections

TABLE = "table"
TRY, SAVE = "Read the files", "Save how they are read"
SHOWN = 500  # rows and rejects that the preview lists
LARGE = 400_000  # bytes of all files from which on they are read in another process
_WAYS = frozenset({"encoding", "delimiter", "sheet"})
"""What decides which cells there are; the file is opened anew."""


@dataclass(frozen=True, slots=True)
class TableMappingState:
    """What the screen shows; `name` is "" while it is not up.

    Attributes:
        files, file: names of the connection's files, and which of them is the sample. heading_row: its number there.
        sample: (number in the file, a text per column). doubts: what the file alone cannot tell.
        written: how it is written, as the form says it. long: the mapping as text, where no form can show it.
        lacks: what must be said before anything can be read. reading: the files are being read.
        trouble: why they cannot be read so. read: what they give, None before the first answer.
        changed: it is otherwise than what is in force.
    """

    name: str = ""
    loading: bool = False
    failed: UserError | None = None
    files: tuple[str, ...] = ()
    file: int = -1
    heading_row: int = 0
    columns: tuple[ColumnLine, ...] = ()
    sample: tuple[tuple[int, tuple[str, ...]], ...] = ()
    sheets: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    written: Mapping[str, Written] | None = None
    long: str = ""
    lacks: str = ""
    reading: bool = False
    trouble: UserError | None = None
    read: ReadView | None = None
    versions: tuple[VersionLine, ...] = ()
    changed: bool = False
    commands: tuple[tuple[str, Command], ...] = ()


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is known when the screen comes up."""

    files: tuple[Path, ...]
    size: int
    versions: list[MappingVersion]
    known: Drawn | None
    currency: str
    names: Mapping[str, str]  # of people


class TableMapping(Observable[TableMappingState]):
    """Of the connection under the cursor.

    Args:
        samples: opens sample files and writes mappings.
    """

    def __init__(self, connections: Connections, samples: TableSamples) -> None:
        super().__init__(TableMappingState())
        self.connections, self.session, self._samples = connections, connections.session, samples
        self._files: tuple[Path, ...] = ()
        self._size = 0
        self._versions: list[MappingVersion] = []
        self._text = ""  # in force
        self._currency = ""
        self._sample: Sample | None = None
        self._drawn = Drawn()
        self._asked = 0  # the newest question; older answers are of no use any more
        self._job = 0
        self.session.on_changes(self._on_changes)
        connections.subscribe(self._refresh)
        self._refresh()

    @property
    def unsaid(self) -> bool:
        """Whether the connection under the cursor is a table of which nothing is said yet."""
        connection = self.connections.current()
        return connection is not None and connection.provider == TABLE and not connection.options.get(OPTION)

    # Coming and going

    def open(self) -> None:
        """Bring it up for the connection under the cursor."""
        self._require("columns")
        connection = self.connections.current()
        assert connection is not None  # required
        self._text = connection.options.get(OPTION, "")
        self._sample, self._drawn, self._versions = None, Drawn(), []
        self._set(TableMappingState(name=connection.name, loading=True, commands=self.state.commands))
        self._refresh()
        asked = self._next()

        def done(found: _Opened) -> None:
            if asked == self._asked:
                self._opened(found)

        self.session.jobs.quietly(Lane.NET, lambda: self._look_up(connection), done, failed=self._failer(asked))

    def reload(self) -> None:
        """Look at the files again, after one was put there or mended."""
        self._set(replace(self.state, name=""))
        self.open()

    def close(self) -> bool:
        """Put it away, after a question if something was not saved; whether it is gone."""
        if self.state.changed and self.state.columns and dict(self.state.commands)["save"].enabled:
            detail = "What was said about the columns is forgotten. What is in force stays as it is."
            if not self.session.asker.confirm("Leave without saving?", detail=detail, verb="Leave it"):
                return False
        self._gone()
        return True

    # Saying how it is read

    def choose_file(self, position: int) -> None:
        """Another file of the connection as the sample; what was said stays."""
        if 0 <= position < len(self._files):
            self._look(position, {}, self._drawn if self._drawn.columns else None)

    def mean(self, position: int, meaning: str) -> None:
        """Say what a column is, "" for nothing; what only one column can be, the other one is no longer."""
        if self._sample is None or self.state.long:
            return
        own = str(self._sample.guess.written.get("currency", self._currency))
        headings = self._sample.headings
        self._say(meant(self._drawn, headings, headings[position], meaning, own))

    def write(self, word: str, value: Written) -> None:
        """Say how it is written: a word of the form with its value."""
        if self.state.long or self._drawn.written.get(word) == value:
            return
        written = {**self._drawn.written, word: value}
        if word in _WAYS:
            self._drawn = Drawn(self._drawn.columns, written)
            told = {way: written[way] for way in _WAYS if way in written}
            self._look(self.state.file, told, self._drawn if self._drawn.columns else None)
        elif self._sample is not None:
            self._say(Drawn(self._drawn.columns, written))

    def guess(self) -> None:
        """Begin anew with what the columns seem to be."""
        self._require("guess")
        if self._sample is not None:
            self._say(guessed(self._sample, self._currency))

    def take(self, number: int) -> None:
        """Put what a version says into the form; saving makes it the next version."""
        version = next((one for one in self._versions if one.version == number), None)
        if version is not None:
            self._take(version.text)

    def save(self) -> None:
        """Put it in force as the next version."""
        self._require("save")
        name, job = self.state.name, SaveMappingJob(self.state.name, self._as_text(), self.session.who)

        def done(saved: MappingVersion) -> None:
            self._gone()
            pull = "Re-read what was pulled to see what it makes different." if saved.version > 1 else "Pull it."
            self.session.asker.announce(f"{name} is read by version {saved.version} from now on. {pull}")
            self.session.publish(Changes.CONNECTIONS)

        if self._size > LARGE:
            self.session.jobs.in_process(SAVE, job, done, kept="What is in force stays.")
        else:
            self.session.jobs.quietly(Lane.STORE, lambda: job(self.session.desk, silent), done)

    # Within

    def _look_up(self, connection: Connection) -> _Opened:
        files = self._samples.files(connection)
        with self.session.desk.read() as uow:
            currencies = {s.currency for s in uow.reconciliations.all() if s.source.source == connection.name}
            names = {person.name: person.full_name for person in uow.people.all()}
        return _Opened(
            files=files,
            size=sum(path.stat().st_size for path in files if path.exists()),
            versions=mapping_versions(self.session.desk, connection.name),
            known=self._samples.drawn(self._text) if self._text else None,
            currency=currencies.pop() if len(currencies) == 1 else "",
            names=names,
        )

    def _opened(self, found: _Opened) -> None:
        self._files, self._size, self._versions = found.files, found.size, found.versions
        self._currency = found.currency
        lines = version_lines(self._versions, self._text, self.session.desk.zone, found.names)
        names = tuple(path.name for path in found.files)
        long = self._text if self._text and found.known is None else ""
        self._drawn = found.known or Drawn()
        self._set(replace(self.state, files=names, versions=lines, long=long))
        if not found.files:
            connection = self.connections.current()
            where = connection.base_url if connection else ""
            self._set(replace(self.state, loading=False, failed=UserError(
                "there is no table file yet", record=where, remedy="Put a CSV or XLSX file there, then look again."
            )))  # fmt: skip
            return
        self._look(len(found.files) - 1, {}, found.known)

    def _look(self, position: int, told: Mapping[str, Written], known: Drawn | None) -> None:
        """Open the sample file."""
        asked, path = self._next(), self._files[position]
        self._set(replace(self.state, loading=True, failed=None, file=position))

        def done(sample: Sample) -> None:
            if asked == self._asked:
                self._looked(sample)

        self.session.jobs.quietly(
            Lane.NET, lambda: self._samples.look(path, told, known), done, failed=self._failer(asked)
        )

    def _looked(self, sample: Sample) -> None:
        self._sample = sample
        self._set(replace(
            self.state, loading=False, failed=None, heading_row=sample.heading_row, sample=sample.rows,
            sheets=sample.sheets,
        ))  # fmt: skip
        self._say(self._drawn if self.state.long or fits(self._drawn, sample) else guessed(sample, self._currency))

    def _take(self, text: str) -> None:
        drawn = self._samples.drawn(text)
        self._set(replace(self.state, long="" if drawn is not None else text))
        self._say(drawn or Drawn())

    def _say(self, drawn: Drawn) -> None:
        """Show it and read the files so."""
        sample = self._sample
        assert sample is not None  # nothing is said before a file was looked at
        self._drawn = drawn
        lacks = "" if self.state.long else lacking(drawn)
        form = drawn.columns.get("date"), drawn.written.get("date")
        same = form == (sample.guess.columns.get("date"), sample.guess.written.get("date"))
        self._set(replace(
            self.state,
            columns=column_lines(sample, drawn),
            written=drawn.written,
            doubts=sample.doubts if same else (),
            lacks=lacks,
            trouble=None,
            read=None if lacks else self.state.read,
            reading=not lacks,
            changed=lacks != "" or not self._in_force(),
        ))  # fmt: skip
        asked = self._next()
        if not lacks:
            self._try(asked)
        self._refresh()

    def _try(self, asked: int) -> None:
        job = TryMappingJob(self.state.name, self._as_text(), SHOWN)

        def done(found: Preview) -> None:
            if asked == self._asked:
                self._set(replace(self.state, reading=False, read=read_view(found)))
                self._refresh()

        if self._size > LARGE:
            self.session.jobs.cancel(self._job)
            kept = "Nothing was stored."
            self._job = self.session.jobs.in_process(TRY, job, done, kept=kept, failed=lambda: self._stopped(asked))
            return

        def failed(error: UserError) -> None:
            if asked == self._asked:
                self._set(replace(self.state, reading=False, read=None, trouble=error))
                self._refresh()

        self.session.jobs.quietly(Lane.NET, lambda: job(self.session.desk, silent), done, failed=failed)

    def _stopped(self, asked: int) -> None:
        if asked == self._asked:
            self._set(replace(self.state, reading=False, read=None))
            self._refresh()

    def _as_text(self) -> str:
        """The mapping as a file; its name counts the versions."""
        if self.state.long:
            return self.state.long
        slug = re.sub(r"[^a-z0-9]+", "-", self.state.name.casefold()).strip("-") or TABLE
        return self._samples.text(self._drawn, f"{slug}-{len(self._versions) + 1}")

    def _in_force(self) -> bool:
        """Whether it is what is in force, whatever that is called."""
        if not self._text:
            return False
        if self.state.long:
            return self.state.long == self._text
        known = self._samples.drawn(self._text)
        return known is not None and self._samples.text(known, "") == self._samples.text(self._drawn, "")

    def _refresh(self) -> None:
        self._set(replace(self.state, commands=self._commands()))

    def _commands(self) -> tuple[tuple[str, Command], ...]:
        connection, person, state = self.connections.current(), self.session.state.person, self.state
        other = (connection is None or connection.provider != TABLE, "Only tables are read by your own mapping.")
        barred = (person is None or not person.may(*KEEPERS), "It takes an accountant or the integration owner.")
        unread = (state.reading, "The files are being read.")
        trouble = (state.trouble is not None or state.read is None, "The files cannot be read so.")
        return (
            ("columns", Command.when("Columns…", (connection is None, "Select a connection."), other)),
            ("guess", Command.when("Guess again", (not state.columns, "No file is shown."), (bool(state.long), _LONG))),
            ("save", Command.when(
                f"Save version {len(self._versions) + 1}", barred, (not state.columns, "No file is shown."),
                (bool(state.lacks), state.lacks), (not state.changed, "It is what is in force."), unread,
                trouble,
            )),
        )  # fmt: skip

    def _require(self, name: str) -> None:
        refuse(self._commands(), name)

    def _next(self) -> int:
        self._asked += 1
        return self._asked

    def _failer(self, asked: int) -> Callable[[UserError], None]:
        def failed(error: UserError) -> None:
            if asked == self._asked:
                self._set(replace(self.state, loading=False, failed=error))
                self._refresh()

        return failed

    def _gone(self) -> None:
        self._next()
        self.session.jobs.cancel(self._job)
        self._set(TableMappingState(commands=self.state.commands))
        self._refresh()

    def _on_changes(self, changes: Changes, initiator: Any) -> None:
        if changes & Changes.PERSON and self.state.name:
            self._gone()


_LONG = "It is written in the long form; take a version of the form, or save a file with `awra-desk mapping`."
