"""Below a statement's proof: the items one by one, their age, how all rows stand, the run, and where to sign."""

from __future__ import annotations

from collections import Counter, defaultdict

from awra_desk.audit.pack_statement import AMOUNT, COUNT, LINE, Draft
from awra_desk.audit.pack_words import BUCKETS, bucket
from awra_desk.ports.workbook import Cell, Style

SHOWN = 40
"""Items listed on the statement itself; all of them stand on their own sheet."""


def write_tables(on: Draft) -> None:
    """Blocks D, E and F, and the signatures."""
    _items(on)
    _ageing(on)
    _standing(on)
    _signatures(on)


def _items(on: Draft) -> None:
    """The largest items, each taken from the items' sheet, and the sum of the others."""
    page, grid, statement = on.page, on.details.items, on.context.pack.statement
    titles = ("Age, days", statement.currency, "Date", "Side", "Category and record")
    page.section("D", "Reconciling items one by one, largest first", *titles, right=(COUNT, AMOUNT))
    order = sorted(range(len(statement.items)), key=lambda row: (-abs(statement.items[row].minor), row))
    first = len(page.rows) + 1
    for row in order[:SHOWN]:
        item = statement.items[row]
        page.add(
            Cell(grid.name.split()[0], Style.NOTE),
            Cell(item.words),
            on.figures.count(grid.far("Age, days", row), (statement.period.last - item.day).days),
            on.figures.live(grid.far(on.context.amount, row), item.minor),
            Cell(item.day, Style.DAY),
            Cell(item.side),
            Cell(f"{item.category.value}: {item.record_id}"),
        )
    others = order[SHOWN:]
    listed = f"SUM({page.address(AMOUNT, first)}:{page.address(AMOUNT, len(page.rows))})" if order else "0"
    if others:
        rest = sum(statement.items[row].minor for row in others)
        page.add(
            Cell(grid.name.split()[0], Style.NOTE),
            Cell(f"{len(others):,} smaller ones, on sheet {grid.name}"),
            None,
            on.figures.live(f"{grid.sum_of(on.context.amount)}-{listed}", rest),
        )
        listed = f"SUM({page.address(AMOUNT, first)}:{page.address(AMOUNT, len(page.rows))})"
    page.add(
        None,
        Cell("Reconciling items", Style.TOTAL_TEXT),
        Cell(None, Style.TOTAL_COUNT),
        on.figures.live(listed, statement.reconciling, Style.TOTAL),
    )


def _ageing(on: Draft) -> None:
    page, grid, statement = on.page, on.details.items, on.context.pack.statement
    page.section(
        "E", f"Reconciling items by age at {statement.period.last}", "Items", statement.currency, right=(COUNT, AMOUNT)
    )
    counts: Counter[str] = Counter()
    sums: dict[str, int] = defaultdict(int)
    for item in statement.items:
        name = bucket((statement.period.last - item.day).days)
        counts[name] += 1
        sums[name] += item.minor
    for name in BUCKETS[:-1]:
        where = {"Ageing": page.address(LINE, len(page.rows) + 1)}
        page.add(
            Cell(grid.name.split()[0], Style.NOTE),
            Cell(name),
            on.figures.count(grid.count_ifs(where), counts[name]),
            on.figures.live(grid.sum_ifs(on.context.amount, where), sums.get(name, 0)),
        )


def _standing(on: Draft) -> None:
    """How many rows of each side stand how, and the run behind it."""
    page, run, details = on.page, on.context.pack.run, on.details
    page.section("F", "How the rows stand", "Source rows", "Ledger rows", right=(COUNT, AMOUNT))
    counts = [Counter(side.standing.tolist()) for side in details.sides]
    for word in sorted({*counts[0], *counts[1]}):
        where = {"Standing": page.address(LINE, len(page.rows) + 1)}
        page.add(
            None,
            Cell(word),
            on.figures.count(details.source.count_ifs(where), counts[0][word]),
            on.figures.count(details.ledger.count_ifs(where), counts[1][word]),
        )
    page.add()
    found = f"{run.confirmed:,} confirmed and {run.suggested:,} suggested matches, {run.open_items:,} open items"
    when = f"Run of {run.started_at:%Y-%m-%d %H:%M} UTC, rules {run.rule_version}"
    page.add(None, Cell(f"{when}: {found} since the take-on.", Style.NOTE))
    page.add(None, Cell(f"Input digest {run.inputs_digest}", Style.MONO))
    page.add(None, Cell(f"Match digest {run.matches_digest}", Style.MONO))


def _signatures(on: Draft) -> None:
    for who in ("Prepared by", "Reviewed by"):
        on.page.add()
        line = Cell(None, Style.SIGN_HERE)
        on.page.add(None, Cell(who), line, line, line, Cell("Date"), line)
