"""Verification finds what somebody with the database file, and without its rules, changed; and nothing where all is
well.
"""

from __future__ import annotations

import copy
import json
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from awra_desk.app import cli, verify_command
from awra_desk.audit.chain import Head
from awra_desk.exporters.xlsx import XlsxWriter
from awra_desk.exporters.xlsx_read import XlsxReader
from awra_desk.services import review
from awra_desk.services.approve import approve
from awra_desk.services.export import export
from awra_desk.services.post import drain
from awra_desk.services.stage import propose, submit
from awra_desk.services.verify import check_export, verify_workbook, verify_workspace
from awra_desk.store import open_workspace, triggers
from awra_desk.store.engines import writing
from tests.unit.services.conftest import NAME, PASSWORD, PERIOD, Scene, new_scene
from tests.unit.services.doubles import row


@dataclass
class Worked:
    """A month that was worked: a decision made and undone, another made, an entry posted, a workbook exported."""

    scene: Scene
    workbook: Path
    head: Head

    @property
    def desk(self):
        return self.scene.desk

    def tamper(self, *statements: str) -> None:
        """Change the database as its owner can: without our rules and without foreign keys."""
        engine = self.desk.workspace.engine
        tool = sqlite.connect(engine.url.database)
        for trigger in triggers.declared("sqlite"):
            tool.execute(f'DROP TRIGGER "{trigger.name}"')
        for statement in statements:
            assert tool.execute(statement).rowcount != 0, statement
        tool.commit()
        tool.close()
        with writing(engine).begin() as connection:
            triggers.install(connection)

    def found(self, anchor: Head | None = None) -> dict[str, list[str]]:
        """What does not hold: check -> findings."""
        checks = verify_workspace(self.desk, anchor=anchor)
        return {check.name: [item.what for item in check.findings] for check in checks if not check.holds}


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """The scene of the worked month, and the workbook; tests change copies of it."""
    folder = tmp_path_factory.mktemp("month")
    with new_scene(folder) as scene:
        work(scene)
        export(scene.desk, PERIOD, folder / "audit.xlsx", XlsxWriter(), by="amina")
        yield scene, verify_workbook(folder / "audit.xlsx", XlsxReader())


def work(scene: Scene) -> None:
    """A suggestion accepted, undone and accepted again; a missing entry staged, approved and posted."""
    scene.ledger.rows.append(row("J4", 1_138, kind="ledger_line", account="35", reference="ch_4a", text="Order ch_4a"))
    scene.pull()
    scene.reconcile()
    fees = next(item for item in scene.exceptions() if len(item.members) == 3)
    with scene.desk.read() as uow:
        members = uow.reconciliations.members(NAME)
    suggested = members["match_id"][members["status"] == "suggested"][0]
    decision = review.accept(scene.desk, NAME, suggested, who="amina")
    review.undo(scene.desk, NAME, decision.decision_id, who="grace")
    review.accept(scene.desk, NAME, suggested, who="amina")
    write = propose(scene.desk, fees.exception_id, who="amina")
    submit(scene.desk, write.write_id, who="amina")
    approve(scene.desk, write.write_id, who="joseph", password=PASSWORD, seen_sha256=write.payload_sha256)
    assert drain(scene.desk, "books").verified == (write.write_id,)
    scene.pull()
    scene.reconcile()


@pytest.fixture
def worked(month, tmp_path):
    scene, workbook = month
    with (
        closing(sqlite.connect(scene.desk.workspace.engine.url.database)) as there,
        closing(sqlite.connect(tmp_path / "copy.sqlite")) as here,
    ):
        there.backup(here)
    workspace = open_workspace(str(tmp_path / "copy.sqlite"))
    # Each test has the scripted systems' rows for itself, too.
    systems = {system.name: copy.deepcopy(system) for system in (scene.source, scene.ledger)}
    source = lambda connection: systems[connection.name]  # noqa: E731
    desk = replace(scene.desk, workspace=workspace, source=source, ledger=source)
    mine = Scene(desk, systems["shop"], systems["books"])
    yield Worked(mine, workbook.path, workbook.pack.head)
    workspace.close()


def test_an_honest_workspace_holds(worked):
    checks = verify_workspace(worked.desk, anchor=worked.head)
    assert [check.name for check in checks if not check.holds] == []
    counts = {check.name: check.checked for check in checks}
    assert counts["raw records"] == counts["transactions"] == 13
    assert (counts["matches"], counts["decisions"], counts["approvals"]) == (1, 2, 1)
    assert counts["trail"] == len(worked.scene.trail()) == worked.head.sequence + 1
    assert check_export(worked.desk, verify_workbook(worked.workbook, XlsxReader())).holds


def test_what_is_pulled_or_decided_after_the_last_run_is_no_finding(worked):
    worked.scene.source.rows.append(row("ch_9a", 999, reference="ch_9a"))
    worked.scene.pull()
    assert worked.found() == {}
    worked.scene.reconcile()
    review.exclude(worked.desk, NAME, ("source", "shop/balance/ch_9a"), who="amina", note="a test charge")
    assert worked.found() == {}


TRAIL = {
    "edit": ("UPDATE trail SET actor = 'eve' WHERE sequence = 12",),
    "delete": ("DELETE FROM trail WHERE sequence = 12",),
    "swap": (
        "UPDATE trail SET sequence = 999 WHERE sequence = 12",
        "UPDATE trail SET sequence = 12 WHERE sequence = 13",
        "UPDATE trail SET sequence = 13 WHERE sequence = 999",
    ),
    "insert": (
        "UPDATE trail SET sequence = sequence + 1000 WHERE sequence > 11",
        "UPDATE trail SET sequence = sequence - 999 WHERE sequence > 1000",
        (
            "INSERT INTO trail SELECT company, 12, at, 'eve', action, subject, detail, previous, digest FROM trail"
            " WHERE sequence = 11"
        ),
    ),
}


@pytest.mark.parametrize("kind", TRAIL)
def test_a_changed_trail_is_found(worked, kind):
    worked.tamper(*TRAIL[kind])
    assert "trail" in worked.found()


def test_a_trail_cut_at_its_end_is_found_by_the_head_in_a_workbook(worked):
    worked.tamper(f"DELETE FROM trail WHERE sequence >= {worked.head.sequence}")
    assert "trail" not in worked.found()
    assert worked.found(worked.head)["trail"][0].startswith("The trail ends after row")


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE raw_records SET payload = replace(payload, '1037', '1038')", "raw records"),
        ("UPDATE transactions SET amount = amount + 1 WHERE id = 'shop/balance/ch_1a'", "transactions"),
        ("UPDATE transactions SET counterparty = 'Eve Ltd' WHERE id = 'shop/balance/ch_1a'", "transactions"),
        ("DELETE FROM transactions WHERE id = 'books/lines/J1'", "transactions"),
        ("UPDATE transactions SET id = 'books/lines/J1x' WHERE id = 'books/lines/J1'", "transactions"),
        ("DELETE FROM match_members WHERE id = 'books/lines/J1'", "matches"),
        ("UPDATE match_members SET status = 'confirmed', allocated = allocated + 1", "matches"),
        ("UPDATE runs SET inputs_digest = replace(inputs_digest, substr(inputs_digest, 1, 1), 'x')", "matches"),
        ("DELETE FROM runs", "matches"),
        ("UPDATE opening_balances SET minor = minor + 1 WHERE side = 'source'", "openings"),
        ("UPDATE opening_balances SET day = '2026-09-29'", "openings"),
        ("DELETE FROM opening_balances", "openings"),
        ("UPDATE balances SET minor = minor + 1 WHERE source = 'shop'", "totals"),
        ("UPDATE decisions SET note = 'agreed by phone'", "decisions"),
        ("UPDATE decisions SET actor = 'grace'", "decisions"),
        ("UPDATE decisions SET undone_at = NULL, undone_by = ''", "decisions"),
        ("DELETE FROM decisions", "decisions"),
        ("UPDATE write_generations SET payload = replace(payload, '61', '62')", "approvals"),
        (f"UPDATE write_generations SET payload_sha256 = '{'0' * 64}'", "approvals"),
        ("UPDATE write_generations SET editor = 'joseph'", "approvals"),
        ("UPDATE writes SET maker = 'grace'", "approvals"),
        ("UPDATE approvals SET approver = 'grace'", "approvals"),
        ("UPDATE approvals SET approver = 'amina'", "approvals"),
        ("DELETE FROM writes", "approvals"),
    ],
)
def test_a_changed_record_is_found(worked, statement, check):
    worked.tamper(statement)
    assert check in worked.found()


def test_a_forged_entry_has_no_approval_in_the_trail(worked):
    """A whole entry slipped past the approval: the trail knows nothing of it."""
    copy = "SELECT company, 'w-evil', 'awra:w-evil', maker, created_at, 'approved', generation, '', '', '' FROM writes"
    generation = (
        "SELECT company, 'w-evil', generation, target, day, currency, memo, debits_minor, 'evil', payload,"
        " payload_sha256, editor, mapping_version FROM write_generations"
    )
    line = "SELECT company, 'w-evil', generation, line, account, minor, description, dimensions FROM write_lines"
    worked.tamper(
        "INSERT INTO writes (company, write_id, reference, maker, created_at, state, generation, document_id,"
        f" document_number, note) {copy}",
        "INSERT INTO write_generations (company, write_id, generation, target, day, currency, memo, debits_minor,"
        f" idempotency_key, payload, payload_sha256, editor, mapping_version) {generation}",
        "INSERT INTO write_lines (company, write_id, generation, line, account, minor, description, dimensions)"
        f" {line}",
    )
    assert "It went on, but the trail tells of no approval of this payload." in worked.found()["approvals"]


def test_a_workbook_of_another_export_is_not_ours(worked, tmp_path):
    workbook = verify_workbook(worked.workbook, XlsxReader())
    worked.tamper("UPDATE trail SET detail = '{}' WHERE action = 'workbook.export'")
    assert not check_export(worked.desk, workbook).holds
    resaved = tmp_path / "again.xlsx"
    resaved.write_bytes(worked.workbook.read_bytes() + b"\0\0")  # other bytes, same cells
    assert verify_workbook(resaved, XlsxReader()).sha256 != workbook.sha256
    assert verify_workbook(resaved, XlsxReader()).pack.contents == workbook.pack.contents


def run(capsys, *words: object) -> tuple[int, str]:
    code = cli.main(["verify", *map(str, words)])
    return code, capsys.readouterr().out


def test_the_command(worked, capsys, monkeypatch):
    monkeypatch.setattr(verify_command, "open_desk", lambda *_, **__: _Opened(worked.desk))
    code, told = run(capsys, worked.workbook, "--workspace", "w")
    assert (code, "Everything holds." in told, "✗" in told) == (cli.DONE, True, False)
    worked.tamper("UPDATE trail SET actor = 'eve' WHERE sequence = 12")
    code, told = run(capsys, worked.workbook, "--workspace", "w", "--json")
    document = json.loads(told)
    assert (code, document["holds"], document["workbook"]["head"]["row"]) == (cli.FINDINGS, False, worked.head.sequence)
    broken = [(check["of"], check["check"]) for check in document["checks"] if not check["holds"]]
    assert broken == [("the workspace", "trail")]
    code, told = run(capsys, "--workspace", "w", "--head", f"2:{'0' * 64}")
    assert (code, "✗ trail" in told) == (cli.FINDINGS, True)


def test_the_command_needs_something_to_verify(capsys):
    assert run(capsys)[0] == cli.USAGE
    with pytest.raises(SystemExit) as caught:
        cli.main(["verify", "--workspace", "w", "--head", "nonsense"])
    assert caught.value.code == cli.USAGE


class _Opened:
    """A desk that is open already, and stays so."""

    def __init__(self, desk):
        self.desk = desk

    def __enter__(self):
        return self.desk

    def __exit__(self, *_):
        return None
