"""The audit pack: all an auditor needs for one company and period, as sheets of data for a workbook writer.

Pure. Called by the export service. Figures are live formulas over the detail sheets; the cached value beside each is
worked out here in integer minor units. It must not read a store, format files, or put data into a formula's text.
"""

from __future__ import annotations

from awra_desk.audit.pack_cover import WIDTHS, Cover, Proven
from awra_desk.audit.pack_entries import entry_grids
from awra_desk.audit.pack_grid import ROW_LIMIT, TEXT_LIMIT, Grid, Limits, Overflow
from awra_desk.audit.pack_input import Attempt, AuditPack, ReconciliationPack, SidePack, SourcePack
from awra_desk.audit.pack_matches import match_grid
from awra_desk.audit.pack_page import Page
from awra_desk.audit.pack_records import Records
from awra_desk.audit.pack_rows import Context, items_grid, open_grid, side_grid
from awra_desk.audit.pack_sides import facts, standings
from awra_desk.audit.pack_statement import Details, draft, write_proof
from awra_desk.audit.pack_statement_tables import write_tables
from awra_desk.audit.seal import Seal
from awra_desk.domain.errors import UserError
from awra_desk.ports.workbook import Sheet

__all__ = ["Attempt", "AuditPack", "ReconciliationPack", "SidePack", "SourcePack", "build"]


def build(
    pack: AuditPack, *, row_limit: int = ROW_LIMIT, text_limit: int = TEXT_LIMIT, seal: Seal | None = None
) -> list[Sheet]:
    """The pack's sheets in order: cover, each statement with its detail sheets, the company's common sheets, the seal.

    Args:
        seal: knows the digest of what was written afterwards.
        row_limit: rows a sheet may hold; longer tables go on in "name (2)".
        text_limit: UTF-16 units a cell may hold; longer texts go to "Overflow".

    Raises:
        UserError: a reconciliation's rows are not those its statement was made from.
    """
    limits, overflow = Limits(row_limit, text_limit), Overflow(text_limit)
    cover = Page("Cover", WIDTHS, 2, overflow)
    statements: list[Proven] = []
    sheets: list[Sheet] = []
    grids: list[Grid] = []
    for number, item in enumerate(pack.reconciliations, 1):
        context = Context(number, item, facts(item), limits, overflow)
        details = _details(context, pack)
        statement = draft(context, details)
        results = write_proof(statement)
        write_tables(statement)
        statements.append(Proven(item, statement.page.name, results))
        sheets += [statement.page.sheet(), *(sheet for grid in details.grids for sheet in grid.sheets())]
        grids += details.grids
    records = Records(pack, limits, overflow)
    controls = records.controls()
    common = [
        records.exceptions(),
        records.decisions(),
        *entry_grids(records, pack),
        controls,
        records.quarantine(),
        records.trail(),
    ]
    # The cover's own texts may overflow too: write it to find them, then again with the sheet Overflow in its index.
    Cover(cover, pack, statements, [*grids, *common], controls)
    if overflow.rows:
        common.append(records.overflow())
        cover = Page("Cover", WIDTHS, 2, overflow)
        Cover(cover, pack, statements, [*grids, *common], controls)
    everything = [cover.sheet(), *sheets, *(sheet for grid in common for sheet in grid.sheets())]
    return (seal or Seal()).over(everything)


def _details(context: Context, pack: AuditPack) -> Details:
    item = context.pack
    for name, side, totals in (
        ("source", item.source, item.statement.source),
        ("ledger", item.ledger, item.statement.ledger),
    ):
        days = item.statement.period
        inside = [
            minor
            for minor, day, opening in zip(
                side.minor.tolist(), side.rows["booking_date"].tolist(), side.opening_item.tolist(), strict=True
            )
            if day in days and not opening
        ]
        if sum(inside) != totals.movements:
            raise UserError(
                f"the {name} rows of the period are not those of its statement",
                record=item.spec.name,
                remedy="Reconcile again, then export.",
            )
    sides = standings(item)
    standing_of = {
        (side.name, key): word
        for side in sides
        for key, word in zip(side.rows["id"].tolist(), side.standing.tolist(), strict=True)
    }
    decisions = [decision for decision in pack.decisions if decision.reconciliation == item.spec.name]
    return Details(
        source=side_grid(context, sides[0]),
        ledger=side_grid(context, sides[1]),
        items=items_grid(context),
        matched=match_grid(context, "confirmed", decisions),
        suggested=match_grid(context, "suggested", decisions),
        open=open_grid(context, standing_of),
        sides=sides,
    )
