"""Walking Tryton's moves while they are made, posted and written: cut anywhere, nothing is passed by."""

import json
import random
from datetime import UTC, date, datetime, timedelta

import pytest

from awra_desk.connectors.tryton import pull, wire
from awra_desk.normalise import interpret
from tests.connectors.pulling import Shelf
from tests.connectors.test_tryton import CONTRACT, Tryton, move, unpacked
from tests.soak import scaled


class Books:
    """Moves by id, with the stamps that Tryton gives: one for a whole transaction, none before a first write."""

    def __init__(self, count: int) -> None:
        self.clock = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
        self.moves: dict = {}
        for _ in range(count):
            self.add()

    def tick(self) -> dict:
        self.clock += timedelta(seconds=7)
        return wire.stamp_value(self.clock)

    def add(self, state: str = "posted", stamp: dict | None = None) -> int:
        identity = len(self.moves) + 1
        self.moves[identity] = move(identity, state, create_date=stamp or self.tick(), write_date=None)
        return identity

    def write(self, identity: int, stamp: dict | None = None, **changes) -> None:
        self.moves[identity] |= {"write_date": stamp or self.tick(), **changes}

    def __call__(self, request) -> list:
        domain, order = unpacked(request.url.params["d"]), unpacked(request.url.params["o"])
        size = int(request.url.params["s"])
        if order[0][0] != "id":
            stamped = [row for row in self.moves.values() if row[order[0][0]]]
            return sorted(stamped, key=lambda row: moment(row[order[0][0]]), reverse=True)[:size]
        rows = [row for _, row in sorted(self.moves.items()) if all(self.meets(row, clause) for clause in domain)]
        return rows[:size]

    def meets(self, row: dict, clause: list) -> bool:
        if clause[0] == "OR":
            return any(self.meets(row, part) for part in clause[1:])
        field, operator, value = clause
        if field == "company":
            return value == 1
        if field == "id":
            return row["id"] > value
        assert operator == ">="
        return row[field] is not None and moment(row[field]) >= moment(value)


def moment(stamp: dict) -> datetime:
    return datetime.fromisoformat(wire.plain(stamp))


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    """Pages of four moves, so that there are many of them."""
    whole = pull.pages
    monkeypatch.setattr(pull, "pages", lambda *args: whole(*args, size=4))


def ledger(books):
    return Tryton(GET_account__move=books).ledger()


def told(books, shelf):
    return {str(identity): wire.plain(row) for identity, row in books.moves.items()} == {
        name: json.loads(record.payload) for (_, name), record in shelf.newest.items()
    }


@pytest.mark.soak
def test_a_pull_cut_at_any_page_and_at_random_steps_ends_the_same():
    books = Books(30)
    source, whole = ledger(books), Shelf()
    whole.pull(source)
    assert (whole.pages, told(books, whole)) == (8, True)
    draw = random.Random(5)
    cuts = [[cut] for cut in range(1, whole.pages)]
    cuts += [[draw.randrange(1, 6) for _ in range(4)] for _ in range(scaled(500))]
    for steps in cuts:
        shelf = Shelf()
        for step in steps:
            shelf.pull(source, cut_after=step)
        shelf.pull(source)
        assert shelf.payloads() == whole.payloads(), steps


def test_moves_made_and_written_under_the_walk_cost_none():
    books, shelf = Books(30), Shelf()
    source, draw = ledger(books), random.Random(3)
    for page in source.pages("moves", None):
        shelf.take("moves", page)
        books.write(draw.randrange(1, 31), description="corrected")
        books.add()
        if len(books.moves) > 60:
            break
    shelf.pull(source)
    assert told(books, shelf)


def test_the_same_pull_twice_changes_nothing_and_asks_for_the_look_back_alone():
    books, shelf = Books(30), Shelf()
    books.clock += timedelta(hours=3)
    last = books.add()
    source = ledger(books)
    shelf.pull(source)
    versions, pages = set(shelf.versions), shelf.pages
    shelf.pull(source)
    assert (shelf.versions, shelf.pages) == (versions, pages + 1)
    assert next(source.pages("moves", shelf.cursors["moves"])).records[0].external_id == str(last)


def test_more_moves_of_one_stamp_than_a_page_holds():
    """Tryton stamps all rows of one transaction alike; by time alone the fifth would never come."""
    books, shelf = Books(2), Shelf()
    source = ledger(books)
    shelf.pull(source)
    stamp = books.tick()
    for _ in range(11):
        books.add(stamp=stamp)
    for identity in (1, 2):
        books.write(identity, stamp)
    shelf.pull(source)
    assert told(books, shelf)


def test_a_draft_gives_nothing_until_it_is_posted_and_a_late_one_is_seen():
    books, shelf = Books(6), Shelf()
    source, draft = ledger(books), books.add("draft")
    shelf.pull(source)

    def lines():
        table = interpret(CONTRACT, shelf.records("moves"), company="co", zone="UTC").table
        return {name.partition(":")[0] for name in table["external_id"].tolist()}

    assert str(draft) not in lines()
    books.write(draft, state="posted", number="99")
    # Committed after the last pull by a transaction that began before it: its stamp is older than the newest.
    late = books.add(stamp=wire.stamp_value(books.clock - timedelta(minutes=20)))
    shelf.pull(source)
    assert {str(draft), str(late)} <= lines()


def test_a_future_cursor_brings_nothing():
    books = Books(6)
    (page,) = ledger(books).pages("moves", pull.Cursor(since="2099-01-01T00:00:00+00:00").text())
    assert (list(page.records), page.complete) == ([], True)


def test_removing_any_one_line_is_noticed():
    """Opening + lines = Tryton's own debit less credit of every account."""
    books, shelf = Books(9), Shelf()
    shelf.pull(ledger(books))
    table = interpret(CONTRACT, shelf.records("moves"), company="co", zone="UTC").table
    lines = list(zip(table["account"].tolist(), table["amount"].tolist(), strict=True))
    money = {"__class__": "Decimal"}
    rows = [
        {
            "id": 11,
            "currency": {"id": 2, "code": "USD"},
            "debit": {**money, "decimal": "0"},
            "credit": {**money, "decimal": "90.00"},
        },
        {
            "id": 61,
            "currency": {"id": 2, "code": "USD"},
            "debit": {**money, "decimal": "90.00"},
            "credit": {**money, "decimal": "0"},
        },
    ]
    years = [{"id": 1, "state": "open"}]
    source = Tryton(GET_account__account=rows, GET_account__fiscalyear=years).ledger()
    reported = {item.account: item.minor for item in source.balances([date(2026, 10, 31)])}

    def holds(rows):
        return all(
            minor == sum(moved for where, moved in rows if where == account) for account, minor in reported.items()
        )

    assert holds(lines)
    assert not any(holds(lines[:at] + lines[at + 1 :]) for at in range(len(lines)))
