"""A simulated PayPal account pulled in this process: whole, exact, proven, and the same however it was cut."""

import json
import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qsl

import httpx
import pytest

from awra_desk.connectors.paypal import PayPalSource
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.sandbox.merchant import MonthSpec
from awra_desk.sandbox.paypal_account import Moved, moment, simulate_paypal
from awra_desk.sandbox.servers.paypal import PayPalApplication
from awra_desk.services.control import RUNNING
from awra_desk.services.drift import drifts
from awra_desk.services.pull import pull
from tests.connectors.crashing import Wrapped, check_every_page, check_random_steps, whole_pull
from tests.connectors.desks import broken_without, desk_for
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.contracts import paypal_contract
from tests.simulation.in_process import InProcess

ZONE = "America/New_York"
MODULE = "awra_desk.connectors.paypal"
SECRET = {"client_id": "A1", "client_secret": "Esecret1"}
SEARCH, BALANCES = "/v1/reporting/transactions", "/v1/reporting/balances"


def connection(base_url="https://api-m.sandbox.paypal.com", **options):
    return Connection("Kilimani", "Paypal", "paypal", base_url, ZONE, options)


def source(transport, clock=None, *, secret=SECRET, **options):
    clock = clock or VirtualClock()
    return PayPalSource(
        connection(**options), secret, clock=clock, rng=random.Random(5), transport=transport, guard=open_guard()
    )


def application(books=None, **settings):
    """The account; its list may grow without touching another test's."""
    books = books or simulate_paypal(MonthSpec(seed=3, orders=200))
    return PayPalApplication(replace(books, moved=list(books.moved)), **SECRET, **settings)


class Judging(Wrapped):
    """Keeps what was asked, and holds both ways against PayPal's own documents."""

    def __init__(self, inner):
        super().__init__(inner)
        self.asked = []

    def handle_request(self, request):
        answer = super().handle_request(request)
        path, pairs = request.url.path, parse_qsl(request.url.query.decode())
        self.asked.append((path, dict(pairs)))
        if path in paypal_contract.PATHS and answer.status_code == 200:
            assert paypal_contract.request_errors(path, pairs) == []
            assert paypal_contract.answer_errors(path, json.loads(answer.read())) == []
        return answer

    def paths(self):
        return Counter(path for path, _ in self.asked)


class Scripted(Wrapped):
    """Answers the n-th request of a path with what is scripted for it, the others as the account does."""

    def __init__(self, inner, path, answers):
        super().__init__(inner)
        self.path, self.answers, self.count = path, answers, 0

    def handle_request(self, request):
        if request.url.path == self.path:
            self.count += 1
            if (scripted := self.answers.get(self.count)) is not None:
                return scripted() if callable(scripted) else scripted
        return super().handle_request(request)


@pytest.fixture(autouse=True)
def _short_history():
    """Ten weeks instead of three years, and pages of seven."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{MODULE}.source.HISTORY", timedelta(days=70))
        patch.setattr(f"{MODULE}.source.PAGE", 7)
        patch.setattr(f"{MODULE}.api.PAGE", 7)
        patch.setattr(f"{MODULE}.api.DISPUTES_PAGE", 2)
        yield


@pytest.fixture(scope="module")
def account():
    """The account and an uninterrupted pull of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{MODULE}.source.HISTORY", timedelta(days=70))
        patch.setattr(f"{MODULE}.source.PAGE", 7)
        patch.setattr(f"{MODULE}.api.PAGE", 7)
        patch.setattr(f"{MODULE}.api.DISPUTES_PAGE", 2)
        served = application()
        shelf, requests = whole_pull(source, lambda: InProcess(served))
    return SimpleNamespace(served=served, inner=lambda: InProcess(served), shelf=shelf, requests=requests)


def sums(table):
    found = defaultdict(int)
    columns = (table[name].tolist() for name in ("account", "currency", "amount"))
    for account, currency, minor in zip(*columns, strict=True):
        found[account, currency] += minor
    return {key: minor for key, minor in found.items() if minor}


def interpreted(shelf):
    result = shelf.interpret("paypal", "transactions", ZONE)
    assert result.rejects == []
    return result.table


def test_everything_that_affects_balances_is_pulled_once(account):
    served = account.served
    expected = [one for one in served._books.moved if one.affects and one.at <= served.refreshed]
    assert len(account.shelf.records("transactions")) == len(expected) > 40
    assert len(account.shelf.versions) == len(account.shelf.newest)
    ids = Counter(one.identity for one in expected)
    assert max(ids.values()) == 2, "ids are not unique"
    assert len(account.shelf.records("disputes")) == len(served._books.disputes) == 3
    assert account.shelf.pages > 9


def test_requests_and_answers_are_those_of_the_official_documents(account):
    judging = Judging(account.inner())
    pulled = source(judging)
    assert Shelf().pull(pulled)
    pulled.balances([date(2026, 10, 15)])
    assert judging.paths()["/v1/oauth2/token"] == 1
    assert set(judging.paths()) == {"/v1/oauth2/token", *paypal_contract.PATHS}
    for path, query in judging.asked:
        if path == SEARCH:  # a filter would empty the balances
            assert set(query) == {"start_date", "end_date", "fields", "page_size", "page"}
            assert query["fields"] == "all"


def test_three_years_are_asked_for_in_windows_of_31_days(account):
    judging = Judging(account.inner())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{MODULE}.source.HISTORY", timedelta(days=3 * 364))
        assert Shelf().pull(source(judging), streams=("transactions",))
    windows = [(query["start_date"], query["end_date"]) for path, query in judging.asked if path == SEARCH]
    windows = list(dict.fromkeys(windows))
    starts, ends = ([datetime.fromisoformat(text) for text in texts] for texts in zip(*windows, strict=True))
    assert starts[0] == VirtualClock().now() - timedelta(days=3 * 364)
    assert all(end - start <= timedelta(days=31) for start, end in zip(starts, ends, strict=True))
    assert starts[1:-1] == ends[:-2], "no gap between them"
    assert ends[-1] == datetime.fromtimestamp(account.served.refreshed, UTC), "not beyond PayPal's own data"


def test_opening_and_movements_are_what_paypal_holds(account):
    pulled = source(account.inner())
    shelf = Shelf()
    assert shelf.pull(pulled)
    balances = pulled.balances([])
    assert {(one.account, one.currency): one.minor for one in balances if one.minor} == {
        key: minor for key, minor in sums(interpreted(shelf)).items() if key[0] != "withdrawals"
    }
    assert {(one.account, one.currency) for one in balances} == {
        (account, code) for account in ("balance", "holds") for code in ("EUR", "JPY", "USD")
    }
    assert all(one.since_zero and one.opening == 0 for one in balances)
    assert {one.fetched_at.timestamp() for one in balances} == {account.served.refreshed}


def test_an_account_older_than_the_history_has_an_opening_balance(account, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{MODULE}.source.HISTORY", timedelta(days=23))
    made = []

    def make():
        made.append(source(account.inner()))
        return made[-1]

    with desk_for(tmp_path, "paypal", make, ZONE) as desk:
        assert pull(desk, "Paypal").control_ok
        assert pull(desk, "Paypal").control_ok, "the opening is remembered"
    openings = {one.account: one.opening for one in made[-1].balances([]) if one.currency == "USD"}
    assert openings["balance"] > 0
    assert openings["holds"] < 0


def test_without_an_opening_nothing_is_claimed(account, monkeypatch):
    """PayPal's figures ended before the history began: its balances are told, and prove nothing."""
    monkeypatch.setattr(f"{MODULE}.source.HISTORY", timedelta(days=20))
    stale = {"as_of_time": "2026-09-01T00:00:00Z", "last_refresh_time": "2026-09-01T00:00:00Z", "balances": []}
    pulled = source(Scripted(account.inner(), BALANCES, {1: httpx.Response(200, json=stale)}))
    assert Shelf().pull(pulled)
    assert {one.since_zero for one in pulled.balances([])} == {False}


def test_balances_that_lag_behind_the_walk_prove_nothing(account):
    row = {"currency": "USD", "total_balance": {"currency_code": "USD", "value": "1.00"}}
    lagging = {"as_of_time": "2026-10-31T00:00:00Z", "last_refresh_time": "2026-10-31T00:00:00Z", "balances": [row]}
    pulled = source(Scripted(account.inner(), BALANCES, {2: httpx.Response(200, json=lagging)}))
    assert Shelf().pull(pulled)
    (balance,) = pulled.balances([])
    assert (balance.minor, balance.since_zero, balance.fetched_at) == (100, False, datetime(2026, 10, 31, tzinfo=UTC))


def test_what_is_held_back_follows_from_what_is_available(account):
    money = {name: {"currency_code": "USD", "value": value} for name, value in (("t", "5.00"), ("a", "3.50"))}
    row = {"currency": "USD", "total_balance": money["t"], "available_balance": money["a"]}
    told = {"as_of_time": "2026-10-31T00:00:00Z", "balances": [row]}
    asked = source(Scripted(account.inner(), BALANCES, {1: httpx.Response(200, json=told)}))
    assert {(one.account, one.minor) for one in asked.balances([])} == {("balance", 500), ("holds", -150)}


def test_balances_at_the_end_of_days(account):
    pulled = source(account.inner())
    assert Shelf().pull(pulled)
    days = [date(2026, 10, 9), date(2026, 10, 31), date(2026, 11, 5)]
    dated = [one for one in pulled.balances(days) if one.day is not None]
    assert {one.day for one in dated} == {date(2026, 10, 9)}, "the month's last day is not over in PayPal's data"
    end = int(datetime(2026, 10, 10, 4, tzinfo=UTC).timestamp()) - 1
    held = account.served._history.held(end)
    assert {one.currency: one.minor for one in dated if one.account == "balance"} == {
        code: total for code, (total, _) in held.items()
    }


def test_any_row_that_is_missing_is_noticed(account):
    pulled = source(account.inner())
    assert Shelf().pull(pulled)
    reported = pulled.balances([])
    table = interpreted(account.shelf)
    assert broken_without("paypal", table.take(table["id"] == "none"), 0, []) == set()
    for gone in range(len(table)):
        if table["account"][gone] != "withdrawals":
            name = f"{RUNNING}{table['account'][gone]}"
            assert name in broken_without("paypal", table, gone, reported), table["id"][gone]


def test_a_row_that_paypal_does_not_list_is_noticed(tmp_path):
    served = application()
    sale = next(one for one in served._books.moved if one.code == "T0006" and one.at > served.now - 20 * 86_400)
    served.rows.withhold("transactions", [f"{sale.identity}-T0006"])
    with desk_for(tmp_path, "paypal", lambda: source(InProcess(served)), ZONE) as desk:
        assert pull(desk, "Paypal").broken == (f"{RUNNING}balance",)
        served.rows.release()
        assert pull(desk, "Paypal").control_ok


def test_the_whole_account_holds_and_a_second_pull_is_empty(account, tmp_path):
    with desk_for(tmp_path, "paypal", lambda: source(account.inner()), ZONE) as desk:
        first, second = pull(desk, "Paypal"), pull(desk, "Paypal")
    assert (first.control_ok, first.quarantined, second.control_ok, second.new) == (True, 0, True, 0)
    assert first.new == len(account.shelf.newest)
    assert second.fetched < first.fetched


def test_a_code_nobody_decided_on_waits_in_quarantine_and_a_new_field_is_drift(tmp_path):
    served = application()
    at = served.now - 86_400
    served.add(Moved(at, at, "9NEW0000000000001", "T2199", "USD", 700))
    sale = next(one for one in served._books.moved if one.code == "T0006" and one.at > served.now - 20 * 86_400)
    clock = VirtualClock()
    with desk_for(tmp_path, "paypal", lambda: source(InProcess(served), clock), ZONE) as desk:
        first = pull(desk, "Paypal")
        assert (first.quarantined, first.broken) == (1, (f"{RUNNING}balance",))
        assert drifts(desk) == []
        served.rows.mutate("transactions", f"{sale.identity}-T0006", {"loyalty_info": {"points": "7"}})
        for _ in range(2):  # it is served once before it changes
            clock.time += timedelta(hours=1)
            pull(desk, "Paypal")
        assert [seen.drift.path for seen in drifts(desk)] == ["transaction.loyalty_info"]


def test_killed_anywhere_it_ends_the_same(account):
    check_every_page(source, account.inner, account.shelf)


@pytest.mark.soak
def test_killed_at_random_steps_it_ends_the_same(account):
    check_random_steps(source, account.inner, account.shelf, account.requests)


def test_a_future_cursor_gives_nothing_and_stays(account):
    future = json.dumps({"since": "2999-01-01T00:00:00Z", "first": "2998-01-01T00:00:00Z", "opening": []})
    for stream in ("transactions", "disputes"):
        (page,) = source(account.inner()).pages(stream, future)
        assert (len(page.records), page.complete, json.loads(page.cursor)["since"]) == (0, True, "2999-01-01T00:00:00Z")


def test_a_gap_that_paypal_cannot_close_is_said(account):
    old = json.dumps({"since": "2020-01-01T00:00:00Z", "first": "2019-01-01T00:00:00Z", "opening": []})
    with pytest.raises(UsageError, match="no more than three years"):
        list(source(account.inner()).pages("transactions", old))


def test_what_is_not_paypals_is_refused(account):
    with pytest.raises(UsageError, match="no stream"):
        next(source(account.inner()).pages("payouts", None))
    with pytest.raises(UsageError, match="cursor"):
        next(source(account.inner()).pages("disputes", "{}"))
    with pytest.raises(UsageError, match="client_id and client_secret"):
        source(account.inner(), secret={"client_id": "A1"})


@pytest.mark.parametrize("url", ["https://api-m.paypal.com", "https://api-m.sandbox.paypal.com/"])
def test_its_own_hosts_may_be_asked(account, url):
    source(account.inner(), base_url=url)


@pytest.mark.parametrize(
    "url",
    ["https://api-m.paypal.com.example.com", "https://www.paypal.com", "http://api-m.paypal.com", "http://127.0.0.1"],
)
def test_no_other_host_may(account, url):
    with pytest.raises(UsageError):
        source(account.inner(), base_url=url)


def test_rows_that_come_in_while_it_is_being_paged_are_neither_lost_nor_doubled(account):
    served = application()
    late = [one for one in served._books.moved if one.affects and served.now - 25 * 86_400 < one.at < served.refreshed]
    for number, one in enumerate(late[:3]):
        served.rows.withhold("transactions", [f"{one.identity}-{one.code}"], calls=number + 4)
    shelf = Shelf()
    assert shelf.pull(source(InProcess(served)))
    assert shelf.payloads() == account.shelf.payloads()
    assert len(shelf.versions) == len(shelf.newest)


def test_a_window_that_never_stays_the_same_is_left_and_healed_by_the_next_pull(account):

    class Lacking(Wrapped):
        """Names a transaction more than it lists."""

        def handle_request(self, request):
            answer = super().handle_request(request)
            if request.url.path != SEARCH:
                return answer
            told = json.loads(answer.read())
            more = 1 if told["total_items"] else 0
            return httpx.Response(200, json={**told, "total_items": told["total_items"] + more})

    shelf = Shelf()
    with pytest.raises(TransportError, match="change while they are read"):
        shelf.pull(source(Lacking(account.inner())))
    assert shelf.pull(source(account.inner()))
    assert shelf.payloads() == account.shelf.payloads()


def test_a_page_told_twice_changes_nothing(account):
    class Repeating(Wrapped):
        """The third and the seventh answer of the search are the one before them again."""

        count, before = 0, b""

        def handle_request(self, request):
            answer = super().handle_request(request)
            if request.url.path == SEARCH:
                self.count += 1
                if self.count in (5, 9):
                    return httpx.Response(200, content=self.before)
                self.before = answer.read()
            return answer

    shelf = Shelf()
    assert shelf.pull(source(Repeating(account.inner())))
    assert shelf.payloads() == account.shelf.payloads()


def test_what_happened_in_the_last_hours_comes_when_paypal_shows_it(account):
    served, clock = application(), VirtualClock()
    hour = served.refreshed + 1_800
    served.add(Moved(hour, hour, "9LATE000000000001", "T0006", "USD", 5_000, fee=-224))
    shelf = Shelf()
    assert shelf.pull(source(InProcess(served), clock))
    assert shelf.payloads() == account.shelf.payloads()
    served.now += 3 * 3600
    pulled = source(InProcess(served), clock)
    assert shelf.pull(pulled)
    assert any("9LATE000000000001" in external_id for _, external_id in shelf.newest)
    held = {(one.account, one.currency): one.minor for one in pulled.balances([]) if one.minor}
    assert held == {key: minor for key, minor in sums(interpreted(shelf)).items() if key[0] != "withdrawals"}


def test_a_row_that_shows_up_late_is_found_within_the_look_back(account):
    served = application()
    late = next(one for one in served._books.moved if one.code == "T1107" and one.at > served.now - 25 * 86_400)
    served.rows.withhold("transactions", [f"{late.identity}-T1107"])
    shelf = Shelf()
    assert shelf.pull(source(InProcess(served)))
    assert len(shelf.newest) == len(account.shelf.newest) - 1
    served.rows.release()
    assert shelf.pull(source(InProcess(served)))
    assert shelf.payloads() == account.shelf.payloads()


def test_what_was_pending_counts_once_it_is_done(tmp_path):
    served, clock = application(), VirtualClock()
    pending = [one for one in served._books.moved if one.status(served.refreshed) == "P"]
    assert [one.minor for one in pending] == [8_800]

    def money(desk):
        with desk.read() as uow:
            table = uow.records.transactions("Paypal")
        return [
            (kind, minor)
            for name, kind, minor in zip(
                table["external_id"].tolist(), table["kind"].tolist(), table["amount"].tolist(), strict=True
            )
            if name.startswith(pending[0].identity)
        ]

    with desk_for(tmp_path, "paypal", lambda: source(InProcess(served), clock), ZONE) as desk:
        assert pull(desk, "Paypal").control_ok
        assert money(desk) == []
        served.now += 5 * 86_400
        clock.time += timedelta(days=5)
        result = pull(desk, "Paypal")
        assert (result.control_ok, result.new) == (True, 1)
        assert sorted(money(desk)) == [("charge", 8_800), ("fee", -356)]


@pytest.mark.parametrize("limit", [8, 40])
def test_a_window_that_is_too_large_is_halved(account, limit):
    judging = Judging(InProcess(application(limit=limit)))
    shelf = Shelf()
    assert shelf.pull(source(judging))
    assert shelf.payloads() == account.shelf.payloads()
    assert shelf.cursors == account.shelf.cursors
    assert judging.paths()[SEARCH] > account.requests / 2


def test_too_many_in_one_second_are_said(account):
    served = application(limit=2)
    for number in range(3):
        at = served.now - 86_400
        served.add(Moved(at, at, f"9MANY00000000000{number}", "T0006", "USD", 100))
    with pytest.raises(TransportError, match=r"more in the second \d\d:\d\d:\d\d"):
        Shelf().pull(source(InProcess(served)))


def test_rows_that_share_everything_stay_apart(account):
    """Two of the same id, code, second and currency: the sum is still what PayPal holds."""
    served = application()
    at = served.now - 86_400
    twin = Moved(at, at, "9TWIN000000000001", "T0006", "USD", 1_000)
    served.add(twin)
    served.add(replace(twin, minor=2_500))
    pulled, shelf = source(InProcess(served)), Shelf()
    assert shelf.pull(pulled)
    names = sorted(name for _, name in shelf.newest if name.startswith("9TWIN"))
    assert [name.partition("#")[2] for name in names] == ["", "2"]
    held = {one.minor for one in pulled.balances([]) if (one.account, one.currency) == ("balance", "USD")}
    assert held == {sums(interpreted(shelf))["balance", "USD"]}


def test_the_answer_without_iso_dates_is_the_same_record(account):
    class Plain(Wrapped):
        def handle_request(self, request):
            request.headers.pop("PayPal-Enforce-ISO8601-Format", None)
            return super().handle_request(request)

    shelf = Shelf()
    assert shelf.pull(source(Plain(account.inner())))
    assert set(shelf.newest) == set(account.shelf.newest)
    assert "+0000" in "".join(shelf.payloads().values())
    assert sums(interpreted(shelf)) == sums(interpreted(account.shelf))


def test_disputes_are_asked_for_again_once_they_change(account):
    served, clock = application(), VirtualClock()
    shelf = Shelf()
    assert shelf.pull(source(InProcess(served), clock))
    first = served._books.disputes[0]
    changed = {"update_time": moment(served.now - 60), "dispute_state": "RESOLVED", "status": "OTHER"}
    served.rows.mutate("disputes", first["dispute_id"], changed)
    judging = Judging(InProcess(served))
    for _ in range(2):  # it is served once before it changes
        assert shelf.pull(source(judging, clock))
    assert '"OTHER"' in shelf.newest["disputes", first["dispute_id"]].payload
    since = [query.get("update_time_after") for path, query in judging.asked if path.endswith("disputes")]
    assert since[0] > first["create_time"]


def test_an_app_without_disputes_can_leave_them_out(account):
    assert source(account.inner()).streams == ("transactions", "disputes")
    assert source(account.inner(), disputes="false").streams == ("transactions",)


def test_the_next_pages_link_may_name_paypals_other_host(account):
    class Elsewhere(Wrapped):
        def __init__(self, inner):
            super().__init__(inner)
            self.hosts = set()

        def handle_request(self, request):
            self.hosts.add(request.url.host)
            answer = super().handle_request(request)
            text = answer.read().decode().replace("https://api-m.sandbox.paypal.com", "https://api.sandbox.paypal.com")
            return httpx.Response(answer.status_code, text=text, headers={"Content-Type": "application/json"})

    shelf, transport = Shelf(), Elsewhere(account.inner())
    assert shelf.pull(source(transport), streams=("disputes",))
    assert len(shelf.records("disputes")) == 3
    assert transport.hosts == {"api-m.sandbox.paypal.com"}
