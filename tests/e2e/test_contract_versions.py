"""A declared file with the file that was in force before it: connected, read, recorded and shown with their days."""

import json
from datetime import UTC, datetime

import pytest

from awra_desk.app import cli
from awra_desk.app.bootstrap import mapping, open_desk
from awra_desk.domain.people import Person, Role
from awra_desk.domain.records import RawRecord
from awra_desk.services.drift import drifts
from awra_desk.services.normalise import normalise
from awra_desk.services.people import add_person

FIRST = """
version = "books-1"

[api]
provider = "Books"
auth = { kind = "bearer" }

[api.streams.rows]
path = "/rows"
params = { since = "{since}" }
rows = "data"
id = "id"
changed = { path = "at", form = "instant" }
page = { by = "all" }

[streams.rows]
[[streams.rows.legs]]
external_id = "{id}"
kind = "charge"
occurred_at = { iso = "at" }
amount = { path = "amount", unit = "major" }
currency = "KES"
account = "till"
"""
SECOND = (
    FIRST.replace("books-1", "books-2", 1)
    .replace("[api]", "effective_from = 2026-10-15\n\n[api]", 1)
    .replace("[streams.rows]", '[streams.rows]\ndated = { iso = "at" }', 1)
    .replace('path = "amount"', 'path = "total"')
)
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def raw(number, day, **amount):
    payload = json.dumps({"id": number, "at": f"2026-10-{day:02}T09:00:00+03:00", **amount})
    return RawRecord("Books", "rows", number, payload, NOW)


@pytest.fixture
def place(tmp_path):
    for name, text in (("first", FIRST), ("second", SECOND)):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def connect(place, *options):
    words = ["connect", "declared", "--name", "Books", "--base-url", "https://books.example.com"]
    chosen = [word for option in options for word in ("--option", option)]
    return cli.main([*words, "--zone", "Africa/Nairobi", *chosen, "--workspace", str(place / "w.sqlite")])


def contracts(desk):
    with desk.read() as uow:
        table = uow.records.transactions("Books")
    names = [contract.partition("@")[0] for contract in table["contract"]]
    return dict(zip(table["external_id"], zip(names, table["amount"].tolist(), strict=True), strict=True))


def test_each_record_says_which_version_read_it(place, capsys):
    assert connect(place, f"file={place / 'first.toml'}") == cli.DONE
    with open_desk(str(place / "w.sqlite")) as desk:
        with desk.write() as uow:
            uow.records.append([raw("a", 1, amount="10.00"), raw("b", 20, total="7.00")])
            uow.commit()
        assert normalise(desk, "Books") == 2
        assert contracts(desk) == {"a": ("books-1", 1000)}
        owner = Person(desk.company, "olga", "Olga", frozenset({Role.OWNER}), "KES", None)
        add_person(desk, owner, "a long enough password", by="olga")
    assert connect(place, f"file={place / 'second.toml'}", f"earlier={place / 'first.toml'}") == cli.DONE
    capsys.readouterr()
    again = ["renormalise", "Books", "--workspace", str(place / "w.sqlite")]
    assert cli.main(again) == cli.FINDINGS
    shown = capsys.readouterr().out
    assert "1 fit now" in shown
    assert " until 2026-10-14, books-2@" in shown
    assert " from 2026-10-15." in shown
    assert cli.main([*again, "--apply", "--as", "olga"]) == cli.DONE
    with open_desk(str(place / "w.sqlite")) as desk:
        assert contracts(desk) == {"a": ("books-1", 1000), "b": ("books-2", 700)}
        assert drifts(desk) == []
    capsys.readouterr()
    assert cli.main(["drift", "--workspace", str(place / "w.sqlite"), "--json"]) == cli.DONE
    spans = json.loads(capsys.readouterr().out)["contracts"]["Books"]
    assert [(span["version"].partition("@")[0], span["effective_from"]) for span in spans] == [
        ("books-1", None),
        ("books-2", "2026-10-15"),
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("second",), "books-2: is the first version"),
        (("second", "missing"), "the declared file cannot be read"),
        (("second", "second"), "books-2: is the first version"),
        (("first", "first"), "books-1: does not say from which later day"),
    ],
)
def test_connect_refuses_versions_that_do_not_follow_each_other(place, capsys, options, says):
    words = [f"{key}={place / name}.toml" for key, name in zip(("file", "earlier"), options, strict=False)]
    assert connect(place, *words) == cli.USAGE
    assert says in capsys.readouterr().err
    assert not (place / "w.sqlite").exists()


def test_a_third_file_comes_after_the_second(place):
    third = SECOND.replace("books-2", "books-3").replace("2026-10-15", "2026-10-25")
    (place / "third.toml").write_text(third, encoding="utf-8")
    earlier = [f"earlier.1={place / 'first.toml'}", f"earlier.2={place / 'second.toml'}"]
    assert connect(place, f"file={place / 'third.toml'}", *earlier) == cli.DONE
    with open_desk(str(place / "w.sqlite")) as desk, desk.read() as uow:
        versions = mapping(uow.connections.get("Books")).versions
    assert [version.version.partition("@")[0] for version in versions] == ["books-1", "books-2", "books-3"]
