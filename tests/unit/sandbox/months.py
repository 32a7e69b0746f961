"""Months that several tests read, simulated once; and the few sums every test needs."""

from functools import lru_cache

from awra_desk.sandbox.merchant import Month, MonthSpec, simulate


@lru_cache(maxsize=8)
def month(seed: int = 1, orders: int = 2000) -> Month:
    return simulate(MonthSpec(seed=seed, orders=orders))


def transactions_of(given: Month, *, month_only: bool = True) -> list[dict]:
    start = given.stripe.period_start if month_only else 0
    return [row for row in given.stripe.balance_transactions if row["created"] >= start]


def legs_of(given: Month) -> dict[str, int]:
    """External id -> amount of the month's gross, fee and tax legs, as the interface defines them."""
    found = {}
    for row in transactions_of(given):
        found[row["id"]] = row["amount"]
        sums = {"fee": 0, "tax": 0}
        for detail in row["fee_details"]:
            sums["tax" if detail["type"] == "tax" else "fee"] -= detail["amount"]
        found |= {f"{row['id']}:{leg}": minor for leg, minor in sums.items() if minor}
    return found


def lines_of(given: Month, role: str) -> dict[tuple[str, int], int]:
    return {
        (document.key, line.line_no): line.minor
        for document in given.books.documents
        for line in document.lines
        if line.account_role == role
    }
