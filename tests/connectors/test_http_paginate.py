"""Walking pages: all of them, once, and never in circles."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.connectors._http import AfterLastId, NextLink, Offset, Reply, listed, loads, walk
from awra_desk.ports.connections import TransportError


def reply(body):
    return Reply(200, {}, "", loads(json.dumps(body)), "req_1")


def server(ids, size):
    """Stripe's way: newest first, after an id."""

    def fetch(after):
        start = 0 if after is None else ids.index(after) + 1
        rows = [{"id": identity} for identity in ids[start : start + size]]
        return reply({"data": rows, "has_more": start + size < len(ids)})

    return fetch


@given(count=st.integers(0, 60), size=st.integers(1, 20), hiccups=st.sets(st.integers(0, 30)))
def test_every_row_comes_once_even_if_pages_stutter(count, size, hiccups):
    ids = [f"id_{number}" for number in range(count)]
    right = server(ids, size)
    calls = []

    def fetch(after):
        calls.append(after)
        # A replayed answer: the page before this one again.
        stutters = len(calls) in hiccups and len(calls) > 1 and calls[-1] != calls[-2]
        return right(calls[-2]) if stutters else right(after)

    rows = [row["id"] for page, _ in walk(AfterLastId(), fetch) for row in page.body["data"]]
    assert rows == ids


def test_resuming_anywhere_gives_the_rest():
    ids = [f"id_{number}" for number in range(23)]
    fetch = server(ids, 5)
    for _, after in walk(AfterLastId(), fetch):
        if after is not None:
            rest = [row["id"] for page, _ in walk(AfterLastId(), fetch, start=after) for row in page.body["data"]]
            assert rest == ids[ids.index(after) + 1 :]


def test_a_provider_that_never_ends_is_left():
    asked = []

    def fetch(after):
        asked.append(after)
        return reply({"data": [{"id": "a"}, {"id": "b"}], "has_more": True})

    with pytest.raises(TransportError, match="repeats") as caught:
        list(walk(AfterLastId(), fetch))
    assert caught.value.kind == "protocol"
    assert len(asked) <= 4


def test_a_cursor_that_returns_to_the_start_is_left():
    chain = {None: "b", "b": "c", "c": "b"}

    def fetch(after):
        return reply({"rows": [{"id": f"row behind {after}", "n": after}], "next": chain[after]})

    pages = NextLink(lambda page: listed(page, "rows"), lambda page: page.body["next"])
    with pytest.raises(TransportError, match="repeats"):
        list(walk(pages, fetch))


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"data": None},
        {"data": [{"id": "a"}]},
        {"data": [], "has_more": True},
        {"data": ["a"], "has_more": True},
    ],
)
def test_an_answer_out_of_order_is_named(body):
    with pytest.raises(TransportError, match="out of order") as caught:
        list(walk(AfterLastId(), lambda _: reply(body)))
    assert "req_1" in caught.value.text


@given(count=st.integers(0, 50), size=st.integers(1, 15), first=st.sampled_from([0, 1]))
def test_offsets_cover_everything(count, size, first):
    rows = list(range(count))

    def fetch(position):
        start = (first if position is None else position) - first
        return reply({"rows": rows[start : start + size]})

    pages = Offset(lambda page: listed(page, "rows"), size=size, first=first)
    assert [row for page, _ in walk(pages, fetch) for row in page.body["rows"]] == rows
