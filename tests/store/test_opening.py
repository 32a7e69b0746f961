"""Opening a workspace: where it may lie, which schema it has, and that its rules are all there."""

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath, PureWindowsPath

import pysqlite3.dbapi2 as sqlite
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from awra_desk.domain.errors import UsageError, UserError
from awra_desk.store import SqlWorkspace, engines, locations, open_workspace, opening, restore_rules, schema, triggers
from awra_desk.store.tables import metadata
from tests.store.books import NOW


def test_opening_again_finds_what_was_there(tmp_path: Path):
    path = tmp_path / "new" / "folder" / "w.awra"
    first = open_workspace(str(path))
    first.add_company("Roaster", at=NOW)
    first.close()
    second = open_workspace(str(path), create=False)
    assert second.companies() == ["Roaster"]
    second.close()


def test_only_its_owner_may_read_it(tmp_path: Path):
    path = tmp_path / "w.awra"
    workspace = open_workspace(str(path))
    workspace.add_company("Roaster", at=NOW)
    files = list(tmp_path.iterdir())
    assert len(files) > 1  # the journal, too
    rights = {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert rights == ({0o600} if sys.platform != "win32" else {0o666})  # there, the folder's own rights hold
    workspace.close()


def test_the_settings_that_make_it_safe(tmp_path: Path):
    workspace = open_workspace(str(tmp_path / "w.awra"))
    with workspace.engine.begin() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "trusted_schema",
                "recursive_triggers",
                "busy_timeout",
            )
        }
    workspace.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "recursive_triggers": 1,
        "busy_timeout": engines.LOCK_WAIT_SECONDS * 1000,
    }


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 4), False),
        ((3, 50, 7), True),
        ((3, 51, 1), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_an_affected_sqlite_gets_another_journal(tmp_path: Path, version: tuple[int, int, int], safe: bool):
    assert engines.wal_is_safe(version) is safe
    engine = engines.sqlite_engine(tmp_path / "w.awra", version=version)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == ("wal" if safe else "truncate")
    engine.dispose()


def test_the_sqlite_we_bring_is_safe():
    assert engines.wal_is_safe(sqlite.sqlite_version_info)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (PureWindowsPath(r"\\server\books\w.awra"), "network share"),
        (PurePosixPath("//server/books/w.awra"), "network share"),
        (PurePosixPath("/mnt/books/w.awra"), "network file system (nfs4)"),
        (PurePosixPath("/mnt/books/local/deep/w.awra"), ""),
        (PurePosixPath("/mnt/bookshelf/w.awra"), ""),
        (PurePosixPath("/Volumes/Team Books/w.awra"), "network file system (smbfs)"),
        (PureWindowsPath(r"C:\Users\ann\OneDrive - Roaster Ltd\w.awra"), "synced folder OneDrive - Roaster Ltd"),
        (PurePosixPath("/home/ann/Dropbox (Personal)/w.awra"), "synced folder"),
        (PurePosixPath("/Users/ann/Library/Mobile Documents/x/w.awra"), "synced folder Mobile Documents"),
        (PurePosixPath("/Users/ann/Library/CloudStorage/GoogleDrive-a/w.awra"), "synced folder CloudStorage"),
        (PurePosixPath("/home/ann/dropboxes/w.awra"), ""),
        (PurePosixPath("/home/ann/w.awra"), ""),
    ],
)
def test_shares_and_synced_folders_are_refused(path, words: str):
    mounts = [("/", "ext4"), ("/mnt/books", "nfs4"), ("/mnt/books/local", "ext4"), ("/Volumes/Team Books", "smbfs")]
    reason = locations.unsafe_reason(path, mounts=mounts)
    assert words in reason
    assert bool(reason) == bool(words)


def test_mount_tables_are_read():
    linux = (
        "36 35 98:0 /mnt1 /mnt/my\\040books rw,noatime master:1 - nfs4 server:/x rw\n"
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    )
    assert locations.parse_mountinfo(linux) == [("/mnt/my books", "nfs4"), ("/", "ext4")]
    mac = "/dev/disk3s1 on / (apfs, sealed, local)\n//ann@nas/books on /Volumes/Team Books (smbfs, nodev)\n"
    assert locations.parse_mount(mac) == [("/", "apfs"), ("/Volumes/Team Books", "smbfs")]


def test_a_share_is_refused_before_anything_is_made(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(locations, "_mounts", lambda: [("/", "cifs")])
    with pytest.raises(UsageError, match="use a PostgreSQL workspace"):
        open_workspace(str(tmp_path / "w.awra"))
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_opened_is_said(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no workspace"):
        open_workspace(str(tmp_path / "none.awra"), create=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="cannot be opened by mysql") as refused:
        open_workspace("mysql://ann:hunter2@host/books")
    assert "hunter2" not in refused.value.text
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be created"):
        open_workspace(str(tmp_path / "file" / "w.awra"))
    (tmp_path / "letter.awra").write_text("Dear Ann, this is a letter. " * 100, encoding="utf-8")
    with pytest.raises(UserError, match="not a workspace"):
        open_workspace(str(tmp_path / "letter.awra"))


def test_somebody_elses_database_is_left_alone(tmp_path: Path):
    path = tmp_path / "other.db"
    other = sqlite.connect(str(path))
    other.execute("CREATE TABLE letters (text TEXT)")
    other.commit()
    other.close()
    with pytest.raises(UserError, match="belongs to something else"):
        open_workspace(str(path))
    other = sqlite.connect(str(path))
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("letters",)]
    other.close()


def test_a_newer_schema_is_refused(address: str, workspace: SqlWorkspace):
    def become(revision: str) -> None:
        with workspace.engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :new"), {"new": revision})

    with workspace.engine.begin() as connection:
        present = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    become("9999")
    with pytest.raises(UserError, match="newer version of AWRA Desk made this workspace"):
        open_workspace(address)
    become(present)
    open_workspace(address).close()


def test_there_is_no_way_down():
    assert not any("downgrade" in name for module in (schema, opening) for name in vars(module))
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    assert not any("def downgrade" in file.read_text(encoding="utf-8") for file in versions.glob("*.py"))


def test_the_migrated_schema_is_that_of_the_tables(workspace: SqlWorkspace):
    with workspace.engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_the_revisions_make_exactly_the_declared_tables(workspace: SqlWorkspace):
    """Checks, too, which Alembic does not compare: a migrated database beside one made from the tables' code."""
    with workspace.engine.connect() as connection, connection.begin() as transaction:
        migrated = _schema(connection)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("CREATE SCHEMA declared")
            connection.exec_driver_sql("SET LOCAL search_path TO declared")
        else:
            for table in reversed(metadata.sorted_tables):
                connection.exec_driver_sql(f'DROP TABLE "{table.name}"')
        metadata.create_all(connection)
        declared = _schema(connection)
        transaction.rollback()
    assert migrated == declared


def _schema(connection: sa.Connection) -> dict[str, object]:
    """Columns with type, default and place, keys, checks and indexes of every table but Alembic's own."""
    look = sa.inspect(connection)
    found: dict[str, object] = {}
    for name in sorted(set(look.get_table_names()) - {"alembic_version"}):
        columns = [
            (each["name"], str(each["type"]), each["nullable"], str(each["default"])) for each in look.get_columns(name)
        ]
        keys = [look.get_foreign_keys(name), look.get_unique_constraints(name), look.get_check_constraints(name)]
        told = [sorted(str(sorted(row.items(), key=str)) for row in rows) for rows in (*keys, look.get_indexes(name))]
        found[name] = (columns, look.get_pk_constraint(name), told)
    return found


def test_company_is_in_every_key():
    for table in metadata.sorted_tables:
        assert next(iter(table.primary_key)).name == "company", table.name
        for constraint in [*table.foreign_key_constraints, *table.constraints]:
            if isinstance(constraint, (sa.ForeignKeyConstraint, sa.UniqueConstraint)):
                assert next(iter(constraint.columns)).name == "company", constraint.name


def _spoil(connection: sa.Connection, how: str) -> None:
    sqlite_here = connection.dialect.name == "sqlite"
    trigger = "guard_approvals_insert"
    if how == "extra":
        body = "BEGIN SELECT 1; END" if sqlite_here else "FOR EACH ROW EXECUTE FUNCTION guard_trail_insert()"
        connection.exec_driver_sql(f"CREATE TRIGGER zzz BEFORE INSERT ON comments {body}")
        return
    if not sqlite_here and how == "changed":
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        )
        return
    if not sqlite_here and how == "off":
        connection.exec_driver_sql(f"ALTER TABLE approvals DISABLE TRIGGER {trigger}")
        return
    connection.exec_driver_sql(f"DROP TRIGGER {trigger}" if sqlite_here else f"DROP TRIGGER {trigger} ON approvals")
    if how != "missing":
        connection.exec_driver_sql(f"CREATE TRIGGER {trigger} BEFORE INSERT ON approvals BEGIN SELECT 1; END")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("missing", "is missing"),
        ("changed", "was changed"),
        ("off", "was changed or switched off"),
        ("extra", "not one of ours"),
    ],
)
def test_rules_that_were_tampered_with_are_noticed_and_can_be_put_back(
    address: str, workspace: SqlWorkspace, how: str, words: str
):
    with workspace.engine.begin() as connection:
        _spoil(connection, how)
    with pytest.raises(UserError, match=words):
        open_workspace(address)
    wrong = restore_rules(address)
    assert len(wrong) == 1
    assert words in wrong[0]
    open_workspace(address).close()
    assert restore_rules(address) == []


def test_rules_are_made_again_after_a_migration(address: str, workspace: SqlWorkspace, monkeypatch):
    """A table rebuilt by a revision loses its triggers silently; the opening that migrates puts them back."""

    def rebuild(config, revision):
        connection = config.attributes["connection"]
        for trigger in triggers.declared(connection.dialect.name):
            where = "" if connection.dialect.name == "sqlite" else f" ON {trigger.table}"
            connection.exec_driver_sql(f"DROP TRIGGER {trigger.name}{where}")

    with workspace.engine.begin() as connection, monkeypatch.context() as patched:
        patched.setattr(schema.ScriptDirectory, "get_current_head", lambda self: "9999")
        patched.setattr(schema.command, "upgrade", rebuild)
        schema.migrate(connection)
        assert triggers.differences(connection) == []


def test_a_failed_migration_leaves_nothing(tmp_path: Path, monkeypatch):
    path = tmp_path / "w.awra"
    with monkeypatch.context() as patched:
        patched.setattr(triggers, "install", _power_cut)
        with pytest.raises(RuntimeError, match="power"):
            open_workspace(str(path))
    tool = sqlite.connect(str(path))
    assert tool.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    tool.close()
    open_workspace(str(path)).close()


def _power_cut(connection: sa.Connection) -> None:
    raise RuntimeError("power cut")


def test_many_open_the_same_new_workspace_at_once(tmp_path: Path):
    path = str(tmp_path / "w.awra")
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: open_workspace(path), range(6)))
    assert {tuple(workspace.companies()) for workspace in opened} == {()}
    for workspace in opened:
        workspace.close()
