"""All tables in one metadata: importing this module is how they are declared."""

from awra_desk.store import (
    tables_drifts,
    tables_events,
    tables_mappings,
    tables_policies,
    tables_reconciliations,
    tables_records,
    tables_writes,
)
from awra_desk.store.tables_base import metadata

__all__ = [
    "metadata",
    "tables_drifts",
    "tables_events",
    "tables_mappings",
    "tables_policies",
    "tables_reconciliations",
    "tables_records",
    "tables_writes",
]
