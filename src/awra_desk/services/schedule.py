"""Schedule: connections on the last rung are pulled by themselves, each once per interval among all workers.

Events only say what happened; a pull finds what no event told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from awra_desk.domain.errors import UsageError
from awra_desk.domain.ladder import Rung
from awra_desk.ports.connections import Connection
from awra_desk.services.desk import Desk

OPTION, MINUTES = "pull_minutes", 60
"""A connection's option for its interval, and what holds without it."""


def scheduled(desk: Desk) -> list[Connection]:
    """Connections that are pulled by themselves, by name."""
    with desk.read() as uow:
        return [one for one in uow.connections.all() if one.rung is Rung.SCHEDULED]


def take_turn(desk: Desk, connection: Connection) -> bool:
    """Whether it is to be pulled now; whoever is told so is the only one to pull it in this interval.

    Raises:
        UsageError: its interval cannot be read.
    """
    now, wait = desk.now(), interval(connection)

    def step(text: str) -> tuple[str | None, bool]:
        # A time further off than one interval was written by a clock that was ahead.
        if text and now < datetime.fromisoformat(text) <= now + wait:
            return None, False
        return (now + wait).isoformat(), True

    return desk.workspace.shared(desk.company).change(f"schedule/{connection.name}", step)


def interval(connection: Connection) -> timedelta:
    """Time from one pull to the next.

    Raises:
        UsageError: the option is no number of minutes from 1 to a day.
    """
    text = connection.options.get(OPTION, str(MINUTES))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 24 * 60:
        raise UsageError(f"option {OPTION} is {text!r}", record=connection.name, remedy="Give minutes, from 1 to 1440.")
    return timedelta(minutes=int(text))
