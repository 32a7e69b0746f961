"""The pack's cover: result, sources, open exceptions, how to read, digests, rules in force and the index of sheets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from awra_desk.audit import chain
from awra_desk.audit.pack_grid import SAFE_MINOR, Field, Grid, column_letter, exact_sum, is_safe, money
from awra_desk.audit.pack_input import AuditPack, ReconciliationPack
from awra_desk.audit.pack_page import Page
from awra_desk.audit.pack_records import HOLDS
from awra_desk.audit.pack_statement import Results
from awra_desk.audit.pack_words import BUCKETS, LEGEND, bucket, days
from awra_desk.audit.seal import SEAL
from awra_desk.domain.exception_items import ExceptionState, Severity
from awra_desk.domain.money import exponent, to_people
from awra_desk.domain.reconciliations import SideSpec
from awra_desk.ports.workbook import Cell, Formula, Link, Style

WIDTHS = (30, 26, 17, 18, 22, 17, 17, 17, 16)
PROVEN, NOT_PROVEN = "✓ proven", "✗ unexplained"


@dataclass(frozen=True, slots=True)
class Proven:
    """One statement as the cover refers to it."""

    pack: ReconciliationPack
    sheet: str
    results: Results


class Cover:
    """Writes the cover onto `page`, which must be empty."""

    def __init__(
        self, page: Page, pack: AuditPack, statements: Sequence[Proven], grids: Sequence[Grid], controls: Grid
    ) -> None:
        self._page, self._pack = page, pack
        page.title(
            f"Reconciliation audit pack: {pack.company}",
            f"Period {pack.period} ({pack.period.first} to {pack.period.last})",
        )
        for label, value in (
            ("Company", pack.company),
            ("Booking days in zone", pack.zone),
            ("Prepared by", pack.prepared_by),
        ):
            page.line(label, value)
        page.add(Cell("Prepared at (UTC)"), Cell(_second(pack.prepared_at), Style.INSTANT))
        self._result(statements)
        self._sources(controls)
        self._exceptions(next(grid for grid in grids if grid.name == "Exceptions"))
        self._reading()
        self._index(statements, grids)
        self._digests()
        self._rules()

    def _result(self, statements: Sequence[Proven]) -> None:
        page = self._page
        titles = (
            "Reconciliation",
            "Statement",
            "Currency",
            "Source closing",
            "Ledger closing",
            "Difference",
            "Reconciling items",
            "Unexplained",
            "Result",
        )
        page.section(*titles, right=(3, 4, 5, 6, 7))
        for item in statements:
            row, digits = len(page.rows) + 1, exponent(item.pack.spec.currency)
            results = item.results
            gap = results.ledger_closing[1] - results.source_closing[1]
            live = (
                max(abs(minor) for _, minor in (results.source_closing, results.ledger_closing, results.reconciling))
                < SAFE_MINOR
            )
            cells = [
                self._money(f"={address}", minor, digits, live=live)
                for address, minor in (
                    results.source_closing,
                    results.ledger_closing,
                    (f"ROUND(E{row}-D{row},{digits})", gap),
                )
            ]
            cells += [
                self._money(f"={address}", minor, digits, live=live)
                for address, minor in (results.reconciling, results.unexplained)
            ]
            words = PROVEN if results.unexplained[1] == 0 else NOT_PROVEN
            check = Cell(Formula(f'=IF(H{row}=0,"{PROVEN}","{NOT_PROVEN}")', words) if live else words, Style.CHECK)
            page.add(Cell(item.pack.spec.name), Cell(Link(item.sheet)), Cell(item.pack.spec.currency), *cells, check)
        page.add(
            Cell(
                "Unexplained: ledger closing less source closing, less the reconciling items. It must be nil.",
                Style.NOTE,
            )
        )

    def _sources(self, controls: Grid) -> None:
        page = self._page
        page.section(
            "Sources",
            "Provider",
            "Host",
            "",
            "Last pull (UTC)",
            "Raw records",
            "Transactions",
            "Superseded",
            "Quarantined",
            right=(5, 6, 7, 8),
        )
        for source in self._pack.sources:
            counts = [source.counts.get(name, 0) for name in ("raw", "transactions", "superseded", "quarantined")]
            pulled = Cell(_second(source.last_pull), Style.INSTANT) if source.last_pull else Cell("never")
            page.add(
                Cell(source.name),
                Cell(source.provider),
                Cell(source.host),
                None,
                pulled,
                *(Cell(count, Style.COUNT) for count in counts),
            )
        held = sum(total.holds for total in self._pack.control_totals)
        page.add(
            Cell("Control totals that hold"),
            Cell(Formula(f"={controls.count_ifs({'Check': _quote(HOLDS)})}", held), Style.COUNT),
            Cell(Formula(f'="of "&{controls.count_of()}', f"of {len(self._pack.control_totals)}")),
        )

    def _exceptions(self, grid: Grid) -> None:
        """Unresolved exceptions: severity by age."""
        page = self._page
        page.section("Unresolved exceptions", *BUCKETS, "Together", right=range(1, len(BUCKETS) + 2))
        head, last = len(page.rows), self._pack.period.last
        counts = Counter(
            (item.severity.value, bucket((last - item.day).days))
            for item in self._pack.exceptions
            if item.state != ExceptionState.RESOLVED
        )
        first = head + 1
        for severity in reversed(Severity):
            row = len(page.rows) + 1
            cells = []
            for index, name in enumerate(BUCKETS, 1):
                where = {"Severity": f"$A{row}", "Ageing": f"{column_letter(index)}${head}", "State": '"<>resolved"'}
                cells.append(Cell(Formula(f"={grid.count_ifs(where)}", counts[(severity.value, name)]), Style.COUNT))
            total = sum(counts[(severity.value, name)] for name in BUCKETS)
            cells.append(Cell(Formula(f"=SUM(B{row}:{page.address(len(BUCKETS), row)})", total), Style.COUNT))
            page.add(Cell(severity.value), *cells)
        columns = [
            (index, sum(counts[(level.value, name)] for level in Severity)) for index, name in enumerate(BUCKETS, 1)
        ]
        columns.append((len(BUCKETS) + 1, counts.total()))
        last_row = len(page.rows)
        page.add(
            Cell("Together", Style.TOTAL_TEXT),
            *(
                Cell(
                    Formula(f"=SUM({page.address(index, first)}:{page.address(index, last_row)})", count),
                    Style.TOTAL_COUNT,
                )
                for index, count in columns
            ),
        )

    def _reading(self) -> None:
        page = self._page
        page.section("How to read this")
        for words in (
            "Figures are live formulas over the detail sheets of the statement's number (1.1, 1.2, …).",
            "Closing balances are what provider and ledger report themselves, never derived from rows.",
            "Amounts are exact; negative ones stand in parentheses. Days are booking days of the zone above.",
            "Text is as received and never a formula. A text too long for a cell stands whole on the sheet Overflow.",
            "A figure of more than 15 digits stands as text: no spreadsheet holds it exactly, so no formula covers it.",
        ):
            page.add(Cell(words))
        page.section("Tick mark", "Meaning")
        for mark, words in LEGEND:
            page.add(Cell(mark), Cell(words))

    def _index(self, statements: Sequence[Proven], grids: Sequence[Grid]) -> None:
        page = self._page
        page.section("Sheet", "What it holds", "", "", "Rows", "Total", right=(4, 5))
        for item in statements:
            page.add(Cell(Link(item.sheet)), Cell(f"Reconciliation statement: {item.pack.spec.name}"))
            prefix = f"{item.sheet.split()[0]}."
            for grid in (grid for grid in grids if grid.name.startswith(prefix)):
                self._indexed(grid)
        for grid in (grid for grid in grids if not grid.name[0].isdigit()):
            self._indexed(grid)
        page.add(Cell(Link(SEAL)), Cell("A digest of each sheet; `awra-desk verify` recomputes them"))

    def _indexed(self, grid: Grid) -> None:
        first, *others = grid.parts
        summed = next((item for item in grid.fields if item.total), None)
        total = _grid_total(grid, summed) if summed else None
        rows = Cell(Formula(f"={grid.count_of()}", grid.count), Style.COUNT)
        self._page.add(Cell(Link(first.name)), Cell(grid.title), None, None, rows, total)
        for part in others:
            self._page.add(Cell(Link(part.name)), Cell("continued"))

    def _digests(self) -> None:
        page, trail = self._page, self._pack.trail
        page.section("Digests (SHA-256)", "")
        for item in self._pack.reconciliations:
            page.add(Cell(f"{item.spec.name}: inputs"), Cell(item.run.inputs_digest, Style.MONO))
            page.add(Cell(f"{item.spec.name}: matches"), Cell(item.run.matches_digest, Style.MONO))
        head, flaw = chain.head(trail), chain.verify(trail)
        page.add(Cell(f"Trail head, row {head.sequence}"), Cell(head.digest, Style.MONO))
        page.add(
            Cell("Trail, when this was written"),
            Cell(f"✗ {flaw.what}" if flaw else f"✓ whole, {head.sequence} rows", Style.CHECK),
        )
        for words, digest in self._pack.digests:
            page.add(Cell(words), Cell(digest, Style.MONO))

    def _rules(self) -> None:
        for item in self._pack.reconciliations:
            self._page.section(
                f"Rules in force: {item.spec.name}", f"version {item.spec.version}, engine {item.run.rule_version}"
            )
            for words, setting in (*spec_rules(item), *item.rules):
                self._page.add(Cell(words), Cell(setting))

    def _money(self, text: str, minor: int, digits: int, *, live: bool) -> Cell:
        value = money(minor, digits)
        return Cell(Formula(text, value) if live else value, Style.MONEY)


def spec_rules(pack: ReconciliationPack) -> list[tuple[str, str]]:
    """The specification's own settings in words."""
    spec = pack.spec
    tolerance = to_people(spec.tolerance_minor, spec.currency)
    return [
        ("Source side", _side(spec.source)),
        ("Ledger side", _side(spec.ledger)),
        ("Booking days in zone", spec.zone),
        (
            "Date window",
            f"the ledger may precede the source by {days(spec.before_days)} and follow it by {days(spec.after_days)}",
        ),
        (
            "Tolerance",
            tolerance + (f" or {_plain(spec.percent)} % of the ledger amount, the larger" if spec.percent else ""),
        ),
        ("Materiality", to_people(spec.materiality_minor, spec.currency)),
        *([("Owner", spec.owner)] if spec.owner else []),
    ]


def _side(side: SideSpec) -> str:
    parts = [side.source]
    if side.streams:
        parts.append(f"streams {', '.join(side.streams)}")
    if side.account:
        parts.append(f"account {side.account}")
    if side.sign < 0:
        parts.append("signs turned")
    if side.scope:
        parts.append(f"only rows whose text holds “{side.scope.contains}” ({side.scope.words})")
    for rule in side.channels:
        begins = f", text begins “{rule.begins}”" if rule.begins else ""
        parts.append(f"channel {rule.channel}: {', '.join(rule.kinds) or 'any kind'}{begins}")
    return "; ".join(parts)


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _grid_total(grid: Grid, item: Field) -> Cell:
    minor = exact_sum(item.values)
    value = money(minor, grid.digits)
    text = f"=ROUND({grid.sum_of(item.title)},{grid.digits})"
    return Cell(Formula(text, value) if is_safe(item.values) else value, Style.MONEY)


def _second(at: datetime) -> datetime:
    """To the second: sheets with room show the rest."""
    return at.replace(microsecond=0)


def _quote(text: str) -> str:
    return f'"{text}"'
