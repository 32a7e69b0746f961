"""The rung of each connection, and what processes share outside units of work."""

from awra_desk.store.migrations.scripts import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_script(revision)
