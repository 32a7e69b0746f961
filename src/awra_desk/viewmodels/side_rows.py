"""One side's rows as its table shows them: texts of a visible row at once, whole columns only to sort and to search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from awra_desk.ports.schemas import SOURCE_SIDE
from awra_desk.services.queue import said_once, shop_number
from awra_desk.services.sides import Side
from awra_desk.viewmodels import words
from awra_desk.viewmodels.ordering import Ranking, rank_numbers, rank_texts
from awra_desk.viewmodels.search import SearchIndex

Ints = NDArray[np.int64]
SEARCHED = ("external_id", "references", "counterparty", "description", "batch")


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a side's table.

    Attributes:
        key: name in code. label: header; the currency is added to the amount's. kind: "state", "day", "id", "text" or
            "money".
        width: pixels at 100 %; grows: takes the room of a wider window. hides: goes first in a narrow one.
    """

    key: str
    label: str
    kind: str
    width: int
    grows: bool = False
    hides: bool = False


SOURCE_COLUMNS = (
    SheetColumn("state", "", "state", 24),
    SheetColumn("day", "Date", "day", 56),
    SheetColumn("reference", "Reference", "id", 140),
    SheetColumn("order", "Order", "id", 92, hides=True),
    SheetColumn("who", "Customer", "text", 142, grows=True),
    SheetColumn("kind", "Kind", "text", 84, hides=True),
    SheetColumn("amount", "Amount", "money", 104),
)
LEDGER_COLUMNS = (
    SheetColumn("amount", "Amount", "money", 104),
    SheetColumn("day", "Date", "day", 56),
    SheetColumn("document", "Document", "id", 80),
    SheetColumn("type", "Type", "text", 96, hides=True),
    SheetColumn("memo", "Memo", "text", 282, grows=True),
    SheetColumn("state", "", "state", 24),
)


class SideRows:
    """Rows of one side, addressed by index; an index holds until the next load, an id for ever."""

    def __init__(self, side: Side, currency: str) -> None:
        self.name = side.name
        self.currency = currency
        self.minor: Ints = side.minor
        self.days = side.rows["booking_date"]
        self.ids = side.rows["id"]
        self.rows = side.rows
        self.side = side
        self.columns = SOURCE_COLUMNS if side.name == SOURCE_SIDE else LEDGER_COLUMNS
        self._rankings: dict[str, Ranking] = {}
        self._index: SearchIndex | None = None
        self._texts: dict[str, Callable[[int], str]] = {
            "reference": self.reference,
            "order": self.order_number,
            "who": self.who,
            "kind": self.kind,
            "document": self.document,
            "type": self.type,
            "memo": self.memo,
        }

    def __len__(self) -> int:
        return len(self.ids)

    def prepare(self) -> None:
        """Work out ahead, off the main thread, what the first keystroke and the first sort need."""
        self.search_index()
        for key in ("day", "amount", "kind" if self.name == SOURCE_SIDE else "type"):
            self.ranking(key)

    def index(self, record_id: str) -> int | None:
        """Where a record stands, or None when this side has no such row."""
        at = int(np.searchsorted(self.ids, record_id))
        return at if at < len(self.ids) and self.ids[at] == record_id else None

    def text(self, row: int, column: str) -> str:
        """What the cell shows (not for "state")."""
        if column == "amount":
            return words.amount(int(self.minor[row]), self.currency)
        if column == "day":
            return words.day(self.day(row))
        return self._texts[column](row)

    def raw(self, row: int, column: str) -> str:
        """What copying the cell gives."""
        if column == "amount":
            return words.raw_amount(int(self.minor[row]), self.currency)
        if column == "day":
            return str(self.days[row])
        return self._texts[column](row)

    def day(self, row: int) -> date | None:
        """Booking day."""
        value: date | None = self.days[row].astype(object)
        return value

    def ranking(self, column: str) -> Ranking:
        """The column's order, worked out once."""
        if column not in self._rankings:
            if column in ("amount", "day"):
                self._rankings[column] = rank_numbers(self.minor if column == "amount" else self.days)
            else:
                self._rankings[column] = rank_texts(self._column(column))
        return self._rankings[column]

    def _column(self, column: str) -> list[str]:
        """A whole column's texts."""
        if column == "reference":
            both = zip(self.rows["references"].tolist(), self.rows["external_id"].tolist(), strict=True)
            return [references.partition("\n")[0] or external for references, external in both]
        if column in ("kind", "type"):
            codes = self.rows["kind" if column == "kind" else "stream"].tolist()
            names = {code: code.replace("_", " ") if column == "kind" else _singular(code) for code in set(codes)}
            return [names[code] for code in codes]
        read = self._texts[column]
        return [read(row) for row in range(len(self))]

    def search_index(self) -> SearchIndex:
        """Texts and amounts of all rows, built once."""
        if self._index is None:
            columns = (self.rows[name].tolist() for name in SEARCHED)
            texts = ("\n".join(parts) for parts in zip(*columns, strict=True))
            self._index = SearchIndex(texts, self.minor, self.currency)
        return self._index

    def label(self, row: int) -> str:
        """How sentences name the row: its order number, document or reference."""
        if self.name == SOURCE_SIDE:
            return self.order_number(row) or self.reference(row)
        return self.document(row)

    def reference(self, row: int) -> str:
        """The provider's own reference of what moved the money."""
        return str(self.rows["references"][row]).partition("\n")[0] or str(self.rows["external_id"][row])

    def order_number(self, row: int) -> str:
        """The shop's number, "" when there is none beside the reference."""
        number = shop_number(str(self.rows["references"][row]))
        return "" if number == self.reference(row) else number

    def who(self, row: int) -> str:
        """The other party, else what the source says about the row."""
        return str(self.rows["counterparty"][row] or said_once(str(self.rows["description"][row])))

    def kind(self, row: int) -> str:
        """What the row is, in words."""
        return str(self.rows["kind"][row]).replace("_", " ")

    def document(self, row: int) -> str:
        """The ledger's document number, without the line's."""
        return str(self.rows["external_id"][row]).rpartition(":")[0] or str(self.rows["external_id"][row])

    def type(self, row: int) -> str:
        """Kind of ledger document: "Sales receipt" of stream "sales_receipts"."""
        return _singular(str(self.rows["stream"][row]))

    def memo(self, row: int) -> str:
        """What the ledger line says, with its reference and party where the text lacks them."""
        text = said_once(str(self.rows["description"][row]))
        parts = (str(self.rows["references"][row]).partition("\n")[0], str(self.rows["counterparty"][row]))
        told = text.casefold()
        return " · ".join(
            [*(part for part in parts if part and part.casefold() not in told), *([text] if text else [])]
        )


def _singular(stream: str) -> str:
    name = stream.replace("_", " ")
    single = f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")
    return single.capitalize()
