"""What people lay down as text: rules of a reconciliation, fee schedules of a source; every version for ever."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from awra_desk.store.tables_base import company_column, key, metadata, needed, within_company
from awra_desk.store.tables_reconciliations import reconciliations
from awra_desk.store.tables_records import connections
from awra_desk.store.types import Instant


def _columns() -> list[Column[object]]:
    """`domain.policies.Policy`; version from 1 without gaps."""
    needs = [needed("text"), needed("change"), needed("actor"), needed("at", Instant)]
    return [company_column(), key("subject"), key("version", BigInteger), *needs]


rule_versions = Table("rule_versions", metadata, *_columns(), within_company(["subject"], reconciliations, ["name"]))
fee_versions = Table("fee_versions", metadata, *_columns(), within_company(["subject"], connections, ["name"]))
