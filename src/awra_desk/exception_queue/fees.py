"""Findings of fees: a day's charges whose fee is not what the source's schedule says, told in money."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby

from awra_desk.domain.dates import Period
from awra_desk.domain.fees import Variance
from awra_desk.domain.money import to_text
from awra_desk.domain.reasons import Reason
from awra_desk.exception_queue.findings import Finding
from awra_desk.ports.schemas import SOURCE_SIDE

FAMILY = "fee"
SHOWN = 20  # charges told one by one in the evidence; the members are always complete


def of_fees(found: Iterable[Variance], period: Period) -> list[Finding]:
    """One finding for each day, schedule and direction: a rate that changed is one trouble a day, not a thousand.

    The finding's amount is charged less expected: positive where the provider kept too much.
    """
    due = [each for each in found if each.charge.day <= period.last]
    due.sort(key=lambda each: (*_group(each), each.charge.record_id))
    return [_finding(list(group)) for _, group in groupby(due, key=_group)]


def _group(each: Variance) -> tuple[str, str, str, bool]:
    return each.charge.day.isoformat(), each.schedule, each.charge.currency, each.difference > 0


def _finding(group: list[Variance]) -> Finding:
    first = group[0]
    currency = first.charge.currency
    evidence = {
        "schedule": first.schedule,
        "charges": len(group),
        "expected": to_text(sum(each.expected for each in group), currency),
        "charged": to_text(sum(each.charged for each in group), currency),
        "of": [
            {
                "id": each.charge.record_id,
                "gross": to_text(each.charge.gross, currency),
                "expected": to_text(each.expected, currency),
                "charged": to_text(each.charged, currency),
                "steps": {name: to_text(minor, currency) for name, minor in each.parts},
            }
            for each in group[:SHOWN]
        ],
    }
    return Finding(
        family=FAMILY,
        reason=Reason.FEE_VARIANCE,
        members=tuple((SOURCE_SIDE, each.charge.record_id) for each in group),
        minor=sum(each.difference for each in group),
        currency=currency,
        day=first.charge.day,
        evidence=json.dumps(evidence, sort_keys=True, ensure_ascii=False),
        expected=False,
    )
