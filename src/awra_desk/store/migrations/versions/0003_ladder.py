"""The rung of each connection, and what processes share outside units of work."""

from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    connection = op.get_bind()
    text = 'TEXT COLLATE "C"' if connection.dialect.name == "postgresql" else "TEXT"
    connection.exec_driver_sql(
        f"ALTER TABLE connections ADD COLUMN rung {text} DEFAULT 'read-only' NOT NULL CONSTRAINT ck_connections_rung"
        " CHECK (rung IN ('read-only', 'staged', 'writes', 'events', 'scheduled'))"
    )
    connection.exec_driver_sql(
        f"CREATE TABLE shared_states (company {text} NOT NULL, name {text} NOT NULL, text {text} NOT NULL,"
        " CONSTRAINT pk_shared_states PRIMARY KEY (company, name),"
        " CONSTRAINT fk_shared_states_companies_company FOREIGN KEY(company) REFERENCES companies (company))"
    )
