"""The mapping tables: what gateways, locations, SKUs and taxes mean in a ledger, by day."""

from awra_desk.store.migrations.scripts import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_script(revision)
