"""Whatever people try in whatever order: nothing is posted without another person's approval of that very payload."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from awra_desk.domain.entries import LEGAL_TRANSITIONS, StagedWrite, WriteState
from awra_desk.domain.errors import UserError
from awra_desk.domain.people import Role
from awra_desk.store import SqlWorkspace
from tests.soak import scaled
from tests.store.books import NOW, approval, connected, edited, person, staged

S = WriteState
_companies = itertools.count(1)
_PEOPLE = ("ann", "ed", "sue", "sam")
_people = st.sampled_from(_PEOPLE)
_numbers = st.integers(0, 1)
_AMOUNT = 5_000


class Desk(RuleBasedStateMachine):
    """Two writes, four people; a model of the rules in Python says what must be allowed."""

    workspace: SqlWorkspace

    @initialize()
    def begin(self) -> None:
        self.company = f"Stateful {next(_companies)}"
        self.workspace.add_company(self.company, at=NOW)
        self.writes: dict[int, StagedWrite] = {}
        self.seen: list[StagedWrite] = []
        self.limits: dict[str, int | None] = {}
        self.by: dict[tuple[str, int], str] = {}
        with self.workspace.write(self.company) as uow:
            connected(uow, self.company)
            uow.commit()
        for name in _PEOPLE:
            self.hire(name, role=Role.SUPERVISOR, limit=None, active=True)

    def _try(self, allowed: bool, act) -> bool:
        """The database allows exactly what the model allows."""
        try:
            with self.workspace.write(self.company) as uow:
                act(uow)
                uow.commit()
        except UserError:
            assert not allowed
            return False
        assert allowed
        return True

    @rule(
        name=_people,
        role=st.sampled_from([Role.SUPERVISOR, Role.STAFF]),
        limit=st.sampled_from([None, _AMOUNT - 1, _AMOUNT]),
        active=st.booleans(),
    )
    def hire(self, name: str, role: Role, limit: int | None, active: bool) -> None:
        someone = person(self.company, name, role, limit=limit, active=active)
        self._try(True, lambda uow: uow.people.put(someone, "hash"))
        self.limits.pop(name, None)
        if active and role == Role.SUPERVISOR:
            self.limits[name] = limit

    @rule(number=_numbers, maker=_people)
    def stage(self, number: int, maker: str) -> None:
        write = staged(self.company, f"w-{number}", maker=maker, minor=_AMOUNT)
        if self._try(number not in self.writes, lambda uow: uow.writes.add(write)):
            self.writes[number] = write
            self.seen.append(write)

    @rule(number=_numbers, editor=_people)
    def edit(self, number: int, editor: str) -> None:
        write = self.writes.get(number)
        if write is None:
            return
        changed = edited(write, f'{{"generation":{write.generation + 1}}}', editor)
        allowed = write.state == S.DRAFT or S.DRAFT in LEGAL_TRANSITIONS[write.state]
        if self._try(allowed, lambda uow: uow.writes.edit(changed)):
            self.writes[number] = replace(changed, document_id=write.document_id)
            self.seen.append(changed)

    @rule(number=_numbers, after=st.sampled_from(list(S)))
    def step(self, number: int, after: WriteState) -> None:
        write = self.writes.get(number)
        if write is None:
            return
        key = (write.write_id, write.generation)
        allowed = after in LEGAL_TRANSITIONS[write.state] and after != S.DRAFT
        allowed &= after != S.APPROVED or key in self.by
        if after == S.POSTING:
            allowed &= self._authority(write)
        given = {"document_id": "7"} if after == S.POSTED else {}
        if self._try(allowed, lambda uow: uow.writes.transition(write.write_id, write.state, after, **given)):
            self.writes[number] = replace(write, state=after, document_id=given.get("document_id", write.document_id))

    @rule(data=st.data(), approver=_people)
    def approve(self, data: st.DataObject, approver: str) -> None:
        """Of any version that was ever on a screen."""
        if not self.seen:
            return
        looked_at = data.draw(st.sampled_from(self.seen))
        number = int(looked_at.write_id[2:])
        write = self.writes[number]
        limit = self.limits.get(approver, 0)
        allowed = (
            write.state == S.SUBMITTED
            and (looked_at.generation, looked_at.payload_sha256) == (write.generation, write.payload_sha256)
            and approver not in {write.maker, write.last_editor}
            and (limit is None or limit >= _AMOUNT)
        )
        if self._try(allowed, lambda uow: uow.writes.approve(approval(looked_at, approver))):
            self.writes[number] = replace(write, state=S.APPROVED)
            self.by[write.write_id, write.generation] = approver

    def _authority(self, write: StagedWrite) -> bool:
        return self.by.get((write.write_id, write.generation)) in self.limits

    @invariant()
    def the_database_agrees(self) -> None:
        with self.workspace.read(self.company) as uow:
            assert sorted(uow.writes.all(), key=lambda write: write.write_id) == [
                self.writes[number] for number in sorted(self.writes)
            ]
            for write in self.writes.values():
                made = {(each.write_id, each.generation) for each in uow.writes.approvals(write.write_id)}
                assert made == {key for key in self.by if key[0] == write.write_id}
                if write.state in {S.APPROVED, S.POSTING, S.POSTED, S.VERIFIED}:
                    assert (write.write_id, write.generation) in made
            waiting = {
                write.write_id for write in self.writes.values() if write.state in {S.APPROVED, S.POSTING, S.UNCERTAIN}
            }
            assert set(uow.writes.outbox("books")) == waiting


@pytest.mark.soak
def test_stateful(workspace: SqlWorkspace):
    machine = type("DeskHere", (Desk,), {"workspace": workspace})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=scaled(1_000), stateful_step_count=20, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )
