"""What payloads look like, and where they began to look otherwise."""

from awra_desk.store.migrations.scripts import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_script(revision)
