"""A staged write from exception to verified document, and every way in which it must not happen."""

from dataclasses import replace

import pytest

from awra_desk.domain.entries import Entry, EntryLine, WriteState
from awra_desk.domain.errors import Refused, UserError
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.reasons import Reason
from awra_desk.ports.connections import TransportError
from awra_desk.services import review
from awra_desk.services.approve import approve, reject
from awra_desk.services.post import LEASE, drain
from awra_desk.services.setup import put_connection
from awra_desk.services.stage import edit, propose, submit
from tests.unit.services.conftest import DAY, PASSWORD
from tests.unit.services.doubles import row


@pytest.fixture
def fees(scene):
    """The exception of the day's missing fees."""
    scene.pull()
    scene.reconcile()
    return next(item for item in scene.exceptions() if len(item.members) == 3)


def submitted(scene, item, maker="amina"):
    write = propose(scene.desk, item.exception_id, who=maker)
    submit(scene.desk, write.write_id, who=maker)
    return write


def approved(scene, item):
    write = submitted(scene, item)
    approve(scene.desk, write.write_id, who="joseph", password=PASSWORD, seen_sha256=write.payload_sha256)
    return write


def state(scene, write) -> WriteState:
    with scene.desk.read() as uow:
        return uow.writes.get(write.write_id).state


def test_the_whole_way(scene, fees):
    write = approved(scene, fees)
    result = drain(scene.desk, "books")
    assert result.verified == (write.write_id,)
    assert len(scene.ledger.documents) == 1
    scene.pull()
    after = scene.reconcile()
    assert after.statement.unexplained == 0
    assert after.exceptions == 1
    settled = next(item for item in scene.exceptions() if item.exception_id == fees.exception_id)
    assert (settled.state, settled.resolution) == (ExceptionState.RESOLVED, write.write_id)


def test_draining_again_posts_nothing_again(scene, fees):
    approved(scene, fees)
    drain(scene.desk, "books")
    assert drain(scene.desk, "books").verified == ()
    assert scene.ledger.posts == 1


@pytest.mark.parametrize(("lose", "documents"), [("after", 1), ("before", 0)])
def test_a_lost_answer_is_uncertain_and_settled_by_look_up(scene, fees, lose, documents):
    write = approved(scene, fees)
    scene.ledger.lose = lose
    assert drain(scene.desk, "books").uncertain == (write.write_id,)
    assert state(scene, write) == WriteState.UNCERTAIN
    assert len(scene.ledger.documents) == documents
    item = next(item for item in scene.exceptions() if item.exception_id == fees.exception_id)
    assert item.reason == Reason.POSTING_UNCERTAIN
    scene.ledger.lose = ""
    assert drain(scene.desk, "books").verified == (write.write_id,)
    assert len(scene.ledger.documents) == 1


def test_a_crash_while_sending_is_settled_by_look_up(scene, fees):
    write = approved(scene, fees)
    scene.ledger.post(write.payload, reference=write.reference, key=write.idempotency_key)
    with scene.desk.write() as uow:
        uow.writes.transition(write.write_id, WriteState.APPROVED, WriteState.POSTING)
        uow.commit()
    assert drain(scene.desk, "books").verified == (write.write_id,)
    assert scene.ledger.posts == 1


def test_an_unreachable_ledger_leaves_the_write_waiting(scene, fees):
    write = approved(scene, fees)
    scene.ledger.lose = "unreachable"
    assert drain(scene.desk, "books").waiting == (write.write_id,)
    assert state(scene, write) == WriteState.APPROVED


def test_a_refusal_is_final_and_opens_the_exception_again(scene, fees):
    write = approved(scene, fees)
    scene.ledger.lose = "refuse"
    assert drain(scene.desk, "books").failed == (write.write_id,)
    item = next(item for item in scene.exceptions() if item.exception_id == fees.exception_id)
    assert (item.reason, item.state) == (Reason.POSTING_FAILED, ExceptionState.OPEN)
    assert "locked" in item.evidence


def test_a_document_changed_in_the_ledger_is_not_verified(scene, fees, monkeypatch):
    write = approved(scene, fees)
    post = scene.ledger.post

    def post_and_tamper(*arguments, **more):
        made = post(*arguments, **more)
        scene.ledger.tamper()
        return made

    monkeypatch.setattr(scene.ledger, "post", post_and_tamper)
    assert drain(scene.desk, "books").verified == ()
    assert state(scene, write) == WriteState.POSTED


def test_two_documents_with_our_reference_stop_that_write(scene, fees):
    write = approved(scene, fees)
    scene.ledger.lose = "after"
    drain(scene.desk, "books")
    scene.ledger.documents.append(replace(scene.ledger.documents[0], document_id="99", number="JE99"))
    assert drain(scene.desk, "books").uncertain == (write.write_id,)
    item = next(item for item in scene.exceptions() if item.exception_id == fees.exception_id)
    assert (item.reason, "2 ledger documents" in item.evidence) == (Reason.POSTING_UNCERTAIN, True)
    assert scene.ledger.posts == 1


def test_what_is_being_sent_is_left_alone_until_its_lease_is_over(scene, fees):
    write = approved(scene, fees)
    with scene.desk.write() as uow:
        uow.writes.transition(write.write_id, WriteState.APPROVED, WriteState.POSTING)
        uow.writes.add_attempt(write.write_id, at=scene.desk.now(), outcome="posting", words="sending")
        uow.commit()
    assert drain(scene.desk, "books").waiting == (write.write_id,)
    assert scene.ledger.posts == 0
    scene.desk.clock.sleep(LEASE.total_seconds())
    assert drain(scene.desk, "books").verified == (write.write_id,)


def test_a_document_that_is_there_already_is_never_posted_beside(scene, fees):
    write = approved(scene, fees)
    scene.ledger.post(write.payload, reference=write.reference, key="another")
    assert drain(scene.desk, "books").verified == (write.write_id,)
    assert scene.ledger.posts == 1


def test_a_failed_read_back_is_tried_again(scene, fees, monkeypatch):
    write = approved(scene, fees)
    with monkeypatch.context() as patch:
        patch.setattr(scene.ledger, "read", unreachable)
        assert drain(scene.desk, "books").waiting == (write.write_id,)
    assert drain(scene.desk, "books").verified == (write.write_id,)


def unreachable(document_id):
    raise TransportError("no route", kind="unavailable", record=document_id, remedy="Try again.")


def test_a_connection_changed_after_the_approval_voids_it(scene, fees):
    write = approved(scene, fees)
    with scene.desk.read() as uow:
        connection = uow.connections.get("books")
    put_connection(scene.desk, replace(connection, base_url="https://elsewhere.test"), by="engine")
    assert drain(scene.desk, "books").failed == (write.write_id,)
    assert (state(scene, write), scene.ledger.posts) == (WriteState.VOIDED, 0)


def test_one_correction_an_exception(scene, fees):
    write = approved(scene, fees)
    with pytest.raises(Refused, match="already settles"):
        review.resolve(scene.desk, fees.exception_id, who="amina", note="By hand.")
    drain(scene.desk, "books")
    with pytest.raises(Refused, match=write.write_id):
        review.reopen(scene.desk, fees.exception_id, who="amina")


def test_a_rejected_write_does_not_come_back_beside_its_successor(scene, fees):
    first = submitted(scene, fees)
    reject(scene.desk, first.write_id, who="joseph", reason="Wrong day.")
    approved(scene, fees)
    entry = Entry(DAY, "USD", "Fees", (EntryLine("35", -96, "Stripe fees"), EntryLine("61", 96, "Stripe fees")))
    with pytest.raises(Refused, match="already settles"):
        edit(scene.desk, first.write_id, entry, who="amina")


def test_what_was_sent_once_cannot_be_edited(scene, fees):
    write = approved(scene, fees)
    scene.ledger.lose = "before"
    drain(scene.desk, "books")
    scene.ledger.lose = "unreachable"
    drain(scene.desk, "books")
    entry = Entry(DAY, "USD", "Fees", (EntryLine("35", -1, "Stripe fees"), EntryLine("61", 1, "Stripe fees")))
    assert state(scene, write) == WriteState.APPROVED
    with pytest.raises(Refused, match="sent to the ledger"):
        edit(scene.desk, write.write_id, entry, who="amina")


def test_posting_trouble_survives_the_next_run(scene, fees):
    approved(scene, fees)
    scene.ledger.lose = "before"
    drain(scene.desk, "books")
    scene.reconcile()
    item = next(item for item in scene.exceptions() if item.exception_id == fees.exception_id)
    assert item.reason == Reason.POSTING_UNCERTAIN


@pytest.mark.parametrize(
    ("maker", "who", "password"),
    [
        ("grace", "grace", PASSWORD),  # maker
        ("amina", "amina", PASSWORD),  # no supervisor
        ("amina", "joseph", "wrong password"),
        ("amina", "junior", PASSWORD),  # beyond the authority
        ("amina", "nobody", PASSWORD),
    ],
)
def test_who_must_not_approve_cannot(scene, fees, maker, who, password):
    write = submitted(scene, fees, maker)
    with pytest.raises(Refused):
        approve(scene.desk, write.write_id, who=who, password=password, seen_sha256=write.payload_sha256)
    assert state(scene, write) == WriteState.SUBMITTED


def test_an_edit_voids_the_approval_and_its_editor_may_not_approve(scene, fees):
    write = approved(scene, fees)
    entry = Entry(DAY, "USD", "Fees", (EntryLine("35", -90, "Stripe fees"), EntryLine("61", 90, "Stripe fees")))
    changed = edit(scene.desk, write.write_id, entry, who="grace")
    assert (state(scene, write), changed.generation) == (WriteState.DRAFT, 2)
    assert drain(scene.desk, "books").verified == ()
    submit(scene.desk, write.write_id, who="grace")
    with pytest.raises(Refused):
        approve(scene.desk, write.write_id, who="grace", password=PASSWORD, seen_sha256=changed.payload_sha256)
    with pytest.raises(Refused):
        approve(scene.desk, write.write_id, who="joseph", password=PASSWORD, seen_sha256=write.payload_sha256)
    approve(scene.desk, write.write_id, who="joseph", password=PASSWORD, seen_sha256=changed.payload_sha256)
    assert drain(scene.desk, "books").verified == (write.write_id,)


def test_a_rejection_needs_a_reason_and_opens_the_exception_again(scene, fees):
    write = submitted(scene, fees)
    with pytest.raises(Refused, match="reason"):
        reject(scene.desk, write.write_id, who="joseph", reason="")
    reject(scene.desk, write.write_id, who="joseph", reason="Wrong account.")
    item = next(item for item in scene.exceptions() if item.exception_id == fees.exception_id)
    assert (state(scene, write), item.state) == (WriteState.REJECTED, ExceptionState.OPEN)


def test_an_exception_is_proposed_for_once(scene, fees):
    propose(scene.desk, fees.exception_id, who="amina")
    with pytest.raises(Refused):
        propose(scene.desk, fees.exception_id, who="amina")


def test_a_closed_period_is_refused_at_submission(scene, fees, monkeypatch):
    write = propose(scene.desk, fees.exception_id, who="amina")
    monkeypatch.setattr(scene.ledger, "period_open", lambda day: False)
    with pytest.raises(Refused, match="closed"):
        submit(scene.desk, write.write_id, who="amina")


def test_every_step_has_its_trail_row(scene, fees):
    before = len(scene.trail())
    approved(scene, fees)
    drain(scene.desk, "books")
    actions = [entry.action for entry in scene.trail()[before:]]
    assert actions == [
        "write.stage",
        "write.submit",
        "write.approve",
        "write.posting",
        "write.posted",
        "write.verified",
    ]


@pytest.mark.parametrize(("settled", "words"), [(2_100, "Exchange gain ch_9a"), (1_950, "Exchange loss ch_9a")])
def test_an_exchange_difference_is_booked_on_its_own_account(scene, settled, words):
    scene.source.rows.append(row("ch_9a", settled, reference="ch_9a", settled="EUR"))
    scene.ledger.rows.append(row("J9", 2_000, kind="ledger_line", account="35", reference="ch_9a"))
    scene.pull()
    scene.reconcile()
    item = next(found for found in scene.exceptions() if found.reason == Reason.FX_DIFFERENCE)
    with pytest.raises(UserError, match="no ledger account is mapped for fx"):
        propose(scene.desk, item.exception_id, who="amina")
    put_connection(
        scene.desk,
        replace(connection_of(scene, "books"), options={"account.fees": "61", "account.fx": "61"}),
        by="engine",
    )
    write = approved(scene, item)
    assert write.entry.lines == (EntryLine("35", settled - 2_000, words), EntryLine("61", 2_000 - settled, words))
    assert drain(scene.desk, "books").verified == (write.write_id,)
    scene.ledger.rows[-2]["reference"] = "ch_9a"  # as contracts find it in the line's text
    scene.pull()
    assert scene.reconcile().statement.unexplained == 0
    settled_now = next(found for found in scene.exceptions() if found.exception_id == item.exception_id)
    assert (settled_now.state, settled_now.resolution) == (ExceptionState.RESOLVED, write.write_id)


def connection_of(scene, name):
    with scene.desk.read() as uow:
        return uow.connections.get(name)
