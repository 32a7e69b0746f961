"""Back-test: what a change of a reconciliation's rules would do to the books as they are. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awra_desk.matching import RuleSet
from awra_desk.matching.backtest import BackTest, Contradiction, Outcome, compare
from awra_desk.ports.progress import Progress, silent
from awra_desk.services.desk import Desk
from awra_desk.services.engine_run import pinned, prepare, run_engine

__all__ = ["BackTest", "Contradiction", "Outcome", "Tested", "back_test"]


@dataclass(frozen=True, slots=True)
class Tested:
    """A back-test and what it was of. inputs_digest: of the run that the change would give."""

    before: RuleSet
    after: RuleSet
    report: BackTest
    inputs_digest: str


def back_test(desk: Desk, name: str, change: Callable[[RuleSet], RuleSet], *, progress: Progress = silent) -> Tested:
    """Run the engine over the whole history of a reconciliation under its rules as they are and under the changed.

    The same records, decisions and code as a run use; so the next run gives the matches of `report.digest`, as long as
    records and decisions stay.

    Raises:
        UserError: no such reconciliation, or no opening balance.
    """
    with desk.read() as uow:
        now = prepare(uow, name)
    then = now.under(change(now.config.rules))
    before, after = (run_engine(inputs, progress=progress) for inputs in (now, then))
    blind = (before, after)
    if now.decided:
        blind = run_engine(now, blind=True, progress=progress), run_engine(then, blind=True, progress=progress)
    report = compare(before, after, blind, pinned(now.decided))
    return Tested(now.config.rules, then.config.rules, report, then.inputs_digest)
