"""Units of work: whole or not at all, one writer at a time, one snapshot a reader, and failures in people's words."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from awra_desk.domain.errors import Refused, UserError
from awra_desk.domain.exception_items import Comment
from awra_desk.domain.records import RawRecord
from awra_desk.store import SqlWorkspace, engines, open_workspace
from tests.store.books import NOW, charges, everything, raw


def _note(uow, subject: str) -> None:
    uow.trail.append(at=NOW, actor="ann", action="note", subject=subject, detail={})


def _subjects(workspace: SqlWorkspace, company: str) -> list[str]:
    with workspace.read(company) as uow:
        return [entry.subject for entry in uow.trail.entries()]


def test_companies(workspace: SqlWorkspace):
    workspace.add_company("Zeta", at=NOW)
    workspace.add_company("Alpha", at=NOW)
    assert [name for name in workspace.companies() if name in {"Alpha", "Zeta"}] == ["Alpha", "Zeta"]
    for name, words in (("Alpha", "already there"), ("", "needs a name"), (" Beta", "without outer spaces")):
        with pytest.raises(UserError, match=words):
            workspace.add_company(name, at=NOW)
    for unit in (workspace.read, workspace.write):
        with pytest.raises(UserError, match="this company is unknown"), unit("Nobody"):
            pytest.fail("it must not open")


def test_without_commit_nothing_happened(workspace: SqlWorkspace, company: str):
    before = everything(workspace, company)
    with workspace.write(company) as uow:
        _note(uow, "lost")
    with pytest.raises(ZeroDivisionError), workspace.write(company) as uow:
        _note(uow, str(1 // 0))
    with pytest.raises(UserError, match="unknown"), workspace.write(company) as uow:
        uow.exceptions.add_comment(Comment("none", "ann", _note(uow, "lost") or "", NOW))
    assert everything(workspace, company) == before


def test_a_unit_is_over_after_its_commit(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        _note(uow, "kept")
        uow.commit()
        with pytest.raises(sa.exc.ResourceClosedError):
            _note(uow, "too late")
        with pytest.raises(RuntimeError, match="is over"):
            uow.commit()
    assert _subjects(workspace, company) == ["kept"]


def test_a_reader_cannot_write(workspace: SqlWorkspace, company: str):
    with workspace.read(company) as uow:
        with pytest.raises(Refused, match="only reads"):
            uow.commit()
        with pytest.raises(Refused, match="only reads"):
            _note(uow, "no")
    with workspace.read(company) as uow, pytest.raises(Refused, match="only reads"):
        uow.records.append([raw(1)])


def test_a_reader_sees_one_moment(workspace: SqlWorkspace, company: str):
    with workspace.read(company) as reader:
        with workspace.write(company) as writer:
            _note(writer, "meanwhile")
            writer.commit()
        assert list(reader.trail.entries()) == []
    assert _subjects(workspace, company) == ["meanwhile"]


def test_an_unknown_record_does_not_end_the_unit(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        _note(uow, "first")
        with pytest.raises(UserError):
            uow.reconciliations.undo_decision("none", actor="ann", at=NOW)
        _note(uow, "second")
        uow.commit()
    assert _subjects(workspace, company) == ["first", "second"]


def test_writers_wait_for_each_other_and_lose_nothing(workspace: SqlWorkspace, company: str):
    """Eight threads, one chain: no gap, no fork, no 'locked'."""

    def work(worker: int) -> None:
        for turn in range(6):
            with workspace.write(company) as uow:
                seen = len(list(uow.trail.entries()))
                entry = uow.trail.append(at=NOW, actor=f"w{worker}", action="x", subject=str(turn), detail={})
                assert entry.sequence == seen + 1
                uow.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(_subjects(workspace, company)) == 48


def test_a_second_writer_waits_until_the_first_is_done(workspace: SqlWorkspace, company: str):
    entered, done = threading.Event(), threading.Event()
    order = []

    def second() -> None:
        entered.wait(10)
        with workspace.write(company) as uow:
            order.append("second")
            _note(uow, "second")
            uow.commit()
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    with workspace.write(company) as uow:
        entered.set()
        assert not done.wait(0.2)
        order.append("first")
        _note(uow, "first")
        uow.commit()
    thread.join(10)
    assert order == ["first", "second"]
    assert _subjects(workspace, company) == ["first", "second"]


def test_waiting_ends_with_words(address: str, workspace: SqlWorkspace, company: str, monkeypatch):
    monkeypatch.setattr(engines, "LOCK_WAIT_SECONDS", 1)
    impatient = open_workspace(address)
    with (
        workspace.write(company),
        pytest.raises(UserError, match=r"written to by somebody else.*Try again"),
        impatient.write(company),
    ):
        pytest.fail("both hold the lock")
    impatient.close()


@pytest.mark.postgres
@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_companies_on_postgresql_do_not_wait_for_each_other(workspace: SqlWorkspace, company: str):
    other = f"{company} Ltd"
    workspace.add_company(other, at=NOW)
    with workspace.write(company) as first, workspace.write(other) as second:
        _note(second, "b")
        _note(first, "a")
        second.commit()
        first.commit()
    assert (_subjects(workspace, company), _subjects(workspace, other)) == (["a"], ["b"])


def test_a_commit_that_fails_leaves_no_open_transaction(workspace: SqlWorkspace, company: str):
    """Else the connection would go back to the pool with it, and with the write lock."""

    def fail(_connection: sa.Connection) -> None:
        raise ZeroDivisionError

    sa.event.listen(workspace.engine, "commit", fail)
    with workspace.write(company) as uow:
        _note(uow, "lost")
        with pytest.raises(ZeroDivisionError):
            uow.commit()
    sa.event.remove(workspace.engine, "commit", fail)
    with workspace.write(company) as uow:
        _note(uow, "kept")
        uow.commit()
    assert _subjects(workspace, company) == ["kept"]


def test_a_full_disk_rolls_the_whole_unit_back(tmp_path: Path):
    """The file may not grow beyond so many pages, for every small number of them: SQLite's own SQLITE_FULL."""
    workspace = open_workspace(str(tmp_path / "w.awra"))
    workspace.add_company("Roaster", at=NOW)
    records = [raw(number, f'{{"n":"{"x" * 2000}"}}') for number in range(200)]
    before = everything(workspace, "Roaster")
    full = kept = 0
    with workspace.engine.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    for extra in range(0, 400, 10):
        words = _pull_within(workspace, pages + extra, records)
        if not words:
            kept += 1
            break
        assert "the disk is full; nothing of this step was saved" in words
        assert everything(workspace, "Roaster") == before
        full += 1
    assert full > 5
    assert kept == 1
    assert len(_subjects(workspace, "Roaster")) == 1
    workspace.close()


def _pull_within(workspace: SqlWorkspace, pages: int, records: list[RawRecord]) -> str:
    """What the person is told, "" when all went well."""
    try:
        with workspace.write("Roaster") as uow:
            uow._connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            _note(uow, "pull")
            uow.records.append(records)
            uow.records.put_transactions(records, "1", charges("Roaster", records, "1"), [])
            uow.commit()
    except UserError as error:
        return error.text
    return ""


def test_an_unreachable_server_is_said_without_the_password():
    with pytest.raises(UserError, match="the database server cannot be reached") as refused:
        open_workspace("postgresql://ann:hunter2@127.0.0.1:1/books")
    assert "hunter2" not in refused.value.text
