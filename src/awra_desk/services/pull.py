"""Pull: fetch raw records, store them with their cursor, interpret them, and check the control totals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from awra_desk.domain.controls import ReportedCount
from awra_desk.domain.events import Witness
from awra_desk.ports.connections import Connection, Counting, Ledger, Noticing, SelfProving, Source, Vanishing
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.control import check_controls
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.renormalise import keep_up


@dataclass(frozen=True, slots=True)
class PullResult:
    """What a pull brought.

    Attributes:
        fetched: records received; new: versions stored; transactions: current ones of this source; quarantined: records
            that do not fit now.
        control_ok: every control total of this source holds; broken: names of those that do not.
        notices: what people should know about the files that were read.
    """

    name: str
    fetched: int
    new: int
    transactions: int
    quarantined: int
    control_ok: bool
    broken: tuple[str, ...]
    notices: tuple[str, ...] = ()


def pull(
    desk: Desk, name: str, *, days: tuple[date, ...] = (), who: str = ENGINE, progress: Progress = silent
) -> PullResult:
    """Bring one source up to date; a pull that was cancelled or cut goes on where it stopped.

    Args:
        days: booking days at whose end the source's balances are asked for, besides the present one.

    Raises:
        TransportError: the source could not be read to the end; what came before is stored.
        Refused: its contract makes something of what came before different; see `renormalise`.
    """
    with desk.read() as uow:
        connection = uow.connections.get(name)
    source = desk.source(connection)
    notices = tuple(source.notices()) if isinstance(source, Noticing) else ()
    witness = Witness.STATEMENT if isinstance(source, Noticing) else Witness.POLL
    fetched = new = 0
    for stream in source.streams:
        got, stored = pull_stream(desk, source, name, stream, progress, witness=witness)
        fetched, new = fetched + got, new + stored
    gone, held = counted(desk, source, name)
    fetched, new = fetched + gone, new + gone
    detail = {"fetched": str(fetched), "new": str(new)}
    if isinstance(source, Noticing):
        detail |= {"files": "\n".join(source.files()), "read_by": desk.mapping(connection).version}
    if notices:
        detail["notices"] = "\n".join(notices)
    keep_up(desk, name, progress=progress)
    with proven(desk, source, connection, held, days) as (uow, broken):
        counts = uow.records.counts(name)
        detail |= {key: str(value) for key, value in counts.items()} | {"controls_broken": ", ".join(broken)}
        uow.trail.append(at=desk.now(), actor=who, action="source.pull", subject=name, detail=detail)
        uow.commit()
    return PullResult(name, fetched, new, counts["transactions"], counts["quarantined"], not broken, broken, notices)


@contextmanager
def proven(
    desk: Desk, source: Source, connection: Connection, held: list[ReportedCount], days: tuple[date, ...] = ()
) -> Iterator[tuple[UnitOfWork, tuple[str, ...]]]:
    """A writing unit that holds the source's balances and accounts as they are now and the control totals made of them;
    whoever asked commits it. Gives it with the names of the totals that do not hold.

    Args:
        held: what the source counts, see `counted`.

    Raises:
        TransportError: the source could not be asked.
    """
    accounts = source.accounts() if isinstance(source, Ledger) else []
    balances = source.balances(days)
    proofs = source.proofs() if isinstance(source, SelfProving) else []
    with desk.write() as uow:
        uow.controls.put_balances(balances)
        if accounts:
            uow.connections.put_accounts(connection.name, accounts)
        totals = check_controls(uow, connection, proofs, balances, held, now=desk.now())
        yield uow, tuple(total.name for total in totals if not total.holds)


def counted(desk: Desk, source: Source, name: str) -> tuple[int, list[ReportedCount]]:
    """How many records the source turned out to hold no more, and what it counts after that; nothing where it does not
    count.
    """
    held = source.counts() if isinstance(source, Counting) else []
    if isinstance(source, Vanishing) and (gone := _vanished(desk, source, name, held)):
        return gone, source.counts()
    return 0, held


def _vanished(desk: Desk, source: Vanishing, name: str, counts: list[ReportedCount]) -> int:
    """Where fewer records are there than are held, have the source say which are no more; returns how many are."""
    found = 0
    for one in counts:
        with desk.read() as uow:
            known = uow.records.ids(name, one.stream) if uow.records.known(name, one.stream) > one.count else []
        if not known:
            continue
        page = source.vanished(one.stream, known)
        with desk.write() as uow:
            found += uow.records.append(page.records)
            uow.connections.save_cursor(name, one.stream, page.cursor)
            uow.commit()
    return found


def pull_stream(
    desk: Desk, source: Source, name: str, stream: str, progress: Progress = silent, *, witness: Witness
) -> tuple[int, int]:
    """Records fetched and versions stored; each page commits together with its cursor."""
    with desk.read() as uow:
        cursor = uow.connections.cursor(name, stream)
    fetched = new = 0
    for page in source.pages(stream, cursor):
        with desk.write() as uow:
            new += uow.records.append(page.records, witness)
            uow.connections.save_cursor(name, stream, page.cursor)
            uow.commit()
        fetched += len(page.records)
        progress(fetched, None, f"{name}: {stream}")
    return fetched, new
