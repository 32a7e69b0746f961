"""Runs the revisions on the connection that `schema.migrate` hands over, inside its transaction."""

from alembic import context

from awra_desk.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
