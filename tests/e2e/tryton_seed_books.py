"""Load a simulated merchant's books into a copy of Tryton's template books, as posted entries, by COPY.

Called by tests/e2e/tryton_harness.py. Writes Tryton's tables directly (entry by entry through its own code 2,000 take
minutes), so it keeps itself what Tryton would: balanced entries, periods, numbers, and the sequences behind them, so
that posting over HTTP goes on where this stops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from awra_desk.sandbox.merchant import Books, Document, Line

STREAM = "moves"
"""The connector's stream, under which the desk knows an entry's lines as `<move id>:<line id>`."""

_SAME_STAMP = 500  # Tryton stamps all rows of one transaction alike; so do we, in batches
_MOVE = "id, company, create_date, create_uid, date, description, journal, number, period, post_date, state"
_LINE = "id, move, account, debit, credit, description, state, create_date, create_uid"


def load_books(
    database_url: str, books: Books, fixture: Mapping[str, Any], *, opening_day: date
) -> dict[tuple[str, int], tuple[str, str]]:
    """Load the opening balances and all documents.

    Returns:
        (document key, line_no) -> (stream, external id of the desk's record). The opening entry has no document.
    """
    documents = [_opening(books, opening_day), *books.documents]
    with psycopg.connect(database_url) as connection:
        rows = _Rows(connection, fixture)
        moves, lines, known = rows.render(documents)
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY account_move ({_MOVE}) FROM STDIN") as copy:
                for move in moves:
                    copy.write_row(move)
            with cursor.copy(f"COPY account_move_line ({_LINE}) FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
        rows.advance_sequences()
        connection.execute("ANALYZE account_move, account_move_line")
    return {key: name for key, name in known.items() if key[0] != documents[0].key}


class _Rows:
    """Turns documents into rows of Tryton's tables and remembers the numbers it gave out."""

    def __init__(self, connection: psycopg.Connection[Any], fixture: Mapping[str, Any]) -> None:
        self._connection = connection
        self._fixture = fixture
        self._move_id = self._newest("account_move")
        self._line_id = self._newest("account_move_line")
        self._periods = self._read(
            "SELECT p.start_date, p.end_date, p.id, f.move_sequence FROM account_period p"
            " JOIN account_fiscalyear f ON f.id = p.fiscalyear WHERE p.type = 'standard' AND p.state = 'open'"
        )
        self._next = dict(self._read("SELECT id, number_next_internal FROM ir_sequence_strict"))
        self._began = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1)

    def render(
        self, documents: list[Document]
    ) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], dict[tuple[str, int], tuple[str, str]]]:
        """Rows of moves, rows of lines, and the name of each line."""
        moves, lines, known = [], [], {}
        for index, document in enumerate(documents):
            if sum(line.minor for line in document.lines):
                raise ValueError(f"document {document.key} does not balance")
            stamp = self._began + timedelta(seconds=index // _SAME_STAMP)
            self._move_id += 1
            moves.append(self._move(document, stamp))
            for row, line in self._lines(document, stamp):
                lines.append(row)
                known[document.key, line.line_no] = (STREAM, f"{self._move_id}:{self._line_id}")
        return moves, lines, known

    def advance_sequences(self) -> None:
        """Let Tryton go on behind our ids and numbers."""
        for name, newest in (("account_move", self._move_id), ("account_move_line", self._line_id)):
            self._connection.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (name, newest))
        for sequence, number in self._next.items():
            self._connection.execute(
                "UPDATE ir_sequence_strict SET number_next_internal = %s WHERE id = %s", (number, sequence)
            )

    def _move(self, document: Document, stamp: datetime) -> tuple[Any, ...]:
        period, sequence = self._period(document)
        number = self._next[sequence]
        self._next[sequence] = number + 1
        # Accounts of the template take no party, so the name stands where a bookkeeper would note it.
        text = " ".join(part for part in (document.number, document.memo, document.counterparty) if part)
        journal = self._fixture["journals"]["MISC"]
        day, company = document.date, self._fixture["company"]
        return (self._move_id, company, stamp, 1, day, text or None, journal, str(number), period, day, "posted")

    def _lines(self, document: Document, stamp: datetime) -> Iterator[tuple[tuple[Any, ...], Line]]:
        for line in document.lines:
            self._line_id += 1
            amount = Decimal(abs(line.minor)).scaleb(-2)
            debit, credit = (amount, Decimal(0)) if line.minor > 0 else (Decimal(0), amount)
            account = int(self._fixture["accounts"][line.account_role])
            text = line.description or None
            yield (self._line_id, self._move_id, account, debit, credit, text, "valid", stamp, 1), line

    def _period(self, document: Document) -> tuple[int, int]:
        for first, last, period, sequence in self._periods:
            if first <= document.date <= last:
                return period, sequence
        raise ValueError(f"document {document.key} of {document.date} lies outside the template's open periods")

    def _newest(self, name: str) -> int:
        return int(self._read(f"SELECT coalesce(max(id), 0) FROM {name}")[0][0])

    def _read(self, statement: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()


def _opening(books: Books, day: date) -> Document:
    """The trial balance of the day before the month as one entry."""
    balances = [(role, minor) for role, minor in sorted(books.opening.items()) if minor]
    lines = tuple(Line(role, minor, "", number) for number, (role, minor) in enumerate(balances, 1))
    return Document("opening", "JournalEntry", day, "", "Opening balances", lines)
