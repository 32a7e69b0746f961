"""The inbox of events, and by which ways raw records came."""

from awra_desk.store.migrations.scripts import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_script(revision)
