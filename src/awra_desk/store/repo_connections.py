"""Connected systems, how far they were pulled, and their charts of accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from awra_desk.domain.entries import Account
from awra_desk.domain.ladder import Rung
from awra_desk.ports.connections import Connection
from awra_desk.store import codec
from awra_desk.store.repo_base import Repository
from awra_desk.store.tables_records import accounts, connections, cursors


class SqlConnections(Repository):
    """`ports.storage.Connections`."""

    def put(self, connection: Connection) -> None:
        if connection.company != self._company:
            raise ValueError(f"a connection of {connection.company} in a unit of {self._company}")
        here = (connections.c.company == self._company, connections.c.name == connection.name)
        elsewhere = sa.or_(connections.c.provider != connection.provider, connections.c.base_url != connection.base_url)
        # What was proven of one system says nothing of another.
        self._connection.execute(sa.update(connections).where(*here, elsewhere).values(rung=Rung.READ_ONLY.value))
        self._upsert(
            connections,
            [
                {
                    "name": connection.name,
                    "provider": connection.provider,
                    "base_url": connection.base_url,
                    "zone": connection.zone,
                    "options": codec.mapping_text(connection.options),
                }
            ],
        )

    def set_rung(self, name: str, rung: Rung) -> None:
        self.get(name)
        here = (connections.c.company == self._company, connections.c.name == name)
        self._connection.execute(sa.update(connections).where(*here).values(rung=rung.value))

    def get(self, name: str) -> Connection:
        query = sa.select(connections).where(connections.c.company == self._company, connections.c.name == name)
        return _connection(
            self._row(query, record=name, what="this connection", remedy="Connect it first, or correct the name.")
        )

    def all(self) -> list[Connection]:
        query = sa.select(connections).where(connections.c.company == self._company).order_by(connections.c.name)
        return [_connection(row) for row in self._rows(query)]

    def cursor(self, name: str, stream: str) -> str | None:
        query = sa.select(cursors.c.cursor).where(
            cursors.c.company == self._company, cursors.c.source == name, cursors.c.stream == stream
        )
        return self._connection.execute(query).scalar_one_or_none()

    def save_cursor(self, name: str, stream: str, cursor: str) -> None:
        self._upsert(cursors, [{"source": name, "stream": stream, "cursor": cursor}])

    def cursors(self, name: str) -> Mapping[str, str]:
        query = sa.select(cursors.c.stream, cursors.c.cursor).where(
            cursors.c.company == self._company, cursors.c.source == name
        )
        return {row["stream"]: row["cursor"] for row in self._rows(query.order_by(cursors.c.stream))}

    def put_accounts(self, name: str, accounts_: Sequence[Account]) -> None:
        self._connection.execute(
            sa.delete(accounts).where(accounts.c.company == self._company, accounts.c.source == name)
        )
        self._insert(
            accounts,
            [
                {
                    "source": name,
                    "account_id": account.account_id,
                    "code": account.code,
                    "name": account.name,
                    "kind": account.kind,
                    "currency": account.currency,
                    "active": account.active,
                }
                for account in accounts_
            ],
        )

    def accounts(self, name: str) -> list[Account]:
        query = sa.select(accounts).where(accounts.c.company == self._company, accounts.c.source == name)
        return [
            Account(row["account_id"], row["code"], row["name"], row["kind"], row["currency"], row["active"])
            for row in self._rows(query.order_by(accounts.c.account_id))
        ]


def _connection(row: sa.RowMapping) -> Connection:
    return Connection(
        row["company"],
        row["name"],
        row["provider"],
        row["base_url"],
        row["zone"],
        codec.mapping(row["options"]),
        Rung(row["rung"]),
    )
