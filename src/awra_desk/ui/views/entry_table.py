"""An entry as debits and credits with the balance under them; in Exceptions and in Approvals alike."""

from __future__ import annotations

from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.viewmodels.entry_lines import EntryView

_COLUMNS = (GridColumn("Account", 76), GridColumn("Name", 150, grows=True), GridColumn("Debit", 92, right=True),
            GridColumn("Credit", 92, right=True))  # fmt: skip


class EntryTable(GridView):
    """Lines, then one row that says it balances."""

    def __init__(self, name: str) -> None:
        super().__init__(_COLUMNS, name, row_height=22, current=False)

    def show_entry(self, entry: EntryView | None) -> None:
        """Show the lines; nothing when there is no entry."""
        self.setVisible(entry is not None)
        if entry is None:
            return

        def cell(at: int, number: int) -> Cell:
            if at == len(entry.rows):
                return (Cell(), Cell("Balanced", weight=600), Cell(entry.total, "money", weight=600),
                        Cell(entry.total, "money", weight=600))[number]  # fmt: skip
            line = entry.rows[at]
            name = f"{line.name}, {line.dimensions}" if line.dimensions else line.name
            return (Cell(line.code, "id"), Cell(name, tip=line.text), Cell(line.debit, "money", weight=600),
                    Cell(line.credit, "money", weight=600))[number]  # fmt: skip

        self.show_rows(len(entry.rows) + 1, cell)
        self.fit_height()
