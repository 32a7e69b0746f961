"""The Tryton connector against a real Tryton 8 on PostgreSQL: what it pulls is what Tryton counts, and what it posts is
there once, whatever becomes of the line.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files

import psycopg
import pytest

from awra_desk.connectors.tryton import TrytonLedger
from awra_desk.domain.entries import DocumentState, Entry, EntryLine
from awra_desk.domain.errors import UserError
from awra_desk.ledger import readback
from awra_desk.normalise import interpret, load_contract
from awra_desk.ports.connections import Connection, OutcomeUnknown, PostingRefused, TransportError
from awra_desk.sandbox.merchant import ROLES, Books, Document, Line
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.e2e.cutting_proxy import CuttingProxy
from tests.e2e.tryton_harness import TrytonServer, running_tryton

pytestmark = pytest.mark.tryton

DOCUMENTS = 1_100
OPENING_DAY = date(2026, 9, 30)
DAY = date(2026, 10, 20)
CONTRACT = load_contract((files("awra_desk.connectors.tryton") / "contract-1.toml").read_text("utf-8"))


def _books() -> Books:
    """Sales net of fees, some of last year, enough for three pages."""
    draw = random.Random(8)
    documents = []
    for number in range(DOCUMENTS):
        gross = draw.randrange(500, 50_000)
        fee = gross * 29 // 1000 + 30
        lines = (
            Line("stripe_clearing", gross - fee, f"ch_{number:06d}", 1),
            Line("fees", fee, "", 2),
            Line("sales", -gross, "", 3),
        )
        day = date(2025, 12, 1) if number < 20 else date(2026, 10, 1) + timedelta(days=number % 31)
        documents.append(Document(f"D-{number:05d}", "JournalEntry", day, f"KR-{number:05d}", "Sale", lines))
    documents.sort(key=lambda document: (document.date, document.key))
    opening = dict.fromkeys((account.role for account in ROLES), 0)
    return Books(ROLES, tuple(documents), opening | {"bank": 1_234_56, "opening_equity": -1_234_56})


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[TrytonServer]:
    with running_tryton(_books(), opening_day=OPENING_DAY) as running:
        yield running


@pytest.fixture
def proxy(server: TrytonServer) -> Iterator[CuttingProxy]:
    with CuttingProxy(server.base_url) as running:
        yield running


def _ledger(base_url: str, key: str, clock: VirtualClock | None = None) -> TrytonLedger:
    connection = Connection("acme", "Tryton", "tryton", base_url, "America/New_York", {"allow_loopback": "true"})
    return TrytonLedger(
        connection, {"key": key}, guard=open_guard(), clock=clock or VirtualClock(), rng=random.Random(1)
    )


@pytest.fixture
def ledger(server: TrytonServer) -> TrytonLedger:
    return _ledger(server.base_url, server.key)


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> str:
    """A reference of this test alone."""
    name = "".join(character if character.isalnum() else "-" for character in request.node.name)
    return f"awra:w-{name}"


def _entry(server: TrytonServer, day: date = DAY, memo: str = "Stripe fees of the day") -> Entry:
    lines = (
        EntryLine(server.accounts["fees"], 1_234, f"Stripe fees {day}"),
        EntryLine(server.accounts["fees"], 99, "Tax on them"),
        EntryLine(server.accounts["stripe_clearing"], -1_333, f"Stripe fees {day}"),
    )
    return Entry(day, "USD", memo, lines)


def _states(server: TrytonServer, reference: str) -> list[str]:
    """States of every move that carries the reference, asked of the database itself."""
    with psycopg.connect(server.database_url) as connection:
        rows = connection.execute(
            "SELECT state FROM account_move WHERE description LIKE %s ORDER BY id", (f"%{reference}",)
        ).fetchall()
    return [state for (state,) in rows]


def _moves(server: TrytonServer) -> int:
    with psycopg.connect(server.database_url) as connection:
        return int(connection.execute("SELECT count(*) FROM account_move").fetchall()[0][0])


def test_the_chart_is_read(server: TrytonServer, ledger: TrytonLedger) -> None:
    accounts = {account.account_id: account for account in ledger.accounts()}
    for spec in ROLES:
        found = accounts[server.accounts[spec.role]]
        assert (found.code, found.name, found.currency, found.active) == (spec.code, spec.name, "USD", True)
    assert all(account.kind for account in accounts.values()), "headings take no postings"


def test_what_is_pulled_adds_up_to_what_tryton_counts(
    server: TrytonServer, ledger: TrytonLedger, reference: str
) -> None:
    ledger._rest.create("account.move", ledger.render(_entry(server), reference))
    pages = list(ledger.pages("moves", None))
    records = [record for page in pages for record in page.records]
    assert len(records) == len({record.external_id for record in records}) == _moves(server)
    assert [len(page.records) for page in pages[:2]] == [500, 500]
    assert [page.complete for page in pages] == [False, False, True]

    read = interpret(CONTRACT, records, company="acme", zone="America/New_York")
    assert not read.rejects
    drafts = [record for record in records if json.loads(record.payload)["state"] == "draft"]
    assert {record.raw_id for record in drafts} == set(read.evidence)
    assert any(reference in record.payload for record in drafts)
    assert {(row, "moves") for row in read.table["external_id"].tolist()} >= {
        (name, stream) for stream, name in server.line_ids.values()
    }
    middle, after, nowhere = date(2026, 10, 15), date(2026, 12, 31), date(2030, 1, 1)
    reported = {(item.account, item.day): item.minor for item in ledger.balances([middle, after, nowhere])}
    assert {day for _, day in reported} == {None, middle, after}
    rows = list(zip(*(read.table[name].tolist() for name in ("account", "booking_date", "amount")), strict=True))
    for day in (None, middle, after):
        ours: Counter[str] = Counter()
        for account, booked, minor in rows:
            ours[account] += minor if day is None or booked <= day else 0
        assert {account: minor for (account, at), minor in reported.items() if at == day and minor} == {
            account: minor for account, minor in ours.items() if minor
        }


def test_a_later_pull_brings_what_is_new_and_what_changed(
    server: TrytonServer, ledger: TrytonLedger, reference: str
) -> None:
    first = ledger.post(ledger.render(_entry(server), f"{reference}-1"), reference=f"{reference}-1", key="")
    ledger._rest.create("account.move", ledger.render(_entry(server), f"{reference}-2"))
    (draft,) = ledger.find(f"{reference}-2")
    cursor = list(ledger.pages("moves", None))[-1].cursor

    third = ledger.post(ledger.render(_entry(server), f"{reference}-3"), reference=f"{reference}-3", key="")
    ledger.post(ledger.render(_entry(server), f"{reference}-2"), reference=f"{reference}-2", key="")
    pages = list(ledger.pages("moves", cursor))
    states = {record.external_id: json.loads(record.payload)["state"] for page in pages for record in page.records}
    assert states[third.document_id] == states[draft.document_id] == "posted"
    assert first.document_id in states, "the look-back sees the newest again"
    assert len(states) < DOCUMENTS, "what was there long before is not read again"
    again = [record.raw_id for page in ledger.pages("moves", cursor) for record in page.records]
    assert set(again) == {record.raw_id for page in pages for record in page.records}


def test_a_walk_that_crashes_after_every_page_ends_the_same(server: TrytonServer, ledger: TrytonLedger) -> None:
    whole = [record.raw_id for page in ledger.pages("moves", None) for record in page.records]
    cursor, found = None, []
    while True:
        page = next(iter(_ledger(server.base_url, server.key).pages("moves", cursor)))
        found += [record.raw_id for record in page.records]
        cursor = page.cursor
        if page.complete:
            break
    assert found == whole


def test_a_move_that_is_changed_or_deleted_there_is_seen_so(
    server: TrytonServer, ledger: TrytonLedger, reference: str
) -> None:
    ledger._rest.create("account.move", ledger.render(_entry(server), f"{reference}-1"))
    ledger._rest.create("account.move", ledger.render(_entry(server), f"{reference}-2"))
    (changed,), (deleted,) = ledger.find(f"{reference}-1"), ledger.find(f"{reference}-2")
    *_, last = ledger.pages("moves", None)
    text = f"corrected {reference}-1"
    place = f"/rest/model/account.move/{changed.document_id}"
    ledger._rest._http.write(place, method="PUT", content=json.dumps({"description": text}))
    ledger._rest.delete("account.move", int(deleted.document_id))
    records = {record.external_id: record for page in ledger.pages("moves", last.cursor) for record in page.records}
    assert json.loads(records[changed.document_id].payload)["description"] == text
    # Only a draft can be deleted, and a draft counts nowhere: nothing is left to supersede.
    assert deleted.document_id not in records
    assert ledger.find(f"{reference}-2") == []


def test_an_entry_is_posted_once_and_reads_back_as_approved(
    server: TrytonServer, ledger: TrytonLedger, reference: str
) -> None:
    entry = _entry(server, memo="  Stripe fees\nof the day ")
    payload = ledger.render(entry, reference)
    assert payload == _ledger(server.base_url, server.key).render(entry, reference)
    assert ledger.find(reference) == []
    posted = ledger.post(payload, reference=reference, key="")
    assert readback.differences(entry, reference, ledger.read(posted.document_id)) == []
    assert posted == ledger.read(posted.document_id)
    assert posted.number
    assert [line.description for line in posted.lines] == [line.description for line in entry.lines]
    assert ledger.post(payload, reference=reference, key="") == posted
    assert ledger.find(reference) == [posted]
    assert _states(server, reference) == ["posted"]


def test_an_unbalanced_payload_is_never_sent(server: TrytonServer, proxy: CuttingProxy, reference: str) -> None:
    ledger = _ledger(proxy.base_url, server.key)
    payload = ledger.render(_entry(server), reference).replace('"12.34"', '"12.35"')
    with pytest.raises(PostingRefused, match="balanced"):
        ledger.post(payload, reference=reference, key="")
    assert not any(method == "POST" for method, _ in proxy.seen)


def test_tryton_refuses_a_closed_period(server: TrytonServer, ledger: TrytonLedger, reference: str) -> None:
    closed = date(2025, 1, 15)
    assert ledger.period_open(DAY)
    assert not ledger.period_open(closed)
    assert not ledger.period_open(date(2030, 1, 1))
    with pytest.raises(PostingRefused, match="2025-01"):
        ledger.post(ledger.render(_entry(server, closed), reference), reference=reference, key="")
    assert _states(server, reference) == []


def test_there_is_no_period_outside_the_fiscal_years(server: TrytonServer, ledger: TrytonLedger) -> None:
    with pytest.raises(UserError, match="no period on 2030-01-01"):
        ledger.render(_entry(server, date(2030, 1, 1)), "awra:w-2030")


def test_tryton_refuses_an_unknown_account(server: TrytonServer, ledger: TrytonLedger, reference: str) -> None:
    lines = (EntryLine("999999", 100, ""), EntryLine(server.accounts["fees"], -100, ""))
    payload = ledger.render(Entry(DAY, "USD", "Wrong account", lines), reference)
    with pytest.raises(PostingRefused, match="999999"):
        ledger.post(payload, reference=reference, key="")
    assert _states(server, reference) == []


def test_a_key_without_rights_is_told_so(server: TrytonServer, ledger: TrytonLedger, reference: str) -> None:
    viewer = _ledger(server.base_url, server.viewer_key)
    payload = ledger.render(_entry(server), reference)
    for attempt in (
        lambda: list(viewer.pages("moves", None)),
        lambda: viewer.find(reference),
        lambda: viewer.post(payload, reference=reference, key=""),
    ):
        with pytest.raises(TransportError, match="not allowed") as refusal:
            attempt()
        assert refusal.value.kind == "refused"
        assert refusal.value.remedy
    assert _states(server, reference) == []


def test_a_wrong_key_is_told_so(server: TrytonServer) -> None:
    with pytest.raises(TransportError) as refusal:
        _ledger(server.base_url, "0" * 64).accounts()
    assert refusal.value.kind == "auth"


@pytest.mark.parametrize(
    ("step", "when", "left"),
    [
        ("create", "before", []),
        ("create", "after", [DocumentState.DRAFT]),
        ("create", "half", [DocumentState.DRAFT]),
        ("post", "before", [DocumentState.DRAFT]),
        ("post", "after", [DocumentState.POSTED]),
        ("post", "half", [DocumentState.POSTED]),
    ],
)
def test_a_lost_answer_never_posts_twice(
    server: TrytonServer,
    proxy: CuttingProxy,
    reference: str,
    step: str,
    when: str,
    left: list[DocumentState],
) -> None:
    ledger = _ledger(proxy.base_url, server.key)
    entry = _entry(server)
    payload = ledger.render(entry, reference)
    proxy.cut(when, "POST", "/account.move" if step == "create" else "/post")  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknown):
        ledger.post(payload, reference=reference, key="")
    assert [document.state for document in ledger.find(reference)] == left

    posted = ledger.post(payload, reference=reference, key="")
    assert ledger.find(reference) == [posted]
    assert readback.differences(entry, reference, posted) == []
    assert _states(server, reference) == ["posted"]
    writes = sum(method == "POST" for method, _ in proxy.seen)
    assert writes == (3 if when == "before" else 2), "only what certainly did not happen is sent again"


def test_the_line_cut_for_good_after_the_draft_leaves_it_to_be_carried_on_with(
    server: TrytonServer, proxy: CuttingProxy, reference: str
) -> None:
    clock = VirtualClock()
    ledger = _ledger(proxy.base_url, server.key, clock)
    payload = ledger.render(_entry(server), reference)
    ledger.find(reference)
    proxy.cut("after", "POST", "/post")
    with pytest.raises(OutcomeUnknown):
        ledger.post(payload, reference=reference, key="")
    proxy.cut("before", "GET", "/account.move", times=6)
    with pytest.raises(TransportError):
        ledger.find(reference)
    proxy.mend()
    clock.sleep(300)  # until a ledger that failed so often is asked again
    assert ledger.post(payload, reference=reference, key="").state == DocumentState.POSTED
    assert _states(server, reference) == ["posted"]


def test_a_late_twin_of_the_draft_is_taken_back(server: TrytonServer, ledger: TrytonLedger, reference: str) -> None:
    payload = ledger.render(_entry(server), reference)
    ledger._rest.create("account.move", payload)
    ledger._rest.create("account.move", payload)
    posted = ledger.post(payload, reference=reference, key="")
    assert ledger.find(reference) == [posted]
    assert _states(server, reference) == ["posted"]


def test_a_draft_that_somebody_changed_is_not_posted(
    server: TrytonServer, ledger: TrytonLedger, reference: str
) -> None:
    payload = ledger.render(_entry(server), reference)
    ledger._rest.create("account.move", payload.replace('"12.34"', '"12.44"').replace('"13.33"', '"13.43"'))
    with pytest.raises(PostingRefused, match="not what was approved"):
        ledger.post(payload, reference=reference, key="")
    assert _states(server, reference) == ["draft"]
