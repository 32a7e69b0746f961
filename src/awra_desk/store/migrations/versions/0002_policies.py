"""Rules and fee schedules, every version for ever."""

from awra_desk.store.migrations.scripts import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_script(revision)
