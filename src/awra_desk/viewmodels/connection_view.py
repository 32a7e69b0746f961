"""One connection as the screen shows it: ladder, checks, proofs, control totals, streams, budget, scopes, drift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from awra_desk.domain.ladder import Check, Rung
from awra_desk.ports.connections import Connection, Standing
from awra_desk.ports.providers import Nature, Offer
from awra_desk.services.connection_case import ConnectionCase
from awra_desk.services.health import NEEDS, SOUND, UNTESTED, Health
from awra_desk.viewmodels import words
from awra_desk.viewmodels.connection_rows import (
    DriftRow,
    ProofRow,
    PullRow,
    StreamRow,
    TotalRow,
    drift_row,
    proof_row,
    pull_row,
    pulls_note,
    stream_row,
    total_rows,
)


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung. state: "done", "now" or "ahead"; ready: everything that the next one needs holds."""

    number: int
    title: str
    state: str
    since: str
    words: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One thing that was looked at. tone: "ok", "danger" (wrong on any rung), "warning" (keeps a rung shut) or "muted".

    Attributes:
        needed: the first rung that it keeps shut, "" while it holds.
    """

    name: str
    glyph: str
    tone: str
    words: str
    needed: str


@dataclass(frozen=True, slots=True)
class Meter:
    """One line of the rate budget; share: how full its bar is, 0 to 1, None for no bar."""

    label: str
    value: str
    share: float | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One scope that is asked for, and whether it was granted ("" where the provider does not say)."""

    scope: str
    glyph: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """The panel of one connection.

    Attributes:
        tested: the last test of this session in words, with its tone. totals_note, pulls_note: beside their titles.
        facts: label, text, tone. lost_secret: the keyring holds none although one is needed.
        stale: what was pulled was read with another contract than the one in force.
    """

    name: str
    provider: str
    nature: str
    subtitle: str
    tested: str
    tested_tone: str
    ladder: tuple[RungView, ...]
    checks: tuple[CheckRow, ...]
    proofs: tuple[ProofRow, ...]
    totals: tuple[TotalRow, ...]
    totals_note: str
    totals_tone: str
    streams: tuple[StreamRow, ...]
    pulls: tuple[PullRow, ...]
    pulls_note: str
    drifts: tuple[DriftRow, ...]
    meters: tuple[Meter, ...]
    limits: str
    scopes: tuple[ScopeRow, ...]
    scopes_note: str
    facts: tuple[tuple[str, str, str], ...]
    lost_secret: bool
    stale: bool
    contract: str


def connection_view(
    case: ConnectionCase, offer: Offer | None, zone: str, now: datetime, tested: tuple[Health, datetime] | None
) -> ConnectionView:
    """The panel.

    Args:
        offer: what its provider is, None where nobody says. zone: of the moments shown.
        tested: the last test of this session and when it was, or None.
    """
    health = merged(case.health, tested)
    connection, standing = health.connection, health.standing
    streams = tuple(stream_row(stream, case.contract, zone) for stream in case.streams)
    totals, note, tone = total_rows(health.totals, case.breaks)
    said, said_tone = _tested(tested, zone)
    lost = not case.has_secret and offer is not None and bool(offer.secrets)
    return ConnectionView(
        name=connection.name,
        provider=title_of(connection, offer),
        nature=offer.nature.value if offer else "",
        subtitle=" · ".join(_subtitle(case, connection, offer, now)),
        tested=said,
        tested_tone=said_tone,
        ladder=tuple(_ladder(health, case, zone)),
        checks=tuple(_check(check, connection.rung, tested is not None) for check in health.checks),
        proofs=tuple(proof_row(proof) for proof in case.proofs),
        totals=totals,
        totals_note=note,
        totals_tone=tone,
        streams=streams,
        pulls=tuple(pull_row(pull, zone) for pull in case.pulls),
        pulls_note=pulls_note(case.pulls, now),
        drifts=tuple(drift_row(seen, zone) for seen in case.drifts),
        meters=tuple(_meters(standing, now, zone)),
        limits=standing.limits,
        scopes=_scopes(standing),
        scopes_note=_scopes_note(standing, offer),
        facts=tuple(_facts(case, offer, zone, lost=lost)),
        lost_secret=lost,
        stale=any(row.stale for row in streams),
        contract=case.contract.partition("@")[0],
    )


def title_of(connection: Connection, offer: Offer | None) -> str:
    """The provider for people."""
    return offer.title if offer else connection.provider


def place(connection: Connection, offer: Offer | None) -> str:
    """Where it is: host and environment, or the file's name."""
    if offer is not None and offer.nature == Nature.FILE:
        return connection.base_url.replace("\\", "/").rstrip("/").rpartition("/")[2]
    host = urlsplit(connection.base_url).netloc
    if connection.options.get("allow_loopback") == "true":
        return f"{host}, simulated"
    return f"{host}, sandbox" if host.startswith("sandbox") else host


def merged(health: Health, tested: tuple[Health, datetime] | None) -> Health:
    """What the workspace knows now, with the answer of the last test."""
    if tested is None:
        return health
    answer = next(check for check in tested[0].checks if check.name == UNTESTED.name)
    checks = tuple(answer if check.name == UNTESTED.name else check for check in health.checks)
    return replace(health, checks=checks)


def _tested(tested: tuple[Health, datetime] | None, zone: str) -> tuple[str, str]:
    if tested is None:
        return "Not tested in this session", "muted"
    answer = next(check for check in tested[0].checks if check.name == UNTESTED.name)
    at = words.moment(tested[1], zone)
    return (f"✓ Answered {at}", "ok") if answer.holds else (f"× Failed {at}", "danger")


def _subtitle(case: ConnectionCase, connection: Connection, offer: Offer | None, now: datetime) -> Iterator[str]:
    yield f"{title_of(connection, offer)}, {place(connection, offer)}"
    yield f"pulled {_age(case.pulls[0].at, now)}" if case.pulls else "never pulled"
    yield f"days in {connection.zone}"


def _age(at: datetime, now: datetime) -> str:
    text = words.ago((now - at).total_seconds())
    return "just now" if text == "now" else f"{text} ago"


def _ladder(health: Health, case: ConnectionCase, zone: str) -> Iterator[RungView]:
    order = list(Rung)
    here = order.index(health.connection.rung)
    fails = [check.name for check in health.checks if not check.holds]
    unasked = [check.name for check in health.checks if check == UNTESTED]
    for at, rung in enumerate(order):
        since = case.moved.get(rung)
        text = f"Since {words.moment(since, zone)[:-3]}" if since else "From the start" if not at else ""
        if at <= here:
            yield RungView(at + 1, _rung(rung), "now" if at == here else "done", text, _done(rung, health))
            continue
        lacking = [name for name in NEEDS[rung] if name in fails and name not in unasked]
        ready = at == here + 1 and not lacking
        said = f"Needs {', '.join(lacking)}" if lacking else "Needs the rungs before"
        if ready:
            said = "Opens after a test" if unasked else "Every check holds"
        yield RungView(at + 1, _rung(rung), "ahead", "Next" if at == here + 1 else "Locked", said, ready)


def _rung(rung: Rung) -> str:
    return "Staged writes" if rung is Rung.STAGED else rung.words.capitalize()


def _done(rung: Rung, health: Health) -> str:
    """The evidence of a rung that is open, in a few words."""
    said = {check.name: check.words for check in health.checks}
    held = sum(total.holds for total in health.totals)
    return {
        Rung.READ_ONLY: f"{held:,} of {len(health.totals):,} totals hold" if health.totals else "No total yet",
        Rung.STAGED: said["dry run"].rstrip(".").replace(" against it", ""),
        Rung.WRITES: said["verified posting"].rstrip("."),
        Rung.EVENTS: "",
        Rung.SCHEDULED: said["steady pulls"].rstrip("."),
    }[rung]


def _check(check: Check, rung: Rung, tested: bool) -> CheckRow:  # noqa: FBT001
    name = check.name[:1].upper() + check.name[1:]
    found = check.words if check.words.endswith((".", "!", "?")) else f"{check.words}."
    text = f"{words.true_minus(found[:1].upper() + found[1:])} {check.remedy}".strip()
    if check.holds:
        return CheckRow(name, "✓", "ok", text, "")
    shut = [_rung(above) for above in Rung if list(Rung).index(above) > list(Rung).index(rung)
            and check.name in NEEDS[above]]  # fmt: skip
    needed = shut[0] if shut else ""
    if check.name == UNTESTED.name and not tested:
        return CheckRow(name, "–", "muted", text, needed)
    return CheckRow(name, "×", "danger" if check.name in SOUND else "warning", text, needed)


def _meters(standing: Standing, now: datetime, zone: str) -> Iterator[Meter]:
    if standing.stopped_until is not None and standing.stopped_until > now:
        yield Meter("Left alone until", words.moment(standing.stopped_until, zone), tone="danger")
    if standing.at_once is not None:
        used = standing.at_once - standing.free
        share = used / standing.at_once
        yield Meter("Used of what may go at once", f"{used:,} of {standing.at_once:,}", share)
    if standing.left_today is not None:
        whole = standing.used_today + standing.left_today
        share = standing.used_today / whole if whole else 1.0
        tone = "danger" if not standing.left_today else ""
        yield Meter("Requests in 24 hours", f"{standing.used_today:,} of {whole:,}", share, tone)
    elif standing.limits:
        yield Meter("Requests in 24 hours", f"{standing.used_today:,}")
    if standing.limits:
        tone = "" if standing.retries_left else "warning"
        yield Meter("Retries left, 5 minutes", f"{standing.retries_left:,}", tone=tone)
    if standing.skew is not None:
        side = "ahead" if standing.skew > 0 else "behind"
        yield Meter("Provider's clock", f"{abs(standing.skew):,.0f} s {side}" if round(standing.skew) else "as ours")


def _scopes(standing: Standing) -> tuple[ScopeRow, ...]:
    granted = set(standing.granted.split())
    if not granted:
        return tuple(ScopeRow(scope, "·", "asked for", "muted") for scope in standing.asked)
    found = [
        ScopeRow(scope, "✓", "granted", "ok") if scope in granted else ScopeRow(scope, "×", "not granted", "danger")
        for scope in standing.asked
    ]
    extra = sorted(granted - set(standing.asked))
    return tuple(found + [ScopeRow(scope, "+", "granted, not asked for", "warning") for scope in extra])


def _scopes_note(standing: Standing, offer: Offer | None) -> str:
    if offer is not None and offer.nature == Nature.FILE:
        return "A file on this machine: nobody is asked for anything."
    if not standing.asked:
        return "The credentials decide what may be read; give them no more than reading."
    least = "The least that pulling needs."
    said = "" if standing.granted else " The provider does not say what it granted."
    alone = "" if standing.reads_alone else " Reading alone cannot be granted there: the ladder keeps it from writing."
    return least + said + alone


def _facts(case: ConnectionCase, offer: Offer | None, zone: str, *, lost: bool) -> Iterator[tuple[str, str, str]]:
    connection = case.health.connection
    newest = max((stream.newest for stream in case.streams if stream.newest), default=None)
    yield "Newest record", words.moment(newest, zone), ""
    yield "Last pull", words.moment(case.pulls[0].at, zone) if case.pulls else "never", "" if case.pulls else "warning"
    out = case.pulls[0].quarantined if case.pulls else 0
    yield "Quarantine", words.count(out, "record") if out else "empty", "warning" if out else ""
    yield "Contract", case.contract.partition("@")[0], ""
    if offer is None or offer.secrets:
        yield "Credentials", "× none, enter them" if lost else "stored, never shown", "danger" if lost else ""
    yield "File" if offer and offer.nature == Nature.FILE else "Address", connection.base_url, ""
