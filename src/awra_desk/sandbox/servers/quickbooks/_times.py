"""How QuickBooks writes and reads instants: with the offset of its own zone, to the second."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PROVIDER_ZONE = ZoneInfo("America/Los_Angeles")
"""The zone of the provider's timestamps, -07:00 in summer and -08:00 in winter."""

_ENTRY_TIME = time(17, 0)
_SECONDS_OF_AN_EVENING = 20_000


def stamp(instant: datetime) -> str:
    """The aware instant as QuickBooks writes it."""
    return instant.astimezone(PROVIDER_ZONE).isoformat(timespec="seconds")


def read_instant(text: str) -> datetime:
    """The instant of an ISO date or timestamp; without an offset it is in the provider's zone.

    Raises:
        ValueError: it is neither.
    """
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=PROVIDER_ZONE)


def entered(day: date, number: int = 0) -> datetime:
    """When the document of that day with this running number was typed in: in the evening, a second after the one
    before.
    """
    local = datetime.combine(day, _ENTRY_TIME, PROVIDER_ZONE)
    return local.astimezone(UTC) + timedelta(seconds=number % _SECONDS_OF_AN_EVENING)
