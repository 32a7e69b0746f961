"""The reconciliation statement: both closings as reported, every kind of reconciling item, and what is left, as live formulas over the detail sheets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from awra_desk.audit.pack_grid import SAFE_MINOR, Grid, figure, is_safe, money
from awra_desk.audit.pack_page import Page
from awra_desk.audit.pack_rows import Context
from awra_desk.audit.pack_sides import PERIOD, Standings
from awra_desk.audit.pack_words import AGREES, BUCKETS, DIFFERS, bucket
from awra_desk.domain.reconciliations import ClosingBasis, SideSpec
from awra_desk.domain.runs import ItemCategory, SideTotals
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.workbook import Cell, Formula, Style

REF, LINE, COUNT, AMOUNT, SECOND, CHECK, BASIS = range(7)
WIDTHS = (6, 46, 10, 20, 20, 15, 58)


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
    """Where the cover finds a statement's figures: addresses as another sheet writes them, with their cached values in minor units."""

    source_closing: tuple[str, int]
    ledger_closing: tuple[str, int]
    reconciling: tuple[str, int]
    unexplained: tuple[str, int]


class StatementPage:
    """Writes one statement; `page` is the sheet, `results` what the cover refers to."""

    def __init__(self, context: Context, details: Details) -> None:
        self._context, self._details = context, details
        self._statement, self._digits = context.pack.statement, context.digits
        self._safe = all(is_safe(side.minor) for side in details.sides)
        self.page = Page(f"{context.number} Statement", WIDTHS, self._digits, context.overflow)
        self.page.title(f"Reconciliation statement: {context.pack.spec.name}", context.words)
        source = self._side("A", SOURCE_SIDE, context.pack.spec.source, self._statement.source)
        ledger = self._side("B", LEDGER_SIDE, context.pack.spec.ledger, self._statement.ledger)
        self.results = self._proof(source, ledger)
        self._ageing()
        self._matching()
        self._signatures()

    def _side(self, letter: str, name: str, spec: SideSpec, totals: SideTotals) -> str:
        """One side's opening, movements and closing; returns the address of the reported closing."""
        page, grid = self.page, self._grid(name)
        eve, last = self._statement.period.first - timedelta(days=1), self._statement.period.last
        page.section(letter, f"{name.capitalize()}: {spec.source}", "Rows", self._statement.currency, "", "Check", "Where it comes from",
                     right=(COUNT, AMOUNT))  # fmt: skip
        opening = page.add(None, Cell(f"Opening balance at {eve}"), None, self._plain(totals.opening), None, None,
                           Cell("take-on balance, or the closing last proven"))  # fmt: skip
        first, last_row = self._movements(grid, name)
        moved = page.add(
            None,
            Cell("Movements of the period", Style.TOTAL_TEXT),
            self._counted(
                f"=SUM({page.address(COUNT, first)}:{page.address(COUNT, last_row)})",
                self._rows_in_period(name),
                Style.TOTAL_COUNT,
            ),
            self._figure(
                f"=ROUND(SUM({page.address(AMOUNT, first)}:{page.address(AMOUNT, last_row)}),{self._digits})",
                totals.movements,
            ),
        )
        calculated = page.add(
            None,
            Cell("Closing balance, calculated"),
            None,
            self._figure(
                f"=ROUND({page.address(AMOUNT, opening)}+{page.address(AMOUNT, moved)},{self._digits})",
                totals.opening + totals.movements,
                Style.MONEY,
            ),
        )
        basis = (
            "other movements of the provider's balance"
            if spec.closing == ClosingBasis.BALANCE_FLOW
            else f"{spec.source}'s own balance"
        )
        reported = page.add(None, Cell(f"Closing balance at {last}, as reported"), None, self._plain(totals.closing), None, None,
                            Cell(f"{basis}; never from the rows"))  # fmt: skip
        gap = f"ROUND({page.address(AMOUNT, reported)}-{page.address(AMOUNT, calculated)},{self._digits})"
        page.add(
            None,
            Cell("Reported less calculated", Style.TOTAL_TEXT),
            None,
            self._figure(f"={gap}", totals.gap),
            None,
            self._check(page.address(AMOUNT, len(page.rows) + 1), totals.gap),
            Cell("not nil: rows are missing or too many"),
        )
        return page.address(AMOUNT, reported)

    def _movements(self, grid: Grid, name: str) -> tuple[int, int]:
        """A line for each kind of movement; returns first and last row."""
        side = self._of(name)
        sums: dict[str, int] = defaultdict(int)
        counts: Counter[str] = Counter()
        for kind, minor, counts_as in zip(
            side.kind.tolist(), side.minor.tolist(), side.counts_as.tolist(), strict=True
        ):
            if counts_as == PERIOD:
                sums[kind] += minor
                counts[kind] += 1
        rows = []
        for kind in sorted(sums) or ["(none)"]:
            label = self.page.address(LINE, len(self.page.rows) + 1)
            where = {"Counts as": f'"{PERIOD}"', "Type": label}
            rows.append(
                self.page.add(
                    Cell(grid.name.split()[0], Style.NOTE),
                    Cell(kind),
                    self._counted(f"={grid.count_ifs(where)}", counts[kind]),
                    self._figure(
                        f"=ROUND({grid.sum_ifs(self._context.amount, where)},{self._digits})",
                        sums.get(kind, 0),
                        Style.MONEY,
                    ),
                )
            )
        return rows[0], rows[-1]

    def _proof(self, source: str, ledger: str) -> Results:
        """From the difference of the closings to what is unexplained."""
        page, statement = self.page, self._statement
        difference = statement.ledger.closing - statement.source.closing
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
        first = page.add(
            None,
            Cell("Ledger closing, as reported"),
            None,
            self._figure(f"={ledger}", statement.ledger.closing, Style.MONEY),
        )
        second = page.add(
            None,
            Cell("Source closing, as reported"),
            None,
            self._figure(f"={source}", statement.source.closing, Style.MONEY),
        )
        gap = page.add(
            None,
            Cell("To be explained: ledger less source", Style.TOTAL_TEXT),
            None,
            self._figure(
                f"=ROUND({page.address(AMOUNT, first)}-{page.address(AMOUNT, second)},{self._digits})", difference
            ),
        )
        rows = [self._category(category) for category in ItemCategory]
        span = [
            f"{page.address(column, rows[0])}:{page.address(column, rows[-1])}" for column in (COUNT, AMOUNT, SECOND)
        ]
        total = page.add(
            None,
            Cell("Reconciling items", Style.TOTAL_TEXT),
            self._counted(f"=SUM({span[0]})", len(statement.items), Style.TOTAL_COUNT),
            self._figure(f"=ROUND(SUM({span[1]}),{self._digits})", statement.reconciling),
            self._figure(f"=ROUND(SUM({span[2]}),{self._digits})", sum(self._by_rows().values())),
        )
        left = page.add(
            None,
            Cell("Unexplained", Style.TOTAL_TEXT),
            None,
            self._figure(
                f"=ROUND({page.address(AMOUNT, gap)}-{page.address(AMOUNT, total)},{self._digits})",
                statement.unexplained,
            ),
            None,
            self._check(page.address(AMOUNT, len(page.rows) + 1), statement.unexplained),
            Cell("must be nil"),
        )
        places = (
            (second, statement.source.closing),
            (first, statement.ledger.closing),
            (total, statement.reconciling),
            (left, statement.unexplained),
        )
        return Results(*((page.far(AMOUNT, row), minor) for row, minor in places))

    def _category(self, category: ItemCategory) -> int:
        """Items of one category: by the list of items, and once more by the rows themselves."""
        page, details = self.page, self._details
        items = [item.minor for item in self._statement.items if item.category == category]
        row = len(page.rows) + 1
        label = page.address(LINE, row)
        by_rows = self._by_rows().get(category.value, 0)
        ledger = details.ledger.sum_ifs(self._context.amount, {"Standing": label})
        source = details.source.sum_ifs(self._context.amount, {"Standing": label})
        gap = f"ROUND({page.address(AMOUNT, row)}-{page.address(SECOND, row)},{self._digits})"
        return page.add(
            Cell(details.items.name.split()[0], Style.NOTE),
            Cell(category.value),
            self._counted(f"={details.items.count_ifs({'Category': label})}", len(items)),
            self._figure(
                f"=ROUND({details.items.sum_ifs(self._context.amount, {'Category': label})},{self._digits})",
                sum(items),
                Style.MONEY,
            ),
            self._figure(f"=ROUND(({ledger})-({source}),{self._digits})", by_rows, Style.MONEY),
            self._check(gap, sum(items) - by_rows),
            Cell(CATEGORY_WORDS[category]),
        )

    def _by_rows(self) -> Mapping[str, int]:
        """Effect by category as the rows' standing gives it."""
        wanted = {category.value for category in ItemCategory}
        sums: dict[str, int] = defaultdict(int)
        for side in self._details.sides:
            sign = 1 if side.name == LEDGER_SIDE else -1
            for word, minor in zip(side.standing.tolist(), side.minor.tolist(), strict=True):
                if word in wanted:
                    sums[word] += sign * minor
        return sums

    def _ageing(self) -> None:
        page, items = self.page, self._details.items
        last = self._statement.period.last
        page.section(
            "D", f"Reconciling items by age at {last}", "Items", self._statement.currency, right=(COUNT, AMOUNT)
        )
        counts: Counter[str] = Counter()
        sums: dict[str, int] = defaultdict(int)
        for item in self._statement.items:
            name = bucket((last - item.day).days)
            counts[name] += 1
            sums[name] += item.minor
        for name in BUCKETS[:-1]:
            where = {"Ageing": page.address(LINE, len(page.rows) + 1)}
            page.add(
                Cell(items.name.split()[0], Style.NOTE),
                Cell(name),
                self._counted(f"={items.count_ifs(where)}", counts[name]),
                self._figure(
                    f"=ROUND({items.sum_ifs(self._context.amount, where)},{self._digits})",
                    sums.get(name, 0),
                    Style.MONEY,
                ),
            )

    def _matching(self) -> None:
        page, run, details = self.page, self._context.pack.run, self._details
        page.section("E", "How the rows stand", "Source rows", "Ledger rows", right=(COUNT, AMOUNT))
        counts = [Counter(side.standing.tolist()) for side in details.sides]
        for word in sorted({*counts[0], *counts[1]}):
            label = page.address(LINE, len(page.rows) + 1)
            page.add(
                None,
                Cell(word),
                self._counted(f"={details.source.count_ifs({'Standing': label})}", counts[0][word]),
                self._counted(f"={details.ledger.count_ifs({'Standing': label})}", counts[1][word]),
            )
        page.add()
        words = f"Run of {run.started_at:%Y-%m-%d %H:%M} UTC, rules {run.rule_version}: {run.confirmed:,} confirmed and {run.suggested:,} suggested matches, "
        page.add(None, Cell(f"{words}{run.open_items:,} open items since the take-on.", Style.NOTE))
        page.add(None, Cell(f"Input digest {run.inputs_digest}", Style.MONO))
        page.add(None, Cell(f"Match digest {run.matches_digest}", Style.MONO))

    def _signatures(self) -> None:
        page = self.page
        page.add()
        for who in ("Prepared by", "Reviewed by"):
            page.add(
                None,
                Cell(who),
                *(Cell(None, Style.SIGN_HERE) for _ in (COUNT, AMOUNT, SECOND)),
                Cell("Date"),
                Cell(None, Style.SIGN_HERE),
            )

    def _rows_in_period(self, name: str) -> int:
        return int((self._of(name).counts_as == PERIOD).sum())

    def _of(self, name: str) -> Standings:
        return self._details.sides[name == LEDGER_SIDE]

    def _grid(self, name: str) -> Grid:
        return self._details.ledger if name == LEDGER_SIDE else self._details.source

    def _plain(self, minor: int) -> Cell:
        return Cell(money(minor, self._digits), Style.MONEY)

    def _figure(self, text: str, minor: int, style: Style = Style.TOTAL) -> Cell:
        return figure(text, minor, self._digits, safe=self._safe, style=style)

    def _counted(self, text: str, count: int, style: Style = Style.COUNT) -> Cell:
        return Cell(Formula(text, count), style)

    def _check(self, address: str, gap: int) -> Cell:
        words = AGREES if gap == 0 else DIFFERS
        value = (
            Formula(f'=IF({address}=0,"{AGREES}","{DIFFERS}")', words)
            if self._safe and abs(gap) < SAFE_MINOR
            else words
        )
        return Cell(value, Style.CHECK)


CATEGORY_WORDS: Mapping[ItemCategory, str] = {
    ItemCategory.IN_TRANSIT: "money on its way between the two at the period's end",
    ItemCategory.CUT_OFF: "dated near the end; its counterpart falls after it",
    ItemCategory.MISSING_IN_LEDGER: "reported by the source, not posted",
    ItemCategory.MISSING_IN_SOURCE: "posted, not reported by the source",
    ItemCategory.MATCHED_DIFFERENCE: "agreed with a difference that no entry clears yet",
    ItemCategory.SUGGESTED: "waits for a person's decision; counts as open",
    ItemCategory.EXCLUDED: "taken out by a person, with a reason (sheet Decisions)",
    ItemCategory.OUT_OF_SCOPE: "on this account, reconciled elsewhere",
    ItemCategory.OPENING: "open since before the take-on, inside an opening balance",
}
