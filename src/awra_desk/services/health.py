"""Health: what a connection is like now, looked at thing by thing; the evidence that opens the rungs of its ladder.

Looking changes nothing, here or there, but for the requests it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.dates import Period
from awra_desk.domain.entries import Account, StagedWrite, WriteState
from awra_desk.domain.errors import UserError
from awra_desk.domain.ladder import Check, Rung
from awra_desk.domain.people import Role
from awra_desk.domain.trail import TrailEntry
from awra_desk.ports.connections import Connection, Counting, Ledger, Source, Standing
from awra_desk.services.coverage import Missing, account_roles, missing_in
from awra_desk.services.deliveries import deliveries
from awra_desk.services.desk import Desk
from awra_desk.services.event_checks import event_checks
from awra_desk.services.stage import MAKERS

FRESH = timedelta(days=3)  # a weekend
SKEW_SECONDS = 120.0
STEADY_PULLS = 3
NAMED = 3
"""So many values without a mapping are named; `mappings missing` lists all."""

_BASE = ("connection", "scopes", "rate limits", "freshness", "control totals", "mapping coverage", "clock skew")
NEEDS: dict[Rung, tuple[str, ...]] = {
    Rung.READ_ONLY: (),
    Rung.STAGED: (*_BASE, "replay"),
    Rung.WRITES: (*_BASE, "replay", "dry run", "second person", "recovery order"),
    Rung.EVENTS: (*_BASE, "recovery order", "verified posting", "signing secret", "signed delivery"),
    Rung.SCHEDULED: (*_BASE, "recovery order", "verified posting", "steady pulls"),
}
"""Rung -> the checks that must hold before it opens."""

SOUND = (*_BASE, "recovery order")
"""Checks that must hold on any rung; another one that fails only keeps the next rung shut."""

UNTESTED = Check("connection", False, "It was not tested yet.", "Test it.")


@dataclass(frozen=True, slots=True)
class Health:
    """A connection as it is now.

    Attributes:
        totals: its last control totals.
    """

    connection: Connection
    standing: Standing
    totals: tuple[ControlTotal, ...]
    checks: tuple[Check, ...]

    @property
    def lacking(self) -> tuple[str, ...]:
        """Names of the checks that keep the next rung shut; none on the last rung."""
        above = self.connection.rung.above
        needed = NEEDS[above] if above else ()
        return tuple(check.name for check in self.checks if check.name in needed and not check.holds)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it on the rung where it is."""
        return all(check.holds for check in self.checks if check.name in SOUND)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the workspace holds about a connection."""

    connection: Connection
    pulls: list[TrailEntry]
    submitted: frozenset[str]
    writes: list[StagedWrite]
    totals: tuple[ControlTotal, ...]
    quarantined: int
    accounts: Sequence[Account]
    unmapped: tuple[Missing, ...]
    makers: frozenset[str]
    approvers: frozenset[str]
    now: datetime


def examine(desk: Desk, name: str, *, ask: bool = True) -> Health:
    """Look at a connection: asks the provider for its balances, and reads what the workspace knows.

    Args:
        ask: without it nothing is asked of the provider; its test then does not hold, and accounts are as last pulled.

    Raises:
        UserError: unknown connection.
    """
    facts = _facts(desk, name)
    source, tested = _tested(desk, facts.connection) if ask else (None, UNTESTED)
    standing = desk.standing(facts.connection)
    reads_only = not isinstance(source, Ledger) if source is not None else not ask and not facts.accounts
    checks = (
        tested,
        _scopes(standing),
        _limits(standing, facts.now),
        _fresh(facts),
        _totals(facts),
        _mapping(facts, source.accounts() if isinstance(source, Ledger) else facts.accounts),
        _skew(standing),
        _replay(facts),
        *(_no_writing() if reads_only else _writing(facts)),
        *event_checks(facts.connection, desk.signing(facts.connection), deliveries(desk, name)),
        _steady(facts),
    )
    return Health(facts.connection, standing, facts.totals, checks)


def _facts(desk: Desk, name: str) -> _Facts:
    with desk.read() as uow:
        connection = uow.connections.get(name)
        rows = [row for row in uow.trail.entries() if row.action in ("source.pull", "write.submit")]
        people = [person for person in uow.people.all() if person.active]
        return _Facts(
            connection=connection,
            pulls=[row for row in rows if (row.action, row.subject) == ("source.pull", name)],
            submitted=frozenset(row.subject for row in rows if row.action == "write.submit"),
            writes=[write for write in uow.writes.all() if write.target == name],
            totals=tuple(uow.controls.totals(name)),
            quarantined=uow.records.counts(name)["quarantined"],
            accounts=uow.connections.accounts(name),
            unmapped=tuple(missing_in(uow, _recent(desk.today()), connection=name)),
            makers=frozenset(person.name for person in people if person.may(*MAKERS)),
            approvers=frozenset(person.name for person in people if person.may(Role.SUPERVISOR)),
            now=desk.now(),
        )


def _recent(today: date) -> Period:
    """The last month and the days of this one: what is being closed, and what comes next."""
    return Period((today.replace(day=1) - timedelta(days=1)).replace(day=1), today)


def _tested(desk: Desk, connection: Connection) -> tuple[Source | None, Check]:
    """Who has no balance to report is asked for its counts, so that somebody is asked at all."""
    try:
        source = desk.source(connection)
        balances = source.balances((desk.today(),))
        counts = source.counts() if not balances and isinstance(source, Counting) else []
    except UserError as error:
        return None, Check("connection", False, error.what, error.remedy)
    counted = " and ".join(f"{one.count:,} {one.stream.replace('_', ' ')}" for one in counts)
    said = f"counts {counted}" if counted else f"reports {len(balances):,} balances"
    return source, Check("connection", True, f"It answers and {said}.")


def _scopes(standing: Standing) -> Check:
    asked = ", ".join(standing.asked) or "nothing"
    kept = "" if standing.reads_alone else " Reading alone cannot be granted there; the ladder keeps it from writing."
    if not standing.granted:
        return Check("scopes", True, f"Asks for: {asked}; the provider does not say what it granted.{kept}")
    lacking = sorted(set(standing.asked) - set(standing.granted.split()))
    words = f"Asks for: {asked}; granted: {standing.granted}.{kept}"
    return Check("scopes", not lacking, words, f"Sign in again and grant {', '.join(lacking)}." if lacking else "")


def _limits(standing: Standing, now: datetime) -> Check:
    parts = [standing.limits or "no request yet", f"{standing.used_today:,} requests in the last day"]
    if standing.left_today is not None:
        parts.append(f"{standing.left_today:,} left")
    parts.append(f"{standing.retries_left:,} retries left in these five minutes")
    stopped = standing.stopped_until is not None and standing.stopped_until > now
    if stopped:
        parts.append(f"left alone until {standing.stopped_until:%Y-%m-%d %H:%M:%S} UTC")
    holds = not stopped and standing.left_today != 0
    return Check("rate limits", holds, "; ".join(parts) + ".", "" if holds else "Wait until then.")


def _fresh(facts: _Facts) -> Check:
    if not facts.pulls:
        return Check("freshness", False, "It was never pulled to the end.", "Pull it.")
    at = facts.pulls[-1].at
    words = f"Pulled last at {at:%Y-%m-%d %H:%M} UTC."
    return Check("freshness", facts.now - at <= FRESH, words, "Pull it." if facts.now - at > FRESH else "")


def _totals(facts: _Facts) -> Check:
    broken = [total.name for total in facts.totals if not total.holds]
    if not facts.totals:
        return Check(
            "control totals", False, "None yet.", "Set up its reconciliation with the opening balances, then pull."
        )
    words = f"{len(facts.totals) - len(broken):,} of {len(facts.totals):,} hold." + (
        f" Broken: {', '.join(broken)}." if broken else ""
    )
    return Check("control totals", not broken, words, "Find what is missing, then pull again." if broken else "")


def _mapping(facts: _Facts, accounts: Sequence[Account]) -> Check:
    """Every record interpreted, every role's account there, and nothing open that a mapping table should say; without a
    chart no account is asked for.
    """
    parts, gaps = [], []
    parts.append(f"{facts.quarantined:,} records in quarantine")
    if facts.quarantined:
        gaps.append("Correct the mapping of what is in quarantine.")
    roles = account_roles(facts.connection)
    if accounts:
        active = {account.account_id for account in accounts if account.active}
        missing = sorted(role for role, account in roles.items() if account not in active)
        parts.append(f"{len(roles) - len(missing):,} of {len(roles):,} roles have an active account")
        gaps += [f"Map {', '.join(missing)} to active accounts."] if missing else []
    parts.append(f"{len(facts.unmapped):,} values in no mapping table")
    if open_ := [missing.words for missing in facts.unmapped if missing.open]:
        more = f" and {len(open_) - NAMED:,} more" if len(open_) > NAMED else ""
        gaps.append(f"Map {', '.join(open_[:NAMED])}{more} (`awra-desk mappings missing`).")
    return Check("mapping coverage", not gaps, "; ".join(parts) + ".", " ".join(gaps))


def _skew(standing: Standing) -> Check:
    if standing.skew is None:
        return Check("clock skew", True, "The provider does not say what time it has.")
    holds = abs(standing.skew) <= SKEW_SECONDS
    side = "ahead of" if standing.skew > 0 else "behind"
    words = f"The provider's clock is {abs(standing.skew):,.0f} s {side} ours."
    return Check("clock skew", holds, words, "" if holds else "Set this machine's clock by the network.")


def _replay(facts: _Facts) -> Check:
    if len(facts.pulls) < 2:
        return Check("replay", False, "It was not pulled twice yet.", "Pull it a second time.")
    new = facts.pulls[-1].detail["new"]
    holds = new == "0"
    words = "The same pull again changed nothing." if holds else f"The last pull brought {new} new versions."
    return Check("replay", holds, words, "" if holds else "Pull it once more, while nothing changes there.")


def _writing(facts: _Facts) -> tuple[Check, ...]:
    states = [write.state for write in facts.writes]
    dry = sum(write.write_id in facts.submitted for write in facts.writes)
    open_ = [write for write in facts.writes if write.state in (WriteState.POSTING, WriteState.UNCERTAIN)]
    waiting = [write.write_id for write in facts.writes if write.state in (WriteState.APPROVED, WriteState.POSTED)]
    first = ", ".join(write.write_id for write in open_)
    order = f"First looked up: {first}. " if open_ else "Nothing sent is unsettled. "
    order += f"Then in order: {', '.join(waiting)}." if waiting else "Nothing waits behind it."
    verified = states.count(WriteState.VERIFIED)
    pairs = any(maker != approver for maker in facts.makers for approver in facts.approvers)
    return (
        _check(
            "dry run", dry > 0, f"{dry:,} entries passed the preflight against it.", "Stage and submit an entry for it."
        ),
        _check(
            "second person",
            pairs,
            f"{len(facts.makers):,} may make entries, {len(facts.approvers):,} may approve them.",
            "Add a supervisor beside the person who makes entries.",
        ),
        _check("recovery order", not open_, order, "Post again: what was sent is looked up first."),
        _check(
            "verified posting", verified > 0, f"{verified:,} entries were posted and read back.", "Post an entry to it."
        ),
    )


def _no_writing() -> tuple[Check, ...]:
    names = ("dry run", "second person", "recovery order", "verified posting")
    return tuple(Check(name, True, "Nothing is ever written to it.") for name in names)


def _steady(facts: _Facts) -> Check:
    last = facts.pulls[-STEADY_PULLS:]
    good = sum(not row.detail["controls_broken"] for row in last)
    words = f"Of its last {len(last)} pulls {good} ended with every control total right."
    return _check("steady pulls", good == STEADY_PULLS, words, f"It takes {STEADY_PULLS} in a row.")


def _check(name: str, holds: bool, words: str, remedy: str) -> Check:  # noqa: FBT001
    return Check(name, holds, words, "" if holds else remedy)
