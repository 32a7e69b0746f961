"""The moments at which records changed, as a system writes them, compared in its own terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from awra_desk.domain.dates import zone

_NIGHT = timedelta(hours=1)
"""How far a clock without offset may be put back in autumn: what changes then is stamped as if it were earlier."""


class Form(StrEnum):
    """How a stamp is written: ISO 8601 with an offset; date and time without one, in the system's zone; seconds since
    1970.
    """

    INSTANT = "instant"
    LOCAL = "local"
    UNIX = "unix"


@dataclass(frozen=True, slots=True)
class Stamps:
    """Reads and writes one stream's stamps.

    Attributes:
        zone: IANA zone of a local clock.
    """

    form: Form
    zone: str

    def read(self, value: Any) -> datetime:
        """The stamp: aware UTC, or naive for a local clock, where an instant could mean two moments.

        Raises:
            ValueError: it is not of this form.
        """
        if self.form is Form.UNIX:
            if type(value) is not int:
                raise ValueError(value)
            return datetime.fromtimestamp(value, UTC)
        if not isinstance(value, str):
            raise ValueError(value)  # noqa: TRY004 -- one kind of error for all that is not of the form
        found = datetime.fromisoformat(value)
        if (found.tzinfo is None) is not (self.form is Form.LOCAL):
            raise ValueError(value)
        return found if self.form is Form.LOCAL else found.astimezone(UTC)

    def written(self, stamp: datetime | None) -> str:
        """As a request asks for it; None is the beginning of time. Instants go by whole seconds, downwards, which every
        system can read.
        """
        if self.form is Form.LOCAL:
            return (stamp or datetime(1970, 1, 1)).isoformat(sep=" ", timespec="microseconds")  # noqa: DTZ001
        moment = stamp or datetime(1970, 1, 1, tzinfo=UTC)
        if self.form is Form.UNIX:
            return str(int(moment.timestamp()))
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def floor(self, stamp: datetime) -> datetime:
        """The stamp as it comes back from `written`."""
        return stamp if self.form is Form.LOCAL else stamp.replace(microsecond=0)

    def now(self, instant: datetime) -> datetime:
        """Our own clock's time in these terms."""
        return instant.astimezone(zone(self.zone)).replace(tzinfo=None) if self.form is Form.LOCAL else instant

    def before(self, stamp: datetime, minutes: int) -> datetime:
        """So many minutes earlier, and another hour on a clock that may be put back."""
        return stamp - timedelta(minutes=minutes) - (_NIGHT if self.form is Form.LOCAL else timedelta())
