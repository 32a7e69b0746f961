"""Suggest rules: what people's decisions so far point to. Reads only; adding and switching on is theirs."""

from __future__ import annotations

from awra_desk.matching.mining import Proposal, mine
from awra_desk.services.desk import Desk
from awra_desk.services.engine_run import pinned, prepare

__all__ = ["Proposal", "suggest_rules"]


def suggest_rules(desk: Desk, name: str) -> list[Proposal]:
    """Rules and aliases worth a back-test, the best supported first; see `matching.mining`.

    Raises:
        UserError: no such reconciliation, or no opening balance.
    """
    with desk.read() as uow:
        inputs = prepare(uow, name)
    return mine(*inputs.items, pinned(inputs.decided), inputs.config)
