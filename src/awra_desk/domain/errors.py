"""The three kinds of failure a person may meet.

A `UserError` is shown as it stands: what happened, to which record, what to do. `Cancelled` is silent. Everything else
is a defect.
"""


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

    @property
    def text(self) -> str:
        """One line for people: record, what, remedy."""
        head = f"{self.record}: {self.what}" if self.record else self.what
        if not self.remedy:
            return head
        return f"{head if head.endswith(('.', '!', '?')) else f'{head}.'} {self.remedy}"


class UsageError(UserError):
    """Unusable input or configuration; the command line exits with 2."""


class Refused(UserError):
    """A rule of the house forbids the action (separation of duties, closed period, authority)."""


class Cancelled(Exception):
    """The user asked for it to stop; never an error dialog."""
