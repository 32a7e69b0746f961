"""ERPNext by its declared file alone: a whole month, its changes, its closing balances, and what we write there."""

import json
import random
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from importlib.resources import files

import pytest

from awra_desk.connectors.declared import declaration, open_declared, pull
from awra_desk.domain.entries import DocumentState, Entry, EntryLine
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.normalise import interpret
from awra_desk.ports.connections import Connection, Ledger, OutcomeUnknown, PostingRefused, TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule
from awra_desk.sandbox.servers._http import LoopbackServer
from tests.connectors.erpnext_server import COMPANY, KEY, SECRET, ErpNext
from tests.connectors.in_process import BASE_URL, transport
from tests.connectors.pulling import Shelf
from tests.connectors.small_month import small_month
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.soak import scaled

PROFILE = (files("awra_desk.connectors.declared") / "profiles" / "erpnext.toml").read_text("utf-8")
DECLARED = declaration.load_declaration(PROFILE, "erpnext.toml")
STREAM = "gl_entries"
SMALL = 4
"""Rows of a page where there are to be many pages."""
REFERENCE = "awra:w-3f2a9c"
DAY = date(2026, 10, 31)
JOURNAL = "/api/resource/Journal Entry"
SECRETS = {"api_key": KEY, "api_secret": SECRET}


@pytest.fixture(scope="module")
def month():
    return small_month()


@pytest.fixture(scope="module")
def whole_month():
    return simulate(MonthSpec(seed=3, orders=60))


@pytest.fixture
def plan():
    return FaultPlan()


@pytest.fixture
def site(month, plan):
    with running(month, plan) as served:
        yield served


@contextmanager
def running(month, plan=None):
    site = ErpNext(month)
    with LoopbackServer(site, faults=plan) as server:
        site.server = server
        yield site


def ledger(site, *, over=None, size=500, **options):
    """The shipped file, or the same with smaller pages."""
    given = {"allow_loopback": "true", "company": COMPANY, **options}
    if size != 500:
        given["declaration"] = PROFILE.replace("size = 500", f"size = {size}")
    url = BASE_URL if over else site.server.base_url
    connection = Connection("Kilimani", "Erp", "erpnext" if size == 500 else "declared", url, "America/New_York", given)
    saving = {}.update
    return open_declared(
        connection,
        SECRETS,
        guard=open_guard(),
        clock=VirtualClock(),
        rng=random.Random(5),
        save_secret=saving,
        transport=over,
    )


def lines(shelf):
    """GL Entry name -> (account, minor, booking day)."""
    result = interpret(DECLARED.contract, shelf.records(STREAM), company="Kilimani", zone="America/New_York")
    assert result.rejects == []
    table = result.table
    keys = [name.rpartition(":")[2] for name in table["external_id"].tolist()]
    values = zip(table["account"].tolist(), table["amount"].tolist(), table["booking_date"].tolist(), strict=True)
    return dict(zip(keys, values, strict=True))


def pulled(site, shelf=None, size=500):
    shelf = shelf or Shelf()
    shelf.pull(ledger(site, size=size))
    return shelf


def test_the_file_is_under_a_hundred_lines_of_configuration():
    told = [line for line in PROFILE.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(told) < 100


def test_every_line_of_a_month_comes_as_it_was_booked(whole_month):
    with running(whole_month) as site:
        found = lines(pulled(site))
    for document in whole_month.books.documents:
        for line in document.lines:
            _, name = site.line_ids[document.key, line.line_no]
            assert found.pop(name.rpartition(":")[2]) == (site.names[line.account_role], line.minor, document.date)
    assert found == {}


def test_openings_and_lines_add_up_to_its_own_balances(month, site):
    days = (month.take_on.as_of, date(2026, 10, 15), DAY)
    reported = {(item.account, item.day): item for item in ledger(site).balances(days)}
    assert len(reported) == len(days) * len(site.accounts)
    found = lines(pulled(site))

    def gaps(rows):
        return [
            key
            for key, item in reported.items()
            if item.minor
            != site.opening[key[0]]
            + sum(minor for where, minor, day in rows if (where, day <= key[1]) == (key[0], True))
        ]

    assert gaps(found.values()) == []
    for name in random.Random(4).sample([name for name in sorted(found) if found[name][2] <= DAY], 10):
        assert gaps([line for key, line in found.items() if key != name]), f"nobody would miss {name}"


def test_the_same_pull_twice_changes_nothing(site):
    shelf = pulled(site)
    before = dict(shelf.payloads())
    versions = set(shelf.versions)
    pulled(site, shelf)
    assert (shelf.payloads(), shelf.versions) == (before, versions)


@pytest.mark.soak
def test_a_pull_cut_at_any_page_and_at_random_steps_ends_the_same(month):
    site = ErpNext(month)
    source = ledger(site, over=transport(site), size=SMALL)
    whole = Shelf()
    whole.pull(source)
    assert whole.pages > 10
    for cut in range(1, whole.pages):
        shelf = Shelf()
        assert not shelf.pull(source, cut_after=cut)
        shelf.pull(source)
        assert shelf.payloads() == whole.payloads(), f"cut after page {cut}"
    draw = random.Random(11)
    for _ in range(scaled(500)):
        shelf = Shelf()
        while not shelf.pull(source, cut_after=draw.randrange(1, 6)):
            pass
        assert shelf.payloads() == whole.payloads()


def test_rows_inserted_and_changed_under_the_walk_cost_none(month, site):
    draw = random.Random(2)
    shelf, source = Shelf(), ledger(site, size=SMALL)
    vouchers = sorted({row["voucher_no"] for row in site.entries.values()})
    for count, page in enumerate(source.pages(STREAM, None)):
        shelf.take(STREAM, page)
        if count % 2 == 0 and count < 30:
            site.cancel(draw.choice(vouchers))
            site.book(DAY, f"JV-{count}", "Journal Entry", site.names["bank"], 100 + count)
    shelf.pull(source)
    for name, row in site.entries.items():
        assert json.loads(shelf.newest[STREAM, name].payload)["modified"] == row["modified"]


def test_more_rows_of_one_stamp_than_a_page_holds_are_walked_by_offset(site):
    """Cancelling a large voucher stamps all its rows at once."""
    shelf = pulled(site)
    stamp = site.tick()
    names = [site.book(DAY, "JV-BIG", "Journal Entry", site.names["bank"], 100 + n, stamp=stamp) for n in range(40)]
    pulled(site, shelf, SMALL)
    assert {name for name in names if (STREAM, name) in shelf.newest} == set(names)


def test_a_row_that_slides_over_a_page_edge_is_not_passed_by(site):
    """Of forty equal stamps one changes while they are walked by position: all behind it move up by one."""
    stamp = site.tick()
    names = [site.book(DAY, "JV-BIG", "Journal Entry", site.names["bank"], 100 + n, stamp=stamp) for n in range(40)]
    first = min(names)
    shelf, source, moved = Shelf(), ledger(site, size=SMALL), False
    for page in source.pages(STREAM, None):
        shelf.take(STREAM, page)
        if not moved and json.loads(page.cursor)["last"] and json.loads(page.cursor)["token"] > 4:
            site.entries[first]["modified"], moved = site.tick(), True
    assert moved
    assert {name for name in names if (STREAM, name) in shelf.newest} == set(names)


def test_cancelled_and_late_postings_are_seen(month, site):
    late = sorted(site.entries)[5]
    site.rows.withhold("GL Entry", [late])
    shelf = pulled(site)
    assert (STREAM, late) not in shelf.newest
    site.rows.release()
    site.entries[late]["modified"] = site.tick()
    voucher = site.entries[sorted(site.entries)[9]]["voucher_no"]
    site.cancel(voucher)
    pulled(site, shelf)
    found = lines(shelf)
    assert (late in found) is (not site.entries[late]["is_cancelled"])
    assert not any(site.entries[name]["voucher_no"] == voucher for name in found)


def test_what_changes_in_the_hour_that_comes_twice_is_seen(site):
    """On 1 November the site's clock goes back from 2:00 to 1:00; its stamps have no offset."""
    site.now = datetime(2026, 11, 1, 1, 59)  # noqa: DTZ001
    last = site.book(DAY, "JV-1", "Journal Entry", site.names["bank"], 100)
    for row in site.entries.values():
        row["modified"] = min(row["modified"], "2026-11-01 01:59:01.000000")
    shelf = pulled(site)
    assert (STREAM, last) in shelf.newest
    site.now = datetime(2026, 11, 1, 1, 5)  # noqa: DTZ001
    name = site.book(DAY, "JV-2", "Journal Entry", site.names["bank"], 200)
    pulled(site, shelf)
    assert (STREAM, name) in shelf.newest


def test_a_future_cursor_brings_nothing_and_stays(site):
    future = pull.Cursor(since="2099-01-01T00:00:00").text()
    (page,) = ledger(site).pages(STREAM, future)
    assert (len(page.records), page.complete, page.cursor) == (0, True, future)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ANSWER, status=429, retry_after="9"),
        Fault(FaultKind.ANSWER, status=503),
        Fault(FaultKind.CUT),
        Fault(FaultKind.TRUNCATE),
        Fault(FaultKind.BROKEN_JSON),
        Fault(FaultKind.REPLAY),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_trouble_on_the_way_changes_nothing(month, fault):
    plan = FaultPlan([Rule("/api/resource/GL Entry", fault, nth=nth) for nth in (2, 5, 6)])
    with running(month, plan) as site:
        found = pulled(site, size=SMALL).payloads()
        plan.clear()
        assert found == pulled(site, size=SMALL).payloads()


def test_accounts_are_told_with_disabled_ones(site):
    name = site.names["rent"]
    site.accounts[name]["disabled"] = 1
    accounts = {account.account_id: account for account in ledger(site).accounts()}
    assert (len(accounts), accounts[name].active, accounts[site.names["bank"]].code) == (
        len(site.accounts),
        False,
        "1000",
    )


def test_it_refuses_a_wrong_key_and_a_missing_option(site):
    with pytest.raises(UsageError, match="--option company="):
        ledger(site, company="")
    connection = Connection(
        "K", "Erp", "erpnext", site.server.base_url, "UTC", {"allow_loopback": "true", "company": COMPANY}
    )
    wrong = open_declared(
        connection,
        {**SECRETS, "api_secret": "wrong-canary"},
        guard=open_guard(),
        clock=VirtualClock(),
        rng=random.Random(1),
        save_secret=lambda _: None,
    )
    with pytest.raises(TransportError, match="does not accept the key") as caught:
        wrong.accounts()
    assert "wrong-canary" not in caught.value.text
    with pytest.raises(UsageError, match="the secret has no api_secret"):
        open_declared(
            connection,
            {"api_key": KEY},
            guard=open_guard(),
            clock=VirtualClock(),
            rng=random.Random(1),
            save_secret=lambda _: None,
        )


# --- writing ----------------------------------------------------------------------------------------------------------


def entry(site, minor=12_345, **changes):
    lines = (
        EntryLine(site.names["fees"], minor, "Stripe fees", (("cost_center", "Main - KR"),)),
        EntryLine(site.names["stripe_clearing"], -minor, "Stripe fees"),
    )
    return Entry(**{"day": DAY, "currency": "USD", "memo": "Stripe fees 2026-10-30", "lines": lines, **changes})


def posted(site, books=None, **changes):
    books = books or ledger(site)
    return books.post(books.render(entry(site, **changes), REFERENCE), reference=REFERENCE, key="k")


def test_an_entry_is_inserted_submitted_found_and_read_back(site):
    books = ledger(site)
    assert isinstance(books, Ledger)
    assert books.find(REFERENCE) == []
    text = books.render(entry(site), REFERENCE)
    assert text == books.render(entry(site), REFERENCE)
    assert '"debit_in_account_currency":123.45' in text
    document = posted(site, books)
    assert (document.state, document.day, document.currency, document.reference) == (
        DocumentState.POSTED,
        DAY,
        "USD",
        REFERENCE,
    )
    assert [(line.account, line.minor) for line in document.lines] == [
        (line.account, line.minor) for line in entry(site).lines
    ]
    assert books.read(document.document_id) == document
    assert books.find(REFERENCE) == [document]
    assert posted(site, books) == document
    assert len(site.journals) == 1
    found = lines(pulled(site))
    assert sorted(
        minor for name, (_, minor, _) in found.items() if site.entries[name]["voucher_no"] == document.number
    ) == [-12_345, 12_345]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.CUT, acts=True),
        Fault(FaultKind.CUT),
        Fault(FaultKind.TRUNCATE),
        Fault(FaultKind.ANSWER, status=500, acts=True),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.acts}",
)
def test_a_lost_answer_is_looked_up_and_carried_on_with(site, plan, method, fault):
    plan.add(Rule(f"{JOURNAL}*", fault, method=method))
    books = ledger(site)
    with pytest.raises(OutcomeUnknown):
        posted(site, books)
    document = posted(site, books)
    assert document.state is DocumentState.POSTED
    assert len(site.journals) == 1
    assert sum(row["voucher_no"] == document.number for row in site.entries.values()) == 2


def test_a_draft_that_is_not_what_was_approved_is_never_submitted(site, plan):
    plan.add(Rule(f"{JOURNAL}/*", Fault(FaultKind.CUT), method="PUT"))
    with pytest.raises(OutcomeUnknown):
        posted(site)
    (draft,) = site.journals.values()
    draft["accounts"][0]["account"] = site.names["bank"]
    with pytest.raises(PostingRefused, match="not what was approved"):
        posted(site)
    assert draft["docstatus"] == 0


def test_a_refusal_speaks_in_its_own_words_and_leaves_no_draft(site):
    site.frozen = DAY
    books = ledger(site)
    assert not books.period_open(DAY)
    assert books.period_open(DAY + timedelta(days=1))
    with pytest.raises(PostingRefused, match="not authorized to add or update entries before 2026-10-31"):
        posted(site, books)
    assert site.journals == {}
    site.frozen = None
    assert books.period_open(DAY)
    site.accounts[site.names["fees"]]["disabled"] = 1
    with pytest.raises(PostingRefused, match="is disabled"):
        posted(site, books)


def test_a_cancelled_journal_is_not_ours_any_more(site):
    document = posted(site)
    site.journals[document.document_id]["docstatus"] = 2
    books = ledger(site)
    assert books.find(REFERENCE) == []
    with pytest.raises(UserError, match="void"):
        books.read(document.document_id)
    with pytest.raises(UsageError, match="cannot stand in a path"):
        books.read("..")


def test_a_dimension_without_a_place_is_refused(site):
    lines = (EntryLine(site.names["fees"], 1, "", (("warehouse", "7"),)), EntryLine(site.names["bank"], -1, ""))
    with pytest.raises(UserError, match=r"warehouse.*cost_center or project"):
        ledger(site).render(entry(site, lines=lines), REFERENCE)


def test_the_server_refuses_what_it_does_not_know(site):
    books = ledger(site)
    with pytest.raises(TransportError, match="unknown parameter since"):
        books._rest.http.get("/api/resource/GL Entry", params=[("since", "x")])
    with pytest.raises(TransportError, match="Field not permitted"):
        books._rest.http.get("/api/resource/GL Entry", params=[("filters", '[["amount","=",1]]')])
