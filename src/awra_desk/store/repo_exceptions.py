"""The exception queue and its comments."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from awra_desk.domain.exception_items import Comment, ExceptionItem, ExceptionState, Severity
from awra_desk.domain.reasons import Reason
from awra_desk.store import codec
from awra_desk.store.repo_base import Repository, names
from awra_desk.store.tables_reconciliations import comments, exceptions

_ENUMS = {"reason": Reason, "severity": Severity, "state": ExceptionState}
_FIELDS = tuple(name for name in names(ExceptionItem) if name not in ("company", "members", *_ENUMS))


class SqlExceptions(Repository):
    """`ports.storage.Exceptions`."""

    def put(self, items: Sequence[ExceptionItem]) -> None:
        if any(item.company != self._company for item in items):
            raise ValueError(f"an exception of another company in a unit of {self._company}")
        self._upsert(
            exceptions,
            [
                {
                    "reason": item.reason.value,
                    "severity": item.severity.value,
                    "state": item.state.value,
                    "members": codec.pairs_text(item.members),
                    **{name: getattr(item, name) for name in _FIELDS},
                }
                for item in items
            ],
        )

    def get(self, exception_id: str) -> ExceptionItem:
        query = sa.select(exceptions).where(
            exceptions.c.company == self._company, exceptions.c.exception_id == exception_id
        )
        return _item(self._row(query, record=exception_id, what="this exception", remedy="Load the queue again."))

    def all(self, *, reconciliation: str = "", states: Collection[ExceptionState] = ()) -> list[ExceptionItem]:
        query = sa.select(exceptions).where(*self._which(reconciliation, states))
        return [_item(row) for row in self._rows(query.order_by(exceptions.c.day, exceptions.c.exception_id))]

    def count(self, *, reconciliation: str = "", states: Collection[ExceptionState] = ()) -> int:
        query = sa.select(sa.func.count()).select_from(exceptions).where(*self._which(reconciliation, states))
        return int(self._connection.execute(query).scalar_one())

    def _which(self, reconciliation: str, states: Collection[ExceptionState]) -> list[sa.ColumnElement[bool]]:
        wanted = [exceptions.c.company == self._company]
        if reconciliation:
            wanted.append(exceptions.c.reconciliation == reconciliation)
        if states:
            wanted.append(exceptions.c.state.in_(sorted(state.value for state in states)))
        return wanted

    def add_comment(self, comment: Comment) -> None:
        self.get(comment.exception_id)
        number = self._next(comments.c.number, comments.c.exception_id == comment.exception_id)
        self._insert(comments, [{"number": number, **{name: getattr(comment, name) for name in names(Comment)}}])

    def comments(self, exception_id: str) -> list[Comment]:
        query = sa.select(*(comments.c[name] for name in names(Comment))).where(
            comments.c.company == self._company, comments.c.exception_id == exception_id
        )
        return [Comment(**row) for row in self._rows(query.order_by(comments.c.number))]


def _item(row: sa.RowMapping) -> ExceptionItem:
    enums = {name: kind(row[name]) for name, kind in _ENUMS.items()}
    return ExceptionItem(**{**row, **enums, "members": codec.pairs(row["members"])})
