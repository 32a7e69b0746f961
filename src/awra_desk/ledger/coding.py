"""Coding: on which account and dimensions of a ledger a booking goes, and which mapping rows said so.

The connection's account of a role holds whatever a record says. Where it names none, the mapping tables decide: first
the rows of the role ("account.fees"), then those of any role ("account"). Dimensions (branch, class, ...) come from the
tables alone. Two tables that say different things about one record are an error, never a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from awra_desk.domain.errors import UserError
from awra_desk.domain.mappings import ACCOUNT, ROLE_FIELD, MappingBook, MappingKey, MappingRow, Values
from awra_desk.domain.transactions import Kind

ROLE_OF_KIND: dict[str, str] = {
    Kind.FEE: "fees",
    Kind.TAX: "fees",
    Kind.CHARGE: "sales",
    Kind.TIP: "tips",
    Kind.GIFT_CARD: "gift_cards",
    Kind.REFUND: "refunds",
    Kind.CHARGEBACK: "chargebacks",
    Kind.CHARGEBACK_REVERSAL: "chargebacks",
    Kind.RESERVE_HOLD: "reserve",
    Kind.RESERVE_RELEASE: "reserve",
    Kind.PAYOUT: "bank",
    Kind.PAYOUT_FAILURE: "bank",
    Kind.FX: "fx",
    Kind.BANK_LINE: "bank_charges",
}
ROLES = frozenset(ROLE_OF_KIND.values())


@dataclass(frozen=True, slots=True)
class Coding:
    """Where one booking goes.

    Attributes:
        dimensions: of the ledger's line, by name. rows: the mapping rows that said something of it, by number.
    """

    account: str
    dimensions: tuple[tuple[str, str], ...]
    rows: tuple[MappingRow, ...]


@dataclass(frozen=True, slots=True)
class Coder:
    """What decides in one ledger.

    Attributes:
        ledger: connection name. roles: role -> account, as the connection fixes them. book: the mapping tables.
    """

    ledger: str
    roles: Mapping[str, str]
    book: MappingBook

    def code(self, kind: str, values: Values, day: date, record: str) -> Coding:
        """Where a record of this kind goes that says these values.

        Raises:
            UserError: nothing names an account, or two tables disagree; it names `record` and the remedy.
        """
        role = ROLE_OF_KIND.get(kind, "")
        rows: dict[int, MappingRow] = {}
        if not (account := self.roles.get(role, "")):
            row = self._account(role, values, day, record)
            if row is None:
                raise UserError(f"no ledger account is mapped for {role or kind}", record=record,
                                remedy=self._remedy(role, values))  # fmt: skip
            account, rows[row.number] = row.target or "", row
        dimensions = []
        for field in self._dimensions(values):
            if (found := self._row(field, values, day, record)) is not None:
                dimensions.append((field, found.target or ""))
                rows[found.number] = found
        return Coding(account, tuple(dimensions), tuple(rows[number] for number in sorted(rows)))

    def open(self, kind: str, values: Values, day: date) -> tuple[str, ...]:
        """Fields that stay open for such a record though the tables of its values fill them for other values on that
        day: its role's account, unless the connection fixes it, and dimensions. Sorted.

        Raises:
            UserError: two tables disagree.
        """
        role = ROLE_OF_KIND.get(kind, "")
        found = {field for field in self._dimensions(values) if self._row(field, values, day, kind) is None}
        if role and not self.roles.get(role) and self._account(role, values, day, kind) is None:
            found |= {ACCOUNT, f"{ROLE_FIELD}{role}"}
        used = {field for field in found if any(self.book.used(self.ledger, axis, field, day) for axis, _ in values)}
        return tuple(sorted(used))

    def _account(self, role: str, values: Values, day: date, record: str) -> MappingRow | None:
        fields = (f"{ROLE_FIELD}{role}", ACCOUNT) if role else ()
        return next((row for field in fields if (row := self._row(field, values, day, record))), None)

    def _dimensions(self, values: Values) -> list[str]:
        fields = {field for axis, _ in values for field in self.book.fields(self.ledger, axis)}
        return sorted(field for field in fields if field != ACCOUNT and not field.startswith(ROLE_FIELD))

    def _row(self, field: str, values: Values, day: date, record: str) -> MappingRow | None:
        """The row that fills the field, or None.

        Raises:
            UserError: two tables fill it differently.
        """
        asked = (self.book.row(MappingKey.of(self.ledger, axis, value, field), day) for axis, value in values)
        rows = [row for row in asked if row is not None]
        if other := next((row for row in rows[1:] if row.target != rows[0].target), None):
            raise UserError(f"the mapping tables disagree: {rows[0].words}; {other.words}", record=record,
                            remedy="End one of the two, or give both the same target.")  # fmt: skip
        return rows[0] if rows else None

    def _remedy(self, role: str, values: Values) -> str:
        if not role:
            return "No template books this kind; enter it in the ledger."
        fixed = f"map the role in {self.ledger}'s accounts (option {ROLE_FIELD}{role})"
        if not values:
            return f"{fixed[0].upper()}{fixed[1:]}."
        said = " or ".join(f"{axis} {value!r}" for axis, value in values)
        return f"Map {said} to {ROLE_FIELD}{role} (`awra-desk mappings set`), or {fixed}."
