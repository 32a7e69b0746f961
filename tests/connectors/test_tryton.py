"""The Tryton connector without Tryton: what it asks, how it reads answers, and what it makes of each failure.

Answers here are cut from those of a real Tryton 8.0.12; tests/e2e/test_tryton_ledger.py is the proof against one.
"""

import json
import random
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.connectors.tryton import TrytonLedger, moves, pull, wire
from awra_desk.domain.entries import DocumentState, Entry, EntryLine
from awra_desk.domain.errors import UsageError, UserError
from awra_desk.domain.records import RawRecord
from awra_desk.normalise import interpret, load_contract
from awra_desk.ports.connections import Connection, OutcomeUnknown, PostingRefused, TransportError
from tests.connectors.virtual_time import START, VirtualClock, open_guard

Json = dict[str, Any]
URL = "https://tryton.example.com/books"
KEY = "5f1d3c0canary"
REFERENCE = "awra:w-1"
CONTRACT = load_contract((files("awra_desk.connectors.tryton") / "contract-1.toml").read_text("utf-8"))
COMPANY = {"id": 1, "__name__": "company.company", "currency": {"id": 2, "code": "USD"}}
ENTRY = Entry(date(2026, 10, 3), "USD", "Fees", (EntryLine("61", 1_000, "fee"), EntryLine("11", -1_000, "")))


def money(text: str) -> Json:
    return {"__class__": "Decimal", "decimal": text}


def line(identity: int, account: int, debit: str, credit: str, **more: Any) -> Json:
    empty = {"description": None, "party": None, "amount_second_currency": None, "second_currency": None}
    fixed = {"id": identity, "account": {"id": account, "code": str(account)}}
    return {**fixed, **empty, "debit": money(debit), "credit": money(credit), **more}


def move(identity: int, state: str = "posted", **more: Any) -> Json:
    lines = [line(2 * identity + 1, 11, "0", "10.00"), line(2 * identity, 61, "10.00", "0", description="fee")]
    fixed = {"id": identity, "number": str(identity) if state == "posted" else None, "state": state, "origin": None}
    stamp = wire.stamp_value(datetime(2026, 11, 1, 12, 0, identity % 60, 5, tzinfo=UTC))
    dates = {"date": wire.day_value(date(2026, 10, 3)), "post_date": None, "create_date": stamp, "write_date": None}
    named = {
        "description": f"Fees {REFERENCE}",
        "journal": {"id": 5, "code": "MISC"},
        "period": {"id": 46, "name": "x"},
    }
    return {**fixed, **dates, **named, "company": COMPANY, "lines": lines, **more}


class Tryton:
    """Answers by path and method; keeps every request. What a test does not arrange is found to be asked wrongly."""

    def __init__(self, **routes: Any) -> None:
        self.asked: list[httpx.Request] = []
        self.routes: Json = {
            "GET company.company": [COMPANY],
            "GET account.period": [{"id": 46, "state": "open"}],
            "GET account.journal": [{"id": 5, "code": "MISC"}],
            **{name.replace("_", " ", 1).replace("__", "."): answer for name, answer in routes.items()},
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        route = self.routes[f"{request.method} {request.url.path.removeprefix('/books/rest/model/')}"]
        answer = route(request) if callable(route) else route
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def ledger(self, clock: VirtualClock | None = None, **options: str) -> TrytonLedger:
        connection = Connection("acme", "Tryton", "tryton", URL, "UTC", options)
        transport = httpx.MockTransport(self)
        rng = random.Random(3)
        return TrytonLedger(
            connection, {"key": KEY}, guard=open_guard(), clock=clock or VirtualClock(), rng=rng, transport=transport
        )

    def names(self) -> list[str]:
        return [f"{request.method} {request.url.path.removeprefix('/books/rest/model/')}" for request in self.asked]


def unpacked(text: str) -> Any:
    return json.loads(urlsafe_b64decode(text))


def refused(message: str) -> httpx.Response:
    return httpx.Response(400, json={"status": 400, "message": message, "description": ""})


def in_turn(*answers: Any) -> Callable[[httpx.Request], Any]:
    left = list(answers)
    return lambda _: left.pop(0)


# --- reading ----------------------------------------------------------------------------------------------------------


def paged(count: int) -> Callable[[httpx.Request], Any]:
    """Moves 1 … count, as `domain`, order and size ask for them."""

    def answer(request: httpx.Request) -> list[Json]:
        domain, order = unpacked(request.url.params["d"]), unpacked(request.url.params["o"])
        size = int(request.url.params["s"])
        if order[0][0] != "id":
            return [move(count)]
        ((_, _, after),) = [clause for clause in domain if clause[0] == "id"]
        return [move(identity) for identity in range(after + 1, count + 1)][:size]

    return answer


def test_pages_go_by_id_and_the_next_pull_begins_before_the_newest_stamp() -> None:
    server = Tryton(GET_account__move=paged(pull.PAGE * 2))
    pages = list(server.ledger().pages("moves", None))
    assert [len(page.records) for page in pages] == [pull.PAGE, pull.PAGE, 0]
    assert [page.complete for page in pages] == [False, False, True]
    newest = datetime(2026, 11, 1, 12, 0, pull.PAGE * 2 % 60, 5, tzinfo=UTC)
    assert pull.Cursor.read(pages[-1].cursor) == pull.Cursor(since=(newest - pull.LOOK_BACK).isoformat())

    server.asked.clear()
    list(server.ledger().pages("moves", pages[-1].cursor))
    domain = unpacked(server.asked[-1].url.params["d"])
    stamp = wire.stamp_value(newest - pull.LOOK_BACK)
    assert ["OR", ["create_date", ">=", stamp], ["write_date", ">=", stamp]] in domain
    assert ["company", "=", 1] in domain


def test_a_cut_pull_goes_on_behind_the_last_page_with_the_same_stamp() -> None:
    server = Tryton(GET_account__move=paged(pull.PAGE + 7))
    first = next(iter(server.ledger().pages("moves", None)))
    rest = list(server.ledger().pages("moves", first.cursor))
    assert [record.external_id for record in rest[0].records] == [str(pull.PAGE + n) for n in range(1, 8)]
    whole = list(server.ledger().pages("moves", None))
    assert rest[-1].cursor == whole[-1].cursor


def test_books_without_a_move_are_an_empty_pull() -> None:
    (page,) = Tryton(GET_account__move=[]).ledger().pages("moves", None)
    assert (list(page.records), page.complete) == ([], True)
    assert pull.Cursor.read(page.cursor) == pull.Cursor()


@pytest.mark.parametrize("text", ["", "{}", '{"since": "x", "newest": null, "after": 0}', "[1]"])
def test_an_unreadable_cursor_says_so(text: str) -> None:
    with pytest.raises(UsageError, match="cursor"):
        list(Tryton().ledger().pages("moves", text))


def test_an_unknown_stream_says_so() -> None:
    with pytest.raises(UserError, match="no stream"):
        list(Tryton().ledger().pages("invoices", None))


@given(st.permutations(range(4)), st.randoms(use_true_random=False))
def test_a_record_looks_the_same_however_tryton_orders_it(order: list[int], draw: random.Random) -> None:
    lines = [line(identity, 11, "1.00", "0") for identity in range(4)]

    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        keys = list(value)
        draw.shuffle(keys)
        return {key: shuffled(value[key]) for key in keys}

    usual, other = move(1, lines=lines), shuffled(move(1, lines=[shuffled(lines[index]) for index in order]))
    assert json.dumps(wire.plain(usual)) == json.dumps(wire.plain(other))


def test_what_the_user_may_not_see_is_named_not_taken_for_empty() -> None:
    hidden = move(1)
    del hidden["lines"][0]["account"]
    with pytest.raises(TransportError, match=r"lines\.account\.code") as trouble:
        Tryton(**{"GET_account__move/1": hidden}).ledger().read("1")
    assert trouble.value.kind == "auth"


def test_balances_are_asked_for_posted_carried_over_and_by_day() -> None:
    rows = [{"id": 11, "currency": {"id": 2, "code": "USD"}, "debit": money("12.50"), "credit": money("20")}]
    server = Tryton(GET_account__account=rows, GET_account__fiscalyear=in_turn([{"id": 1, "state": "open"}], []))
    found = server.ledger().balances([date(2026, 10, 31), date(2030, 1, 1), date(2026, 10, 31)])
    assert [(item.account, item.minor, item.day) for item in found] == [
        ("11", -750, None),
        ("11", -750, date(2026, 10, 31)),
    ]
    assert {item.fetched_at for item in found} == {START}
    contexts = [
        unpacked(request.headers["X-Tryton-Context"])
        for request in server.asked
        if request.url.path.endswith("account.account")
    ]
    common = {"company": 1, "posted": True, "cumulate": True, "active_test": False}
    assert contexts == [common, {**common, "date": wire.day_value(date(2026, 10, 31))}]


def test_the_company_must_be_clear() -> None:
    other = {**COMPANY, "id": 7, "currency": {"id": 3, "code": "KES"}}
    server = Tryton(GET_company__company=[COMPANY, other], GET_account__move=[])
    with pytest.raises(UserError, match="sees 1, 7"):
        server.ledger().period_open(date(2026, 10, 3))
    assert server.ledger(company="7").find(REFERENCE) == []
    assert ["company", "=", 7] in unpacked(server.asked[-1].url.params["d"])


def test_the_key_is_sent_and_never_shown() -> None:
    server = Tryton(GET_account__move=refused(f"You with {KEY} are not allowed"))
    with pytest.raises(TransportError) as trouble:
        server.ledger().find(REFERENCE)
    assert server.asked[-1].headers["Authorization"] == f"Bearer {KEY}"
    assert server.asked[-1].headers["Accept-Language"] == "en"
    assert KEY not in trouble.value.text


@pytest.mark.parametrize(
    ("url", "secret"),
    [("https://tryton.example.com", {"key": KEY}), (URL, {}), ("http://tryton.example.com/books", {"key": KEY})],
)
def test_an_incomplete_connection_says_so(url: str, secret: Json) -> None:
    connection = Connection("acme", "Tryton", "tryton", url, "UTC")
    with pytest.raises(UsageError):
        TrytonLedger(connection, secret, guard=open_guard(), clock=VirtualClock(), rng=random.Random(1))


@pytest.mark.parametrize(
    ("answer", "kind", "requests"),
    [
        (refused("You are not allowed to access"), "refused", 1),
        (httpx.Response(401, html="<p>Unauthorized"), "auth", 1),
        (httpx.Response(404, html="<p>Not Found"), "refused", 1),
        (httpx.Response(429, headers={"Retry-After": "1"}), "rate", 6),
        (httpx.Response(503), "unavailable", 6),
        (httpx.Response(200, text='[{"id": 1'), "protocol", 6),
        (httpx.Response(200, json={"id": 1}), "protocol", 1),
        (httpx.ConnectError("no route"), "unavailable", 6),
        (httpx.ReadTimeout("slow"), "unavailable", 6),
    ],
)
def test_each_failure_of_a_read_has_its_kind(answer: Any, kind: str, requests: int) -> None:
    server = Tryton(GET_account__move=lambda _: answer)
    with pytest.raises(TransportError) as trouble:
        server.ledger().find(REFERENCE)
    assert trouble.value.kind == kind
    assert len(server.asked) == 1 + requests


# --- writing ----------------------------------------------------------------------------------------------------------


def test_the_payload_is_the_body_that_is_sent() -> None:
    server = Tryton(
        GET_account__move=in_turn([], [move(1, "draft")]),
        POST_account__move={"id": 1, "rec_name": "(1)"},
        **{"POST_account__move/1/post": {"id": 1}, "GET_account__move/1": move(1)},
    )
    ledger = server.ledger()
    payload = ledger.render(ENTRY, REFERENCE)
    assert ledger.post(payload, reference=REFERENCE, key="").state == DocumentState.POSTED
    (sent,) = [request for request in server.asked if request.method == "POST" and "post" not in request.url.path]
    assert sent.content.decode() == payload
    body = json.loads(payload)
    assert (body["journal"], body["period"], body["description"]) == (5, 46, f"Fees {REFERENCE}")
    assert [name for name in server.names() if "account.move" in name] == [
        "GET account.move",
        "POST account.move",
        "GET account.move",
        "POST account.move/1/post",
        "GET account.move/1",
    ]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (Entry(ENTRY.day, "EUR", "x", ENTRY.lines), "in EUR"),
        (Entry(ENTRY.day, "USD", "x", (EntryLine("A1", 5, ""), EntryLine("11", -5, ""))), "no account id"),
        (
            Entry(ENTRY.day, "USD", "x", (EntryLine("61", 5, "", (("class", "1"),)), EntryLine("11", -5, ""))),
            "dimension",
        ),
    ],
)
def test_what_tryton_cannot_hold_is_said_before_it_is_staged(entry: Entry, words: str) -> None:
    with pytest.raises(UserError, match=words):
        Tryton().ledger().render(entry, REFERENCE)


@pytest.mark.parametrize("payload", ["", "{}", "[]", '{"lines": []}', "NaN"])
def test_a_payload_that_is_no_move_is_never_sent(payload: str) -> None:
    server = Tryton()
    with pytest.raises(PostingRefused):
        server.ledger().post(payload, reference=REFERENCE, key="")
    assert server.names() == ["GET company.company"]


def test_a_payload_of_another_reference_is_never_sent() -> None:
    server = Tryton()
    payload = server.ledger().render(ENTRY, "awra:w-2")
    with pytest.raises(PostingRefused):
        server.ledger().post(payload, reference=REFERENCE, key="")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refused("The period is closed"), PostingRefused),
        (httpx.Response(403), PostingRefused),
        (httpx.Response(401), TransportError),
        (httpx.ConnectError("no route"), TransportError),
        (httpx.Response(500, html="<p>Error"), OutcomeUnknown),
        (httpx.Response(200, text='{"id": '), OutcomeUnknown),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
        (httpx.RemoteProtocolError("closed"), OutcomeUnknown),
    ],
)
def test_each_failure_of_the_create_has_its_meaning(answer: Any, error: type[Exception]) -> None:
    server = Tryton(GET_account__move=[], POST_account__move=lambda _: answer)
    ledger = server.ledger()
    with pytest.raises(error) as trouble:
        ledger.post(ledger.render(ENTRY, REFERENCE), reference=REFERENCE, key="")
    assert type(trouble.value) is error


@pytest.mark.parametrize("answer", [httpx.Response(401), httpx.ConnectError("no route"), httpx.ReadTimeout("slow")])
def test_once_there_is_a_draft_no_failure_says_that_nothing_was_written(answer: Any) -> None:
    server = Tryton(GET_account__move=[move(1, "draft")], **{"POST_account__move/1/post": lambda _: answer})
    ledger = server.ledger()
    with pytest.raises(OutcomeUnknown):
        ledger.post(ledger.render(ENTRY, REFERENCE), reference=REFERENCE, key="")


def test_a_draft_that_tryton_refuses_to_post_is_taken_back() -> None:
    server = Tryton(
        GET_account__move=[move(1, "draft")],
        **{
            "POST_account__move/1/post": refused("The period is closed"),
            "GET_account__move/1": move(1, "draft"),
            "DELETE_account__move/1": httpx.Response(204),
        },
    )
    ledger = server.ledger()
    with pytest.raises(PostingRefused, match="The period is closed"):
        ledger.post(ledger.render(ENTRY, REFERENCE), reference=REFERENCE, key="")
    assert server.names()[-1] == "DELETE account.move/1"


def test_a_draft_that_cannot_be_taken_back_is_named() -> None:
    server = Tryton(
        GET_account__move=[move(1, "draft")],
        **{
            "POST_account__move/1/post": refused("The period is closed"),
            "GET_account__move/1": move(1, "draft"),
            "DELETE_account__move/1": httpx.RemoteProtocolError("closed"),
        },
    )
    ledger = server.ledger()
    with pytest.raises(PostingRefused, match="draft 1 may still be there"):
        ledger.post(ledger.render(ENTRY, REFERENCE), reference=REFERENCE, key="")


def test_a_post_refused_because_an_earlier_one_did_it_is_done() -> None:
    server = Tryton(
        GET_account__move=[move(1, "draft")],
        **{"POST_account__move/1/post": refused('You can not call "post" on "1"'), "GET_account__move/1": move(1)},
    )
    ledger = server.ledger()
    assert ledger.post(ledger.render(ENTRY, REFERENCE), reference=REFERENCE, key="").document_id == "1"


def test_two_posted_moves_with_our_reference_are_for_people() -> None:
    server = Tryton(GET_account__move=[move(1), move(2)])
    ledger = server.ledger()
    with pytest.raises(OutcomeUnknown, match="1, 2"):
        ledger.post(ledger.render(ENTRY, REFERENCE), reference=REFERENCE, key="")


def test_only_our_whole_reference_counts_as_found() -> None:
    longer = move(2, description=f"Fees {REFERENCE}1")
    assert [found.document_id for found in Tryton(GET_account__move=[move(1), longer]).ledger().find(REFERENCE)] == [
        "1"
    ]
    with pytest.raises(ValueError, match="no reference"):
        Tryton().ledger().find("awra:%")


# --- the contract -----------------------------------------------------------------------------------------------------


def normalised(raw: Json) -> Any:
    record = RawRecord("Tryton", "moves", str(raw["id"]), json.dumps(wire.plain(raw)), START)
    return interpret(CONTRACT, [record], company="acme", zone="UTC")


def test_each_line_of_a_posted_move_is_a_transaction() -> None:
    read = normalised(move(4))
    columns = ("external_id", "account", "amount", "booking_date", "description", "references", "status")
    rows = list(zip(*(read.table[name].tolist() for name in columns), strict=True))
    day = date(2026, 10, 3)
    assert sorted(rows) == [
        ("4:8", "61", 1_000, day, f"fee Fees {REFERENCE}", REFERENCE, "posted"),
        ("4:9", "11", -1_000, day, f"Fees {REFERENCE}", REFERENCE, "posted"),
    ]


def test_a_draft_moves_nothing_even_unbalanced() -> None:
    read = normalised(move(4, "draft", lines=[line(8, 11, "5.00", "0")]))
    assert (len(read.table), read.rejects, len(read.evidence)) == (0, [], 1)


def test_a_posted_move_that_does_not_balance_is_rejected() -> None:
    (reject,) = normalised(move(4, lines=[line(8, 11, "5.00", "0")])).rejects
    assert "Debits equal credits" in reject.reason


def test_a_line_in_another_currency_keeps_both_amounts() -> None:
    foreign = {"amount_second_currency": money("-9.00"), "second_currency": {"id": 9, "code": "EUR"}}
    lines = [line(8, 61, "10.00", "0"), line(9, 12, "0", "10.00", **foreign)]
    read = normalised(move(4, lines=lines)).table
    position = read["external_id"].tolist().index("4:9")
    names = ("amount", "currency", "settlement_amount", "settlement_currency", "book_amount", "book_currency")
    assert [read[name].tolist()[position] for name in names] == [-900, "EUR", -1_000, "USD", -1_000, "USD"]


def test_the_reference_is_found_again_in_what_is_rendered() -> None:
    body = json.loads(Tryton().ledger().render(ENTRY, REFERENCE))
    assert moves.reference_in(body["description"]) == REFERENCE
