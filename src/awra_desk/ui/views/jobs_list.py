"""The list of running jobs over the bottom bar, each with its counts and Cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from awra_desk.ui.theme import size
from awra_desk.ui.widgets.bottom_bar import JobLine
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import clear, column, label, row


class JobsList(QFrame):
    """Pops up over the bar."""

    def __init__(self, parent: QWidget, cancel: Callable[[str], None]) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("card")
        self.setAccessibleName("Running jobs")
        self._cancel, self._home = cancel, parent
        self._lines = column(self, margins=(12, 8, 12, 8), gap=8)
        self.setFixedWidth(size("dialog_width"))

    def pop_up(self) -> None:
        """Show it above the bottom right corner."""
        parent = self._home
        self.adjustSize()
        corner = parent.mapToGlobal(QPoint(parent.width() - self.width() - 12, parent.height() - size("bottom_bar")))
        self.move(corner - QPoint(0, self.height() + 4))
        self.show()

    def show_jobs(self, jobs: Sequence[JobLine]) -> None:
        """Replace the list."""
        clear(self._lines)
        for job in jobs:
            line, words = row(gap=8), column(gap=4)
            bar = QProgressBar()
            bar.setTextVisible(False)
            bar.setAccessibleName(job.words)
            bar.setRange(0, job.total or 0)
            bar.setValue(min(job.done, job.total) if job.total else 0)
            words.addWidget(label(job.words, "cell"))
            words.addWidget(bar)
            line.addLayout(words, 1)
            if job.cancellable:
                button = KeyButton("Cancel", dense=True)
                button.setAccessibleName(f"Cancel {job.words}")
                button.clicked.connect(lambda _checked=False, job_id=job.job_id: self._cancel(job_id))
                line.addWidget(button)
            self._lines.addLayout(line)
        self._lines.addWidget(label("Cancelling keeps what came so far; the next run goes on from there.", "note"))
        if not jobs:
            self.hide()
