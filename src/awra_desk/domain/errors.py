"""The three kinds of failure a person may meet.

A `UserError` is shown as it stands: what happened, to which record, what to do. `Cancelled` is silent. Everything else
is a defect.
"""

from typing import Any


class UserError(Exception):
    """Something the user can understand and mend.

    Args:
        what: what went wrong, one sentence.
        record: the record, file, row or field it concerns; "" when it concerns none.
        remedy: what to do next, one sentence; "" only when nothing can be done.
    """

    def __init__(self, what: str, *, record: str = "", remedy: str = "") -> None:
        self.what = what
        self.record = record
        self.remedy = remedy
        super().__init__(self.text)

    def __reduce__(self) -> tuple[Any, ...]:
        """As it stands, whatever its kind is made from; the default would call the kind with the text alone."""
        return _revived, (type(self), self.args), self.__dict__

    @property
    def text(self) -> str:
        """One line for people: record, what, remedy."""
        head = f"{self.record}: {self.what}" if self.record else self.what
        if not self.remedy:
            return head
        return f"{head if head.endswith(('.', '!', '?')) else f'{head}.'} {self.remedy}"


def _revived(kind: type[UserError], words: tuple[object, ...]) -> UserError:
    return kind.__new__(kind, *words)


class UsageError(UserError):
    """Unusable input or configuration; the command line exits with 2."""


class Refused(UserError):
    """A rule of the house forbids the action (separation of duties, closed period, authority)."""


class Cancelled(Exception):
    """The user asked for it to stop; never an error dialog."""
