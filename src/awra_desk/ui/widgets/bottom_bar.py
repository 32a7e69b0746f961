"""The bottom bar: totals at the left, at the right the jobs or what may be begun. It never scrolls away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from awra_desk.ui.theme import size
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import clear, elided, grounded, label, row, rule

_JOB_WIDTH = 300
_NARROW, _NARROW_JOB = 1208, 170


@dataclass(frozen=True, slots=True)
class Total:
    """One labelled figure of the bar. tone: "" | ok | danger | warning."""

    label: str
    value: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as the bar shows it.

    Attributes:
        job_id: what `cancel_asked` carries. done, total: counts for the bar; total None while unknown.
    """

    job_id: str
    words: str
    done: int
    total: int | None
    cancellable: bool


class BottomBar(QWidget):
    """Totals and jobs; `cancel_asked` carries a job's id, `asked` the command of a button.

    Args:
        offers: (command, words, key's words) of the jobs that may be begun while none is under way.
    """

    asked = Signal(str)
    cancel_asked = Signal(str)
    keys_asked = Signal()
    jobs_asked = Signal()

    def __init__(self, offers: Sequence[tuple[str, str, str]] = ()) -> None:
        super().__init__()
        self._offers = tuple(offers)
        grounded(self, "bottomBar")
        self.setAccessibleName("Totals and jobs")
        self.setFixedHeight(size("bottom_bar"))
        bar = row(self, margins=(12, 0, 12, 0), gap=0)
        self._totals, self._jobs = row(gap=0), row(gap=8)
        bar.addLayout(self._totals)
        bar.addSpacing(16)
        bar.addStretch(1)
        bar.addLayout(self._jobs)
        bar.addSpacing(12)
        self.keys = KeyButton("Keys", kind="bar", hint="F1", dense=True)
        self.keys.clicked.connect(lambda _checked=False: self.keys_asked.emit())
        bar.addWidget(self.keys)
        self._shown_totals: tuple[Total, ...] | None = None
        self._shown_jobs: tuple[JobLine, ...] | None = None
        self.show_jobs(())

    def show_totals(self, totals: Sequence[Total]) -> None:
        """Replace the figures."""
        if tuple(totals) == self._shown_totals:
            return
        self._shown_totals = tuple(totals)
        clear(self._totals)
        for place, total in enumerate(self._shown_totals):
            if place:
                self._totals.addSpacing(10)
                self._totals.addWidget(rule(vertical=True))
                self._totals.addSpacing(10)
            name = elided("quiet")
            name.setText(total.label)
            self._totals.addWidget(name)
            self._totals.addSpacing(6)
            figure = label(total.value, "strong", tone=total.tone)
            figure.setAccessibleName(f"{total.label} {total.value}")
            self._totals.addWidget(figure)

    def show_jobs(self, jobs: Sequence[JobLine]) -> None:
        """The first job with its bar and Cancel; how many more there are opens their list."""
        if tuple(jobs) == self._shown_jobs:
            return
        same = self._shown_jobs and [job.job_id for job in jobs] == [job.job_id for job in self._shown_jobs]
        self._shown_jobs = tuple(jobs)
        if same and jobs:
            self._update_first(jobs[0])
            return
        clear(self._jobs)
        if not jobs:
            for command, words, key in self._offers:
                button = KeyButton(words, kind="bar", hint=key if self.width() >= _NARROW else "", dense=True)
                button.setToolTip(key)
                button.clicked.connect(lambda _checked=False, command=command: self.asked.emit(command))
                self._jobs.addWidget(button)
            return
        first = jobs[0]
        self._words, self._bar = label(first.words, "cell"), QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(64)
        self._update_first(first)
        self._jobs.addWidget(self._words)
        self._jobs.addWidget(self._bar)
        if len(jobs) > 1:
            more = KeyButton(f"{len(jobs) - 1} more", kind="link", dense=True)
            more.clicked.connect(lambda _checked=False: self.jobs_asked.emit())
            self._jobs.addWidget(more)
        if first.cancellable:
            cancel = KeyButton("Cancel", dense=True)
            cancel.setAccessibleName(f"Cancel {first.words}")
            cancel.clicked.connect(lambda _checked=False: self.cancel_asked.emit(first.job_id))
            self._jobs.addWidget(cancel)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """In a narrow window the figures come before the keys of the buttons."""
        super().resizeEvent(event)
        if (event.size().width() < _NARROW) != (event.oldSize().width() < _NARROW):
            jobs, self._shown_jobs = self._shown_jobs or (), None
            self.show_jobs(jobs)

    def _update_first(self, job: JobLine) -> None:
        room = _JOB_WIDTH if self.width() >= _NARROW else _NARROW_JOB
        self._words.setText(self._words.fontMetrics().elidedText(job.words, Qt.TextElideMode.ElideRight, room))
        self._words.setToolTip(job.words)
        self._bar.setAccessibleName(job.words)
        self._bar.setRange(0, job.total or 0)
        self._bar.setValue(min(job.done, job.total) if job.total else 0)
