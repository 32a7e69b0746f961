"""A staged write's life through the port: drafts, edits, approvals, outbox, posting, and what is refused in words."""

from dataclasses import replace

import pytest

from awra_desk.domain.entries import Approval, StagedWrite, WriteState
from awra_desk.domain.errors import Refused, UserError
from awra_desk.domain.people import Role
from awra_desk.store import SqlWorkspace
from tests.store.books import (
    NOW,
    approval,
    as_stranger,
    connected,
    edited,
    exception,
    later,
    person,
    seed_people,
    sha256,
    staged,
)

S = WriteState


@pytest.fixture
def desk(workspace: SqlWorkspace, company: str) -> str:
    """A company with people and two exceptions."""
    seed_people(workspace, company)
    with workspace.write(company) as uow:
        uow.exceptions.put([exception(company, "e-1"), exception(company, "e-2")])
        uow.commit()
    return company


def _submit(workspace: SqlWorkspace, company: str, write: StagedWrite) -> StagedWrite:
    with workspace.write(company) as uow:
        uow.writes.add(write)
        uow.writes.transition(write.write_id, S.DRAFT, S.SUBMITTED)
        uow.commit()
    return replace(write, state=S.SUBMITTED)


def _approve(workspace: SqlWorkspace, company: str, given: Approval) -> None:
    with workspace.write(company) as uow:
        uow.writes.approve(given)
        uow.commit()


def test_a_write_comes_back_exactly(workspace: SqlWorkspace, desk: str):
    first = staged(desk, "w-1", exception_ids=("e-2", "e-1"), note="why")
    second = staged(desk, "w-2", created_at=later(-5))
    with workspace.write(desk) as uow:
        uow.writes.add(first)
        uow.writes.add(second)
        assert uow.writes.get("w-1") == first
        assert uow.writes.all() == [second, first]
        assert uow.writes.all(states={S.SUBMITTED}) == []
        assert uow.writes.all(states={S.DRAFT, S.POSTED}) == [second, first]
        with pytest.raises(UserError, match="this staged write is unknown"):
            uow.writes.get("w-9")


def test_the_whole_life(workspace: SqlWorkspace, desk: str):
    write = _submit(workspace, desk, staged(desk))
    _approve(workspace, desk, approval(write))
    with workspace.write(desk) as uow:
        assert uow.writes.outbox("books") == ["w-1"]
        assert uow.writes.outbox("other") == []
        assert uow.writes.approvals("w-1") == [approval(write)]
        uow.writes.transition("w-1", S.APPROVED, S.POSTING)
        uow.writes.add_attempt("w-1", at=NOW, outcome="unknown", words="The answer was lost.")
        uow.writes.transition("w-1", S.POSTING, S.UNCERTAIN, note="lost")
        assert uow.writes.outbox("books") == ["w-1"]
        uow.writes.transition("w-1", S.UNCERTAIN, S.POSTED, document_id="7", document_number="JE-7")
        uow.writes.add_attempt("w-1", at=later(1), outcome="posted", words="")
        assert uow.writes.outbox("books") == ["w-1"], "until it is read back"
        uow.writes.transition("w-1", S.POSTED, S.VERIFIED)
        assert uow.writes.outbox("books") == []
        after = replace(write, state=S.VERIFIED, document_id="7", document_number="JE-7", note="lost")
        assert uow.writes.get("w-1") == after
        assert uow.writes.attempts("w-1") == [(NOW, "unknown", "The answer was lost."), (later(1), "posted", "")]
        uow.commit()


def test_certainly_not_sent_goes_back_and_is_posted_later(workspace: SqlWorkspace, desk: str):
    write = _submit(workspace, desk, staged(desk))
    _approve(workspace, desk, approval(write))
    with workspace.write(desk) as uow:
        uow.writes.transition("w-1", S.APPROVED, S.POSTING)
        uow.writes.transition("w-1", S.POSTING, S.APPROVED)
        assert uow.writes.outbox("books") == ["w-1"]
        uow.writes.transition("w-1", S.APPROVED, S.POSTING)
        uow.commit()


def test_the_outbox_is_oldest_approval_first(workspace: SqlWorkspace, desk: str):
    writes = [_submit(workspace, desk, staged(desk, f"w-{number}", created_at=later(-number))) for number in range(3)]
    for write in (writes[1], writes[0], writes[2]):
        _approve(workspace, desk, approval(write))
    with workspace.write(desk) as uow:
        assert uow.writes.outbox("books") == ["w-1", "w-0", "w-2"]
        uow.writes.edit(edited(writes[1], "{}", "ann"))
        uow.writes.transition("w-1", S.DRAFT, S.SUBMITTED)
        uow.writes.approve(approval(uow.writes.get("w-1")))
        assert uow.writes.outbox("books") == ["w-0", "w-2", "w-1"]


def test_an_edit_voids_the_approval(workspace: SqlWorkspace, desk: str):
    write = _submit(workspace, desk, staged(desk))
    _approve(workspace, desk, approval(write))
    changed = edited(write, '{"amount":6}', "ed")
    with workspace.write(desk) as uow:
        uow.writes.edit(changed)
        assert uow.writes.get("w-1") == changed
        assert uow.writes.outbox("books") == []
        uow.writes.transition("w-1", S.DRAFT, S.SUBMITTED)
        uow.commit()
    with pytest.raises(Refused, match="edited since you looked"):
        _approve(workspace, desk, approval(write))
    with pytest.raises(Refused, match="edited last"):
        _approve(workspace, desk, approval(changed, "ed"))
    with pytest.raises(Refused, match="they made"):
        _approve(workspace, desk, approval(changed, "ann"))
    _approve(workspace, desk, approval(changed))
    with workspace.read(desk) as uow:
        assert uow.writes.outbox("books") == ["w-1"]
        assert [each.generation for each in uow.writes.approvals("w-1")] == [1, 2]


def test_two_editors_the_second_is_told(workspace: SqlWorkspace, desk: str):
    write = staged(desk)
    with workspace.write(desk) as uow:
        uow.writes.add(write)
        uow.writes.edit(edited(write, '{"by":"ann"}', "ann"))
        with pytest.raises(Refused, match="edited meanwhile"):
            uow.writes.edit(edited(write, '{"by":"ed"}', "ed"))
        uow.commit()
    with workspace.read(desk) as uow:
        assert uow.writes.get("w-1").payload == '{"by":"ann"}'


@pytest.mark.parametrize(
    ("approver", "words"),
    [
        ("ann", "nobody approves a write they made. Another supervisor has to approve it."),
        ("joe", "only an active supervisor approves writes"),
        ("tom", "only an active supervisor approves writes"),
        ("ghost", "only an active supervisor approves writes"),
        ("sam", "above the approver's limit"),
        ("kim", "in another currency than it"),
    ],
)
def test_who_may_not_approve_is_told_why(workspace: SqlWorkspace, desk: str, approver: str, words: str):
    write = _submit(workspace, desk, staged(desk, f"w-{approver}"))
    with pytest.raises(Refused) as refused:
        _approve(workspace, desk, approval(write, approver))
    assert words in refused.value.text
    with workspace.read(desk) as uow:
        assert uow.writes.get(write.write_id).state == S.SUBMITTED
        assert uow.writes.approvals(write.write_id) == []
        assert uow.writes.outbox("books") == []


def test_a_limit_includes_its_bound(workspace: SqlWorkspace, desk: str):
    _approve(workspace, desk, approval(_submit(workspace, desk, staged(desk, "at", minor=1_000)), "sam"))
    with pytest.raises(Refused, match="limit"):
        _approve(workspace, desk, approval(_submit(workspace, desk, staged(desk, "over", minor=1_001)), "sam"))


def test_approving_another_payload_or_state(workspace: SqlWorkspace, desk: str):
    write = staged(desk)
    with workspace.write(desk) as uow:
        uow.writes.add(write)
        uow.commit()
    with pytest.raises(Refused, match="only a submitted write"):
        _approve(workspace, desk, approval(write))
    with workspace.write(desk) as uow:
        uow.writes.transition("w-1", S.DRAFT, S.SUBMITTED)
        uow.commit()
    with pytest.raises(Refused, match="not the payload that you looked at"):
        _approve(workspace, desk, replace(approval(write), payload_sha256=sha256("other")))
    with pytest.raises(UserError, match="unknown"):
        _approve(workspace, desk, replace(approval(write), write_id="w-9"))


def test_authority_is_asked_for_again_when_posting(workspace: SqlWorkspace, desk: str):
    write = _submit(workspace, desk, staged(desk))
    _approve(workspace, desk, approval(write))
    for someone in (person(desk, "sue", Role.SUPERVISOR, active=False), person(desk, "sue", Role.STAFF)):
        with workspace.write(desk) as uow:
            uow.people.put(someone, "hash")
            with pytest.raises(Refused, match="no authority any more"):
                uow.writes.transition("w-1", S.APPROVED, S.POSTING)
    with workspace.write(desk) as uow:
        uow.writes.transition("w-1", S.APPROVED, S.POSTING)


def test_posting_needs_the_outbox(workspace: SqlWorkspace, desk: str):
    """Approved by hand, without the outbox row of the same transaction, it is never posted."""
    write = _submit(workspace, desk, staged(desk))
    as_stranger(
        workspace,
        "INSERT INTO approvals (company, write_id, generation, approver, payload_sha256, approved_at)"
        " VALUES (?, 'w-1', 1, 'sue', ?, '2026-10-01T08:00:00.000000')",
        [desk, write.payload_sha256],
    )
    with workspace.write(desk) as uow:
        uow.writes.transition("w-1", S.SUBMITTED, S.APPROVED)
        with pytest.raises(Refused, match="not in the outbox"):
            uow.writes.transition("w-1", S.APPROVED, S.POSTING)


def test_a_step_from_another_state_is_refused(workspace: SqlWorkspace, desk: str):
    _submit(workspace, desk, staged(desk))
    with workspace.write(desk) as uow:
        with pytest.raises(Refused, match="is submitted by now, not draft"):
            uow.writes.transition("w-1", S.DRAFT, S.SUBMITTED)
        uow.writes.transition("w-1", S.SUBMITTED, S.REJECTED, note="too much")
        with pytest.raises(UserError, match="unknown"):
            uow.writes.transition("w-9", S.DRAFT, S.SUBMITTED)
        with pytest.raises(UserError, match="unknown"):
            uow.writes.add_attempt("w-9", at=NOW, outcome="x", words="")
        uow.commit()
    with workspace.write(desk) as uow, pytest.raises(Refused, match="not allowed in the present state"):
        uow.writes.transition("w-1", S.REJECTED, S.SUBMITTED)


def test_a_wrong_digest_or_a_used_key_is_refused(workspace: SqlWorkspace, desk: str):
    with workspace.write(desk) as uow:
        with pytest.raises(Refused, match="digest is not that of the payload"):
            uow.writes.add(staged(desk, payload_sha256=sha256("other")))
        with pytest.raises(ValueError, match="of Other"):
            uow.writes.add(staged("Other"))
        uow.writes.add(staged(desk, "w-1"))
        uow.commit()
    with workspace.write(desk) as uow, pytest.raises(Refused, match="idempotency key was already used"):
        uow.writes.add(staged(desk, "w-2", idempotency_key="w-1/1"))
    with workspace.write(desk) as uow:  # another ledger may see the same key
        connected(uow, desk, "other")
        uow.writes.add(staged(desk, "w-3", idempotency_key="w-1/1", target="other"))
        uow.commit()
