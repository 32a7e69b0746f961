"""Pull: fetch raw records, store them with their cursor, interpret them, and check the control totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from awra_desk.domain.controls import ReportedCount
from awra_desk.ports.connections import Counting, Ledger, Noticing, SelfProving, Source, Vanishing
from awra_desk.ports.progress import Progress, silent
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
    fetched = new = 0
    for stream in source.streams:
        got, stored = _pull_stream(desk, source, name, stream, progress)
        fetched, new = fetched + got, new + stored
    held = source.counts() if isinstance(source, Counting) else []
    if isinstance(source, Vanishing) and (gone := _vanished(desk, source, name, held)):
        fetched, new, held = fetched + gone, new + gone, source.counts()
    keep_up(desk, name, progress=progress)
    accounts = source.accounts() if isinstance(source, Ledger) else []
    balances = source.balances(days)
    proofs = source.proofs() if isinstance(source, SelfProving) else []
    with desk.write() as uow:
        uow.controls.put_balances(balances)
        if accounts:
            uow.connections.put_accounts(name, accounts)
        totals = check_controls(uow, connection, proofs, balances, held, now=desk.now())
        counts = uow.records.counts(name)
        broken = tuple(total.name for total in totals if not total.holds)
        detail = {"fetched": str(fetched), "new": str(new), **{key: str(value) for key, value in counts.items()}}
        if isinstance(source, Noticing):
            detail |= {"files": "\n".join(source.files()), "read_by": desk.mapping(connection).version}
        if notices:
            detail["notices"] = "\n".join(notices)
        uow.trail.append(
            at=desk.now(),
            actor=who,
            action="source.pull",
            subject=name,
            detail={**detail, "controls_broken": ", ".join(broken)},
        )
        uow.commit()
    return PullResult(name, fetched, new, counts["transactions"], counts["quarantined"], not broken, broken, notices)


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


def _pull_stream(desk: Desk, source: Source, name: str, stream: str, progress: Progress) -> tuple[int, int]:
    """Records fetched and versions stored; each page commits together with its cursor."""
    with desk.read() as uow:
        cursor = uow.connections.cursor(name, stream)
    fetched = new = 0
    for page in source.pages(stream, cursor):
        with desk.write() as uow:
            new += uow.records.append(page.records)
            uow.connections.save_cursor(name, stream, page.cursor)
            uow.commit()
        fetched += len(page.records)
        progress(fetched, None, f"{name}: {stream}")
    return fetched, new
