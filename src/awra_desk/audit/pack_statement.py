"""The reconciliation statement: both closings as reported, the items between them, and what is left; live formulas."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from awra_desk.audit.pack_grid import Grid, is_safe
from awra_desk.audit.pack_page import Figures, Page
from awra_desk.audit.pack_rows import Context
from awra_desk.audit.pack_sides import PERIOD, Standings
from awra_desk.audit.pack_words import AGREES, CATEGORIES, DIFFERS, NIL, NOT_NIL
from awra_desk.domain.reconciliations import ClosingBasis, SideSpec
from awra_desk.domain.runs import ItemCategory, SideTotals
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.workbook import Cell, Style

REF, LINE, COUNT, AMOUNT, SECOND, CHECK, BASIS = range(7)
WIDTHS = (6, 46, 12, 20, 20, 15, 72)


@dataclass(frozen=True, slots=True)
class Details:
    """A reconciliation's detail sheets and what they were made of."""

    source: Grid
    ledger: Grid
    items: Grid
    matched: Grid
    suggested: Grid
    open: Grid
    sides: tuple[Standings, Standings]

    @property
    def grids(self) -> tuple[Grid, ...]:
        """In the order of their numbers."""
        return (self.source, self.ledger, self.items, self.matched, self.suggested, self.open)


@dataclass(frozen=True, slots=True)
class Results:
    """Where the cover finds a statement's figures: addresses as another sheet writes them, with cached minor units."""

    source_closing: tuple[str, int]
    ledger_closing: tuple[str, int]
    reconciling: tuple[str, int]
    unexplained: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement being written."""

    context: Context
    details: Details
    page: Page
    figures: Figures


def draft(context: Context, details: Details) -> Draft:
    """An empty statement with its head."""
    page = Page(f"{context.number} Statement", WIDTHS, context.digits, context.overflow)
    page.title(f"Reconciliation statement: {context.pack.spec.name}", context.words)
    return Draft(context, details, page, Figures(context.digits, all(is_safe(side.minor) for side in details.sides)))


def write_proof(on: Draft) -> Results:
    """Blocks A, B and C: each side from opening to closing, then what lies between the closings."""
    pack = on.context.pack
    source = _side(on, "A", SOURCE_SIDE, pack.spec.source, pack.statement.source)
    ledger = _side(on, "B", LEDGER_SIDE, pack.spec.ledger, pack.statement.ledger)
    return _proof(on, source, ledger)


def _side(on: Draft, letter: str, name: str, spec: SideSpec, totals: SideTotals) -> str:
    """One side's opening, movements and closing; returns the address of the reported closing."""
    page, figures, period = on.page, on.figures, on.context.pack.statement.period
    titles = ("Rows", on.context.pack.spec.currency, "", "Check", "Where it comes from")
    page.section(letter, f"{name.capitalize()}: {spec.source}", *titles, right=(COUNT, AMOUNT))
    eve = f"Opening balance at {period.first - timedelta(days=1)}"
    opening = _given(on, eve, totals.opening, "take-on balance, or the closing last proven")
    first, last = _movements(on, name)
    counts, amounts = (f"{page.address(column, first)}:{page.address(column, last)}" for column in (COUNT, AMOUNT))
    count = int((_standings(on, name).counts_as == PERIOD).sum())
    moved = page.add(
        None,
        Cell("Movements of the period", Style.TOTAL_TEXT),
        figures.count(f"SUM({counts})", count, Style.TOTAL_COUNT),
        figures.live(f"SUM({amounts})", totals.movements, Style.TOTAL),
    )
    sums = f"{page.address(AMOUNT, opening)}+{page.address(AMOUNT, moved)}"
    calculated = page.add(
        None, Cell("Closing balance, calculated"), None, figures.live(sums, totals.opening + totals.movements)
    )
    reported = _given(on, f"Closing balance at {period.last}, as reported", totals.closing, _basis(spec))
    row = len(page.rows) + 1
    page.add(
        None,
        Cell("Reported less calculated", Style.TOTAL_TEXT),
        Cell(None, Style.TOTAL_COUNT),
        figures.live(f"{page.address(AMOUNT, reported)}-{page.address(AMOUNT, calculated)}", totals.gap, Style.TOTAL),
        None,
        figures.check(page.address(AMOUNT, row), totals.gap, (NIL, NOT_NIL)),
        Cell("if not nil, rows are missing or too many"),
    )
    return page.address(AMOUNT, reported)


def _given(on: Draft, label: str, minor: int, basis: str) -> int:
    """A figure taken from outside the rows, and where it comes from."""
    return on.page.add(None, Cell(label), None, on.figures.plain(minor), None, None, Cell(basis))


def _movements(on: Draft, name: str) -> tuple[int, int]:
    """A line for each kind of movement; returns first and last row."""
    page, grid, side = on.page, _grid(on, name), _standings(on, name)
    sums: dict[str, int] = defaultdict(int)
    counts: Counter[str] = Counter()
    for kind, minor, counts_as in zip(side.kind.tolist(), side.minor.tolist(), side.counts_as.tolist(), strict=True):
        if counts_as == PERIOD:
            sums[kind] += minor
            counts[kind] += 1
    first = len(page.rows) + 1
    for kind in sorted(sums) or ["no movements"]:
        where = {"Counts as": f'"{PERIOD}"', "Type": page.address(LINE, len(page.rows) + 1)}
        page.add(
            Cell(grid.name.split()[0], Style.NOTE),
            Cell(kind),
            on.figures.count(grid.count_ifs(where), counts[kind]),
            on.figures.live(grid.sum_ifs(on.context.amount, where), sums.get(kind, 0)),
        )
    return first, len(page.rows)


def _proof(on: Draft, source: str, ledger: str) -> Results:
    """From the difference of the closings to what is unexplained."""
    page, figures, statement = on.page, on.figures, on.context.pack.statement
    page.section(
        "C",
        "Proof",
        "Items",
        statement.currency,
        "By detail rows",
        "Check",
        "Where it comes from",
        right=(COUNT, AMOUNT, SECOND),
    )
    first = page.add(None, Cell("Ledger closing, as reported"), None, figures.live(ledger, statement.ledger.closing))
    second = page.add(None, Cell("Source closing, as reported"), None, figures.live(source, statement.source.closing))
    gap = page.add(
        None,
        Cell("To be explained: ledger less source", Style.TOTAL_TEXT),
        Cell(None, Style.TOTAL_COUNT),
        figures.live(
            f"{page.address(AMOUNT, first)}-{page.address(AMOUNT, second)}",
            statement.ledger.closing - statement.source.closing,
            Style.TOTAL,
        ),
    )
    by_rows = _by_rows(on)
    rows = [_category(on, category, by_rows.get(category.value, 0)) for category in ItemCategory]
    counts, amounts, seconds = (
        f"SUM({page.address(column, rows[0])}:{page.address(column, rows[-1])})" for column in (COUNT, AMOUNT, SECOND)
    )
    total = page.add(
        None,
        Cell("Reconciling items", Style.TOTAL_TEXT),
        figures.count(counts, len(statement.items), Style.TOTAL_COUNT),
        figures.live(amounts, statement.reconciling, Style.TOTAL),
        figures.live(seconds, sum(by_rows.values()), Style.TOTAL),
    )
    left = page.add(
        None,
        Cell("Unexplained", Style.TOTAL_TEXT),
        Cell(None, Style.TOTAL_COUNT),
        figures.live(f"{page.address(AMOUNT, gap)}-{page.address(AMOUNT, total)}", statement.unexplained, Style.TOTAL),
        None,
        figures.check(page.address(AMOUNT, len(page.rows) + 1), statement.unexplained, (NIL, NOT_NIL)),
        Cell("must be nil before the period may close"),
    )
    places = (
        (second, statement.source.closing),
        (first, statement.ledger.closing),
        (total, statement.reconciling),
        (left, statement.unexplained),
    )
    return Results(*((page.far(AMOUNT, row), minor) for row, minor in places))


def _category(on: Draft, category: ItemCategory, by_rows: int) -> int:
    """Items of one category: by the list of items, and once more by the rows themselves."""
    page, details, amount = on.page, on.details, on.context.amount
    items = [item.minor for item in on.context.pack.statement.items if item.category == category]
    row = len(page.rows) + 1
    label = page.address(LINE, row)
    ledger, source = (grid.sum_ifs(amount, {"Standing": label}) for grid in (details.ledger, details.source))
    gap = f"{page.address(AMOUNT, row)}-{page.address(SECOND, row)}"
    return page.add(
        Cell(details.items.name.split()[0], Style.NOTE),
        Cell(category.value),
        on.figures.count(details.items.count_ifs({"Category": label}), len(items)),
        on.figures.live(details.items.sum_ifs(amount, {"Category": label}), sum(items)),
        on.figures.live(f"({ledger})-({source})", by_rows),
        on.figures.check(gap, sum(items) - by_rows, (AGREES, DIFFERS)),
        Cell(CATEGORIES[category]),
    )


def _by_rows(on: Draft) -> Mapping[str, int]:
    """Effect by category as the rows' standing gives it."""
    wanted = {category.value for category in ItemCategory}
    sums: dict[str, int] = defaultdict(int)
    for side in on.details.sides:
        sign = 1 if side.name == LEDGER_SIDE else -1
        for word, minor in zip(side.standing.tolist(), side.minor.tolist(), strict=True):
            if word in wanted:
                sums[word] += sign * minor
    return sums


def _basis(spec: SideSpec) -> str:
    if spec.closing == ClosingBasis.BALANCE_FLOW:
        return f"what left {spec.source}'s reported balance beside all its other movements"
    return f"as {spec.source} itself reports it; never from the rows"


def _standings(on: Draft, name: str) -> Standings:
    return on.details.sides[name == LEDGER_SIDE]


def _grid(on: Draft, name: str) -> Grid:
    return on.details.ledger if name == LEDGER_SIDE else on.details.source
