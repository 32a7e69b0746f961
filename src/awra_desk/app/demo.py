"""The product's main job, end to end, on the simulated merchant.

Pull, reconcile, stage, approve, post, pull again, export, score.
"""

from __future__ import annotations

import secrets as random_secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from awra_desk.app import demo_books
from awra_desk.app.bootstrap import open_desk
from awra_desk.app.demo_secrets import SimulatedSecrets
from awra_desk.domain.entries import WriteState
from awra_desk.domain.errors import UsageError
from awra_desk.domain.exception_items import ExceptionItem
from awra_desk.domain.reasons import Reason
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.exporters.xlsx import XlsxWriter
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.system import SecretStore
from awra_desk.sandbox.merchant import Month, MonthSpec, simulate
from awra_desk.sandbox.scoring import Score, score
from awra_desk.sandbox.servers import quickbooks_line_ids, running_sandbox
from awra_desk.services.approve import approve
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.export import export
from awra_desk.services.ladder import climb
from awra_desk.services.post import Drained, drain
from awra_desk.services.pull import PullResult, pull
from awra_desk.services.reconcile import UNRESOLVED, Reconciled, reconcile
from awra_desk.services.stage import propose, submit

WORKSPACE = "workspace.sqlite"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the job did.

    Attributes:
        pulls: the last pull of each source. first, last: reconciliations before and after the corrections.
        scores: each reconciliation's last result against the truth.
    """

    month: Month
    pulls: list[PullResult]
    first: list[Reconciled]
    last: list[Reconciled]
    posted: Drained
    scores: dict[str, Score]
    workbook: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class Systems:
    """The systems the job runs against.

    Attributes:
        stripe, ledger: `provider`, `base_url`, `credentials`, `options`; the ledger also `accounts` (role -> id).
        ledger_name: what its connection is called.
        line_ids: (document key, line number) of the simulated books -> (stream, external id) there.
    """

    stripe: Mapping[str, Any]
    ledger: Mapping[str, Any]
    ledger_name: str
    line_ids: Mapping[tuple[str, int], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LiveMonth:
    """A finished month whose simulated systems still answer; `opener` opens its workspace."""

    opener: Callable[..., AbstractContextManager[Desk]]
    workspace: str
    secrets: SecretStore
    systems: Systems
    result: DemoResult


def run_demo(*, orders: int, seed: int, out: Path, progress: Progress) -> DemoResult:
    """Run the job against the sandbox's Stripe and QuickBooks on loopback; workspace and workbook stay in `out`."""
    with live_month(orders=orders, seed=seed, out=out, progress=progress) as live:
        return live.result


@contextmanager
def live_month(
    *, orders: int, seed: int, out: Path, progress: Progress, password: str | None = None
) -> Iterator[LiveMonth]:
    """Run the job in a fresh workspace below `out`; its simulated systems answer until the block ends.

    Args:
        password: of both simulated people; None for one that nobody is told.
    """
    month = simulate(MonthSpec(seed=seed, orders=orders))
    workspace = str(fresh(out))
    keys = SimulatedSecrets(out / "simulated-secrets.json")
    with running_sandbox(month) as box:
        stripe, ledger = ({**box[provider], "provider": provider} for provider in ("stripe", "quickbooks"))
        systems = Systems(stripe, ledger, "QuickBooks", quickbooks_line_ids(month))
        opener = partial(open_desk, workspace, company=month.company_name, zone=month.spec.zone, secrets=keys)
        with opener(create=True) as desk:
            result = job(desk, keys, month, systems, out=out, progress=progress, password=password)
        yield LiveMonth(opener, workspace, keys, systems, result)


def fresh(out: Path) -> Path:
    """The path of a new workspace in this folder; one of an earlier demo is removed.

    Raises:
        UsageError: the folder holds a workspace that no demo made.
    """
    out.mkdir(parents=True, exist_ok=True)
    stale, marker = sorted(out.glob("workspace.sqlite*")), out / "made-by-awra-desk-demo"
    if stale and not marker.exists():
        raise UsageError(
            "this folder holds a workspace that no demo made", record=str(out), remedy="Give another --out."
        )
    for path in stale:
        path.unlink()
    marker.touch()
    return out / WORKSPACE


def job(
    desk: Desk,
    keys: SecretStore,
    month: Month,
    systems: Systems,
    *,
    out: Path,
    progress: Progress = silent,
    password: str | None = None,
) -> DemoResult:
    """The product's main job on an empty desk: from the take-on to the audit workbook in `out`.

    Args:
        password: of both simulated people; None for one that nobody is told.
    """
    started = time.monotonic()
    password = password or random_secrets.token_urlsafe(18)
    specs = set_up(desk, keys, month, systems, out=out, password=password)
    names = [demo_books.STRIPE, demo_books.BANK, systems.ledger_name]
    period = month.spec.period
    _pull_all(desk, names, month, progress)
    _prove_and_climb(desk, systems.ledger_name, month, progress)
    first = [reconcile(desk, spec.name, period, progress=progress) for spec in specs]
    posted = correct_fees(desk, systems.ledger_name, password, progress)
    pulls = _pull_all(desk, names, month, progress)
    last = [reconcile(desk, spec.name, period, progress=progress) for spec in specs]
    workbook = out / f"audit-{period}.xlsx"
    export(desk, period, workbook, XlsxWriter(), by=demo_books.ACCOUNTANT)
    scores = {spec.name: score_reconciliation(desk, month, spec.name, systems.line_ids) for spec in specs}
    return DemoResult(month, pulls, first, last, posted, scores, workbook, time.monotonic() - started)


def set_up(
    desk: Desk, keys: SecretStore, month: Month, systems: Systems, *, out: Path, password: str
) -> list[Reconciliation]:
    """People, connections, reconciliations and the take-on: a desk on which nothing was pulled yet."""
    statement = out / "bank-statement.csv"
    statement.write_text(month.bank_csv, encoding="utf-8", newline="")
    demo_books.people(desk, password)
    demo_books.connect_all(desk, month, keys, systems.stripe, systems.ledger, systems.ledger_name, statement)
    specs = demo_books.reconciliations(desk, month, systems.ledger_name, systems.ledger["accounts"])
    demo_books.take_on(desk, month, specs)
    return specs


def _pull_all(desk: Desk, names: list[str], month: Month, progress: Progress) -> list[PullResult]:
    days = (month.take_on.as_of, month.spec.period.last)
    return [pull(desk, name, days=days, progress=progress) for name in names]


def _prove_and_climb(desk: Desk, ledger_name: str, month: Month, progress: Progress) -> None:
    """The same pull again, which changes nothing; with that the ledger may have entries staged for it."""
    _pull_all(desk, [ledger_name], month, progress)
    climb(desk, ledger_name, who=ENGINE)


def correct_fees(desk: Desk, ledger_name: str, password: str, progress: Progress) -> Drained:
    """Book each day's missing fees.

    The accountant proposes, the supervisor approves the payload seen, the outbox posts.
    """
    with desk.read() as uow:
        items = uow.exceptions.all(states=UNRESOLVED)
    approved = list(filter(_missing_fees, items))
    for item in approved:
        write = propose(desk, item.exception_id, who=demo_books.ACCOUNTANT)
        submit(desk, write.write_id, who=demo_books.ACCOUNTANT)
        approve(desk, write.write_id, who=demo_books.SUPERVISOR, password=password, seen_sha256=write.payload_sha256)
    if approved:
        # Every check of the dry run held; now the entries may go.
        climb(desk, ledger_name, who=ENGINE)
    return drain(desk, ledger_name, progress=progress)


def _missing_fees(item: ExceptionItem) -> bool:
    return item.reason == Reason.MISSING_IN_LEDGER and '"channel": "stripe-fees"' in item.evidence


def score_reconciliation(
    desk: Desk, month: Month, name: str, line_ids: Mapping[tuple[str, int], tuple[str, str]]
) -> Score:
    """Hold the engine's present result against the truth that the app never saw.

    Matches of lines that the desk itself posted are left out: the truth knows nothing of corrections.
    """
    with desk.read() as uow:
        members = uow.reconciliations.members(name)
        posted = {write.document_id for write in uow.writes.all(states={WriteState.POSTED, WriteState.VERIFIED})}
    groups: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    corrections = set()
    columns = ("match_id", "status", "side", "id")
    for match_id, status, side, record in zip(*(members[column].tolist() for column in columns), strict=True):
        _, stream, external = record.split("/", 2)
        if side == "ledger" and external.split(":")[0] in posted:
            corrections.add((match_id, status))
        groups.setdefault((match_id, status), []).append((side, stream, external))
    matches = [
        (match_id, status, rows)
        for (match_id, status), rows in sorted(groups.items())
        if (match_id, status) not in corrections
    ]
    return score(month.truth, name, matches, line_ids)
