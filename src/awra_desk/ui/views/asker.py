"""How the window asks the person and tells them (`ports.tasks.Asker`): dialog, banner, toast."""

from __future__ import annotations

from awra_desk.domain.errors import UserError
from awra_desk.ui.views import dialogs
from awra_desk.ui.views.frame import Frame


class WindowAsker:
    """Made before the frame, because the session needs it; speaks once the frame is there."""

    def __init__(self) -> None:
        self.frame: Frame | None = None

    def confirm(self, question: str, *, detail: str, verb: str) -> bool:
        """Ask by dialog; the answer is no while there is no window."""
        return self.frame is not None and dialogs.confirm(self.frame, question, detail=detail, verb=verb)

    def tell(self, error: UserError) -> None:
        """Say it over the screen that is up."""
        if self.frame is not None:
            self.frame.tell(error)

    def announce(self, text: str, *, undo: str = "") -> None:
        """Say it in the corner for a moment."""
        if self.frame is not None:
            self.frame.say(text, undo=bool(undo))
