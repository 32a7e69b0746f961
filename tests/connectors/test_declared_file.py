"""The language of declared files: what each word does, how a mistake is told, and that no way of paging loses a row."""

import json
import random
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.connectors.declared import load_declaration, open_declared
from awra_desk.connectors.declared.pull import Cursor
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, Ledger, TransportError
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import START, VirtualClock, open_guard

MINIMAL = """
version = "books-1"

[api]
provider = "Books"
auth = { kind = "bearer" }

[api.streams.rows]
path = "/rows"
params = { PARAMS }
rows = "data"
id = "id"
CHANGED
page = { PAGE }

[streams.rows]
evidence = "for the test"
"""
WAYS = {
    "changed": ('since = "{since}", offset = "{offset}", size = "{size}"', 'by = "changed", size = 3'),
    "key": ('since = "{since}", after = "{after}", size = "{size}"', 'by = "key", size = 3'),
    "offset": ('since = "{since}", offset = "{offset}", size = "{size}"', 'by = "offset", size = 3'),
    "page": ('since = "{since}", page = "{page}", size = "{size}"', 'by = "page", size = 3'),
    "cursor": ('since = "{since}", cursor = "{cursor}"', 'by = "cursor", next = "next"'),
    "link": ('since = "{since}"', 'by = "link", next = "link"'),
    "header": ('since = "{since}"', 'by = "link", next = "header"'),
    "all": ('since = "{since}"', 'by = "all"'),
}
STAMPED = 'changed = { path = "at", form = "instant" }'


def text(way, changed=STAMPED):
    params, page = WAYS[way]
    return MINIMAL.replace("PARAMS", params).replace("PAGE", page).replace("CHANGED", changed)


def source(declared, answer, *, secret=None, clock=None, saved=None, **options):
    connection = Connection(
        "co", "Books", "declared", "https://books.example.com", "Africa/Nairobi", {"declaration": declared, **options}
    )
    return open_declared(
        connection,
        {"key": "canary-key"} if secret is None else secret,
        guard=open_guard(),
        clock=clock or VirtualClock(),
        rng=random.Random(1),
        save_secret=(saved if saved is not None else {}).update,
        transport=httpx.MockTransport(answer),
    )


class Rows:
    """A list of rows by id, each with a stamp, served by every way of paging."""

    def __init__(self, count):
        self.clock = START - timedelta(days=2)
        self.rows = {}
        for _ in range(count):
            self.add()

    def stamp(self):
        self.clock += timedelta(milliseconds=700)
        return self.clock

    def add(self):
        self.rows[f"r{len(self.rows):04}"] = self.stamp()

    def change(self, number):
        self.rows[sorted(self.rows)[number % len(self.rows)]] = self.stamp()

    def __call__(self, request):
        asked = request.url.params
        since = datetime.fromisoformat(asked["since"])
        found = sorted((name, at) for name, at in self.rows.items() if at >= since)
        if "offset" in asked or asked.get("by") == "changed":
            found.sort(key=lambda row: (row[1], row[0]))
        if "after" in asked:
            found = [row for row in found if row[0] > asked["after"]]
        start, size = int(asked.get("offset", 0)), int(asked.get("size", 3))
        if "page" in asked:
            start = (int(asked["page"]) - 1) * size
        start = int(asked.get("cursor", start))
        part = found[start : start + size] if request.url.path != "/all" else found
        more = start + size < len(found)
        link = str(request.url.copy_set_param("cursor", start + size)) if more else ""
        body = {
            "data": [{"id": name, "at": at.isoformat()} for name, at in part],
            "next": start + size if more else None,
            "link": link,
        }
        return httpx.Response(200, json=body, headers={"Link": f'<{link}>; rel="next"'} if more else {})


def newest(shelf):
    return {name: json.loads(record.payload)["at"] for (_, name), record in shelf.newest.items()}


def wanted(rows):
    return {name: at.isoformat() for name, at in rows.rows.items()}


@pytest.mark.parametrize("way", sorted(WAYS))
@settings(max_examples=20)
@given(count=st.integers(0, 14), cut=st.integers(1, 6), events=st.lists(st.integers(-20, 20), max_size=6))
def test_no_way_of_paging_loses_a_row(way, count, cut, events):
    """Cut, changed and added to under the walk; a second pull then knows all there is."""
    rows = Rows(count)
    books = source(text(way).replace('path = "/rows"', 'path = "/all"' if way == "all" else 'path = "/rows"'), rows)
    shelf, left = Shelf(), list(events)
    shelf.pull(books, cut_after=cut)
    for page in books.pages("rows", shelf.cursors.get("rows")):
        shelf.take("rows", page)
        if left and rows.rows:
            event = left.pop()
            rows.add() if event < 0 else rows.change(event)
    shelf.pull(books)
    assert newest(shelf) == wanted(rows)
    versions = set(shelf.versions)
    shelf.pull(books)
    assert shelf.versions == versions


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_future_cursor_brings_nothing_and_stays(way):
    books = source(text(way), Rows(5))
    cursor = Cursor(since="2099-01-01T00:00:00+00:00").text()
    (page,) = books.pages("rows", cursor)
    assert (len(page.records), page.complete) == (0, True)
    assert json.loads(page.cursor)["since"] == "2099-01-01T00:00:00+00:00"


@pytest.mark.parametrize("way", ["page", "cursor", "link", "offset", "key", "changed"])
def test_a_list_that_runs_in_circles_is_refused(way):
    page = [{"id": f"r{number}", "at": START.isoformat()} for number in range(3)]
    answer = {"data": page, "next": "same", "link": "https://books.example.com/rows?since=x"}
    books = source(text(way), lambda _: httpx.Response(200, json=answer))
    with pytest.raises(TransportError, match="out of order"):
        list(books.pages("rows", None))


def test_a_list_that_ignores_order_or_filter_is_refused():
    rows = [{"id": "b", "at": "2026-10-02T00:00:00Z"}, {"id": "a", "at": "2026-10-01T00:00:00Z"}]
    for way in ("key", "changed"):
        books = source(text(way), lambda _: httpx.Response(200, json={"data": rows}))
        with pytest.raises(TransportError, match="not sorted"):
            list(books.pages("rows", None))
    books = source(text("changed"), lambda _: httpx.Response(200, json={"data": rows[1:]}))
    with pytest.raises(TransportError, match="before it was asked for"):
        list(books.pages("rows", Cursor(since="2026-11-01T00:00:00+00:00").text()))


def test_a_link_to_another_origin_is_not_followed():
    answer = {"data": [{"id": "a", "at": START.isoformat()}], "link": "https://evil.example.com/rows"}
    books = source(text("link"), lambda _: httpx.Response(200, json=answer))
    with pytest.raises(TransportError, match=r"leads to https://evil\.example\.com"):
        list(books.pages("rows", None))


@pytest.mark.parametrize(
    "row", [{"at": START.isoformat()}, {"id": "a"}, {"id": "a", "at": "2026-10-01T00:00:00"}, {"id": "a", "at": 5}, "x"]
)
def test_a_row_without_id_or_stamp_is_out_of_order(row):
    books = source(text("page"), lambda _: httpx.Response(200, json={"data": [row]}))
    with pytest.raises(TransportError, match="out of order"):
        list(books.pages("rows", None))


def test_a_list_without_stamps_is_read_whole_each_time():
    declared = text("page", "").replace('since = "{since}", ', "")
    asked = []

    def answer(request):
        asked.append(dict(request.url.params))
        return httpx.Response(200, json={"data": [{"id": "a", "n": len(asked)}]})

    books, shelf = source(declared, answer), Shelf()
    shelf.pull(books)
    shelf.pull(books)
    assert asked == [{"page": "1", "size": "3"}] * 2
    assert len(shelf.versions) == 2


def test_what_a_list_leaves_out_is_read_one_by_one():
    """As with line items in most accounting systems' lists."""
    declared = text("page").replace("page = {", 'detail = { path = "/rows/{id}", rows = "data" }\npage = {')

    def answer(request):
        if request.url.path == "/rows":
            return httpx.Response(200, json={"data": [{"id": "a/1", "at": START.isoformat()}]})
        assert request.url.raw_path == b"/rows/a%2F1"
        return httpx.Response(200, json={"data": {"id": "a/1", "lines": [1]}})

    (page,) = source(declared, answer).pages("rows", None)
    assert [json.loads(record.payload)["lines"] for record in page.records] == [[1]]


# --- credentials and failures -----------------------------------------------------------------------------------------


def headers_of(auth, secret, **options):
    seen = []

    def answer(request):
        seen.append(request.headers)
        return httpx.Response(200, json={"data": []})

    declared = text("page").replace('auth = { kind = "bearer" }', auth)
    list(source(declared, answer, secret=secret, **options).pages("rows", None))
    return seen[0]


@pytest.mark.parametrize(
    ("auth", "secret", "value"),
    [
        ('auth = { kind = "bearer" }', {"key": "k1"}, "Bearer k1"),
        ('auth = { kind = "basic" }', {"user": "u", "password": "p"}, "Basic dTpw"),
        (
            'auth = { kind = "header", name = "Authorization", value = "token {a}:{b}" }',
            {"a": "1", "b": "2"},
            "token 1:2",
        ),
        ('auth = { kind = "none" }', {}, None),
    ],
)
def test_each_kind_of_credentials(auth, secret, value):
    assert headers_of(auth, secret).get("Authorization") == value


def test_headers_and_options():
    auth = 'options = { org = "the organisation" }\nheaders = { X-Org = "{option.org}" }\nauth = { kind = "bearer" }'
    assert headers_of(auth, {"key": "k"}, org="7")["X-Org"] == "7"
    with pytest.raises(UsageError, match=r"the organisation is missing.*--option org="):
        headers_of(auth, {"key": "k"})


def test_a_refresh_token_is_stored_before_the_access_token_is_used():
    """Zoho Books' way: its own scheme word, client in the form, a refresh token that is not repeated."""
    auth = (
        'auth = { kind = "oauth2", token_url = "https://accounts.example.com/oauth/token", scheme = "Zoho-oauthtoken" }'
    )
    saved, steps, rotated = {}, [], iter(["r2", None])

    def answer(request):
        if request.url.host == "accounts.example.com":
            form = dict(httpx.QueryParams(request.content.decode()))
            steps.append((form["refresh_token"], form["client_id"], form["client_secret"]))
            newest = next(rotated)
            return httpx.Response(
                200,
                json={"access_token": f"a{len(steps)}", "expires_in": 3600}
                | ({"refresh_token": newest} if newest else {}),
            )
        steps.append((request.headers["Authorization"], saved.get("refresh_token")))
        return httpx.Response(200, json={"data": []})

    clock = VirtualClock()
    secret = {"client_id": "c", "client_secret": "s", "refresh_token": "r1"}
    books = source(
        text("page").replace('auth = { kind = "bearer" }', auth), answer, secret=secret, clock=clock, saved=saved
    )
    list(books.pages("rows", None))
    clock.time += timedelta(hours=2)
    list(books.pages("rows", None))
    assert steps == [("r1", "c", "s"), ("Zoho-oauthtoken a1", "r2"), ("r2", "c", "s"), ("Zoho-oauthtoken a3", "r2")]


def test_a_token_that_could_not_be_stored_is_stored_first_next_time():
    auth = 'auth = { kind = "oauth2", token_url = "https://accounts.example.com/oauth/token" }'
    renewals, kept, broken = [], {}, [True]

    class Keyring:
        def update(self, secret):
            if broken:
                broken.pop()
                raise OSError("the keyring is locked")
            kept.update(secret)

    def answer(request):
        if request.url.host == "accounts.example.com":
            renewals.append(1)
            return httpx.Response(200, json={"access_token": "a", "refresh_token": "r2", "expires_in": 3600})
        return httpx.Response(200, json={"data": []})

    secret = {"client_id": "c", "refresh_token": "r1"}
    books = source(text("page").replace('auth = { kind = "bearer" }', auth), answer, secret=secret, saved=Keyring())
    with pytest.raises(OSError, match="locked"):
        list(books.pages("rows", None))
    list(books.pages("rows", None))
    assert (kept["refresh_token"], len(renewals)) == ("r2", 1)


def test_a_refused_refresh_token_asks_to_sign_in():
    auth = 'auth = { kind = "oauth2", token_url = "https://accounts.example.com/oauth/token" }'
    books = source(
        text("page").replace('auth = { kind = "bearer" }', auth),
        lambda request: httpx.Response(400, json={"error": "invalid_grant"}),
        secret={"client_id": "c", "refresh_token": "canary"},
    )
    with pytest.raises(TransportError, match="Sign in to Books again") as caught:
        list(books.pages("rows", None))
    assert (caught.value.kind, "canary" in caught.value.text) == ("auth", False)
    with pytest.raises(UsageError, match="the secret has no refresh_token"):
        source(text("page").replace('auth = { kind = "bearer" }', auth), None, secret={"client_id": "c"})


def test_a_fault_inside_a_success_and_its_own_words():
    errors = 'errors = { words = "{message}", fault = { path = "code", not_in = ["0"] } }\nauth = { kind = "bearer" }'
    declared = text("page").replace('auth = { kind = "bearer" }', errors)
    for status in (200, 400):
        answer = {"code": 57, "message": "You are not authorized", "data": []}
        with pytest.raises(TransportError, match="You are not authorized"):
            list(source(declared, lambda _, s=status, a=answer: httpx.Response(s, json=a)).pages("rows", None))
    assert list(source(declared, lambda _: httpx.Response(200, json={"code": 0, "data": []})).pages("rows", None))


def test_an_address_that_is_not_the_providers_is_refused():
    declared = text("page").replace('provider = "Books"', 'provider = "Books"\nhosts = ["books.example.org"]')
    with pytest.raises(UsageError, match=r"Use books\.example\.org"):
        source(declared, None)
    connection = Connection("co", "B", "declared", "http://127.0.0.1:1", "UTC", {"declaration": text("page")})
    with pytest.raises(UsageError, match="allow_loopback"):
        open_declared(
            connection,
            {"key": "k"},
            guard=open_guard(),
            clock=VirtualClock(),
            rng=random.Random(1),
            save_secret=lambda _: None,
        )


# --- mistakes in the file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("[api]", "[api", "is not TOML"),
        ('provider = "Books"', "", r"api\.provider is missing. Add it as a text"),
        ('provider = "Books"', "provider = 7", r"api\.provider must be a text, not 7"),
        ('provider = "Books"', 'provider = "Books"\nper_minute = 0', r"per_minute is 0. Give a number from 1 to 6000"),
        ('provider = "Books"', 'provider = "Books"\npovider = "x"', r"api\.povider is not a word of this language"),
        (
            'kind = "bearer"',
            'kind = "oath"',
            r"api\.auth\.kind is 'oath'. Use one of: none, bearer, basic, header, oauth2",
        ),
        ('auth = { kind = "bearer" }', "", r"api\.auth is missing. Add this table"),
        (
            'auth = { kind = "bearer" }',
            'auth = { kind = "oauth2", token_url = "http://x" }',
            "Write an https:// address",
        ),
        ('path = "/rows"', 'path = "rows"', r"streams\.rows\.path is 'rows'. Write a path like"),
        ('path = "/rows"', 'path = "/rows?x=1"', "its query goes into params"),
        ('path = "/rows"', 'path = "//evil.example.com"', "Write a path like"),
        ('by = "page"', 'by = "pages"', r"page\.by is 'pages'. Use one of: changed, key"),
        ("size = 3", "size = 1", "Give a number from 2 to 10000"),
        ('page = "{page}", ', "", r"params does not say \{page\}. Paging by page needs it"),
        ('since = "{since}", ', "", r"params does not say \{since\}"),
        ('page = "{page}"', 'page = "{page}", x = "{after}"', r"has \{after\} in it, which never has a value here"),
        ('page = "{page}"', 'page = "{seite}"', r"has \{seite\} in it. Words that may stand here"),
        (
            STAMPED,
            'changed = { path = "at", form = "iso" }',
            r"changed\.form is 'iso'. Use one of: instant, local, unix",
        ),
        ('id = "id"', 'id = "{id}"', "Write the path of the record's id"),
        ("[streams.rows]", "[streams.others]", r"Declare both \[api\.streams\.others\] and \[streams\.others\]"),
        ("[streams.rows]", "[api.balances]\npath = '/b'\namounts = []\n[streams.rows]", r"params does not say \{day\}"),
    ],
)
def test_a_mistake_names_file_key_and_remedy(before, after, says):
    whole = text("page")
    assert before in whole
    with pytest.raises(UsageError, match=says) as caught:
        load_declaration(whole.replace(before, after, 1), "books.toml")
    assert caught.value.record in ("books.toml", "contract")
    assert caught.value.remedy


LEDGER = """
[api.accounts]
path = "/accounts"
id = "{id}"
name = "{name}"

[api.write]
create = { path = "/journals" }
find = { path = "/journals", params = { ref = "{reference}" } }
read = { path = "/journals/{id}" }
body = { date = "{day}", lines = { each = "lines", account = "{account}", side = "{side}" } }
[api.write.document]
id = "{id}"
day = "date"
currency = "{currency}"
reference = ["ref"]
lines = "lines"
account = "{@.account}"
amounts = { path = "@.amount" }
"""


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("", "", ""),
        ('ref = "{reference}"', 'ref = "x"', r"find\.params does not say \{reference\}"),
        ('each = "lines"', 'each = "line"', 'Write each = "lines"'),
        ('date = "{day}"', 'date = "{account}"', r"body\.date has \{account\} in it"),
        ('date = "{day}"', "date = 1.5", "Write a text, a whole number, true, false or a table"),
        (
            'create = { path = "/journals" }',
            'create = { path = "/journals", method = "GET" }',
            "POST, PUT, PATCH, DELETE",
        ),
        (
            'reference = ["ref"]',
            'reference = ["ref"]\ndraft = { path = "s", in = ["draft"] }',
            "Declare both, or neither",
        ),
        ('amounts = { path = "@.amount" }', "", r"document\.amounts is missing"),
        ('amounts = { path = "@.amount" }', 'amounts = { path = "@.amount", times = 2 }', "Use 1 or -1"),
        ('[api.accounts]\npath = "/accounts"\nid = "{id}"\nname = "{name}"', "", r"api\.accounts is missing"),
    ],
)
def test_a_mistake_in_the_ledgers_part(before, after, says):
    whole = text("page") + LEDGER
    if not says:
        books = source(whole, None)
        assert isinstance(books, Ledger)
        assert not isinstance(source(text("page"), None), Ledger)
        return
    assert before in whole
    with pytest.raises(UsageError, match=says):
        load_declaration(whole.replace(before, after, 1), "books.toml")


def test_stamps_as_unix_seconds():
    declared = text("changed").replace('form = "instant"', 'form = "unix"')
    asked = []

    def answer(request):
        asked.append(request.url.params["since"])
        return httpx.Response(200, json={"data": [{"id": "a", "at": 1_790_000_000}]})

    books, shelf = source(declared, answer), Shelf()
    shelf.pull(books)
    with pytest.raises(TransportError, match="before it was asked for"):
        list(books.pages("rows", Cursor(since="2027-01-01T00:00:00+00:00").text()))
    shelf.pull(books)
    since = int(datetime.fromtimestamp(1_790_000_000, UTC).timestamp()) - 1800
    assert asked == ["0", str(int(datetime(2026, 12, 31, 23, 30, tzinfo=UTC).timestamp())), str(since)]
