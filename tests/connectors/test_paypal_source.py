"""A simulated PayPal account pulled in this process: whole, exact, and the same however it was cut."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.sandbox.paypal_account import Moved, moment
from tests.connectors.crashing import Wrapped, check_every_page, check_random_steps
from tests.connectors.paypal_account import (
    MODULE,
    SEARCH,
    Judging,
    application,
    interpreted,
    pulled_account,
    short_history,
    source,
    sums,
)
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import VirtualClock
from tests.contracts import paypal_contract
from tests.simulation.in_process import InProcess


@pytest.fixture(autouse=True)
def _short_history():
    with short_history():
        yield


@pytest.fixture(scope="module")
def account():
    return pulled_account()


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
    assert source(account.inner(), disputes="true").streams == ("transactions", "disputes")
    assert source(account.inner(), disputes="false").streams == ("transactions",)
    with pytest.raises(UsageError, match="option disputes is 'no'"):
        source(account.inner(), disputes="no")


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
