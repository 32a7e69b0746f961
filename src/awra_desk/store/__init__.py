"""The workspace database: SQLAlchemy tables, repositories, units of work, migrations, and the rules the database keeps
itself.

`app.bootstrap` opens workspaces through here; services see `ports.storage` alone. The only package that knows
SQLAlchemy.
"""

from awra_desk.store.opening import open_workspace, restore_rules
from awra_desk.store.workspace import SqlWorkspace

__all__ = ["SqlWorkspace", "open_workspace", "restore_rules"]
