"""`connect --authorize` against a loopback authorization server: PKCE, state, one answer, and the brought-back page."""

from __future__ import annotations

import io
import json
import socket
import threading
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from awra_desk.app import bootstrap, cli, connect_command
from awra_desk.app.connecting import DeskConnecting
from awra_desk.connectors._http import App, Desktop, SignIn, sign_in
from awra_desk.connectors._http.loopback import LoopbackReceiver
from awra_desk.domain.errors import Cancelled, UsageError, UserError
from awra_desk.ports.providers import Filled
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.services.connect import connect
from awra_desk.services.pull import pull
from awra_desk.system.browser import SystemBrowser
from awra_desk.system.clock import SystemClock
from awra_desk.system.secrets import MemorySecrets
from tests.connectors.small_month import small_month
from tests.connectors.virtual_time import VirtualClock

SCOPES = ("com.intuit.quickbooks.accounting",)
PAGE = "https://books.example.com/signed-in"


class Keys(MemorySecrets):
    """A keyring that works."""

    notice = ""


class Person:
    """A browser whose person agrees at once; follows the redirects as a browser does, from a thread of its own.

    Attributes:
        change: what happens to the address it is sent back to; opened: pages it was shown; landed: where it ended.
    """

    def __init__(self, change=lambda url: url):
        self.change = change
        self.opened = []
        self.landed = ""
        self.threads = []

    def open(self, url):
        self.opened.append(url)
        self.landed = self.change(httpx.get(url, trust_env=False).headers["location"])
        if urlsplit(self.landed).hostname == "127.0.0.1":
            self.threads.append(threading.Thread(target=self.land))
            self.threads[-1].start()
        return True

    def land(self):
        self.answer = httpx.get(self.landed, trust_env=False)


@pytest.fixture(scope="module")
def month():
    return small_month()


@pytest.fixture
def box(month):
    with running_sandbox(month, providers=["quickbooks"]) as served:
        yield served


def server(box, **facts):
    options = box["quickbooks"]["options"]
    return SignIn(options["authorize_url"], options["token_url"], loopback=True, account_parameter="realmId", **facts)


def app(box, redirect=""):
    credentials = box["quickbooks"]["credentials"]
    return App(credentials["client_id"], credentials["client_secret"], redirect)


def signed_in(box, person, redirect=""):
    desktop = Desktop(person, lambda words: person.landed, VirtualClock())
    try:
        return sign_in("QuickBooks", server(box), app(box, redirect), SCOPES, desktop, allow_loopback=True)
    finally:
        for thread in person.threads:
            thread.join()


def test_a_person_signs_in_on_loopback(box):
    person = Person()
    found = signed_in(box, person)
    assert found["account"] == box.quickbooks.company.realm_id
    assert found["refresh_token"] == box.quickbooks.tokens.refresh_token
    assert found["scope"] == SCOPES[0]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(person.opened[0]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 32
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")
    assert person.answer.status_code == 200
    assert asked["state"] not in person.answer.text
    port = urlsplit(asked["redirect_uri"]).port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_where_loopback_is_not_allowed_the_address_is_brought_back(box):
    found = signed_in(box, Person(), PAGE)
    assert found["account"] == box.quickbooks.company.realm_id


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace("state=", "state=x"), "state differs"),
        (lambda url: url.replace("state=", "other="), "state differs"),
        (lambda url: url + "&state=twice", "state differs"),
        (lambda url: url.replace("code=", "error=access_denied&was="), "declined"),
        (lambda url: url.replace("code=", "error=server_error&was="), "answered 'server_error'"),
        (lambda url: url.replace("code=", "was="), "no code"),
        (lambda url: url.replace("books.example.com", "evil.example.com"), "not the address"),
        (lambda url: url.replace("code=", "code=x"), "Invalid authorization code"),
    ],
)
def test_an_answer_that_is_not_ours_is_refused_and_its_code_is_not_told(box, change, words):
    person = Person(change)
    with pytest.raises(UserError, match=words) as caught:
        signed_in(box, person, PAGE)
    code = parse_qs(urlsplit(person.landed).query).get("code", ["-none-"])[0]
    assert code not in caught.value.text


def test_a_code_is_worth_nothing_without_its_verifier(box, monkeypatch):
    monkeypatch.setattr("awra_desk.connectors._http.authorize._exchange", lambda *a: {"code": a[4]})
    code = signed_in(box, Person())["code"]
    credentials = box["quickbooks"]["credentials"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": PAGE, "code_verifier": "guess"}
    answer = httpx.post(
        box["quickbooks"]["options"]["token_url"],
        data=form,
        auth=(credentials["client_id"], credentials["client_secret"]),
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_strangers_at_the_port_are_turned_away_and_do_not_end_the_sign_in():
    with LoopbackReceiver() as receiver:
        found = []
        waiting = threading.Thread(target=lambda: found.append(receiver.wait(30)))
        waiting.start()
        base = receiver.redirect_uri.rpartition("/")[0]
        assert httpx.get(f"{base}/favicon.ico", trust_env=False).status_code == 404
        rebound = httpx.get(f"{receiver.redirect_uri}?code=1", headers={"Host": "evil.example"}, trust_env=False)
        assert rebound.status_code == 404
        assert httpx.post(receiver.redirect_uri, trust_env=False).status_code == 501
        assert httpx.get(f"{receiver.redirect_uri}?code=2", trust_env=False).status_code == 200
        waiting.join()
        assert found == [f"{receiver.redirect_uri}?code=2"]


def test_nobody_comes():
    with LoopbackReceiver() as receiver, pytest.raises(UserError, match="two minutes"):
        receiver.wait(0.05)


def test_addresses_that_may_not_be_used(box):
    person = Person()
    desktop = Desktop(person, lambda words: "", VirtualClock())
    official = SignIn("https://appcenter.example/a", "https://token.example/t", loopback=False)
    for place, keys in (
        (official, app(box)),
        (official, app(box, "http://books.example.com/x")),
        (server(box), app(box)),
    ):
        with pytest.raises(UsageError):
            sign_in("QuickBooks", place, keys, SCOPES, desktop)
    assert person.opened == []
    with pytest.raises(UsageError):
        SystemBrowser().open("file:///etc/passwd")


def test_connect_authorize_end_to_end(box, tmp_path, monkeypatch, capsys):
    """From the app's own keys to a pull; signing in again needs no keys; another company is refused."""
    keys, person = Keys(), Person()
    monkeypatch.setattr(connect_command, "KeyringSecrets", lambda: keys)
    monkeypatch.setattr(connect_command, "SystemBrowser", lambda: person)
    place = box["quickbooks"]
    workspace = str(tmp_path / "w.awra")
    options = [f"--option={name}={value}" for name, value in place["options"].items() if name != "realm_id"]
    words = ["connect", "quickbooks", "--name", "Books", "--base-url", place["base_url"], "--workspace", workspace]
    own = {name: place["credentials"][name] for name in ("client_id", "client_secret")}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(own) + "\n"))
    assert cli.main([*words, *options, "--authorize", "--secret-stdin"]) == 0
    told = capsys.readouterr()
    assert "will be asked for: com.intuit.quickbooks.accounting" in told.err
    assert "keeps us from writing" in told.err
    for _ in range(2):
        with bootstrap.open_desk(workspace, secrets=keys, clock=SystemClock()) as desk:
            assert pull(desk, "Books").transactions > 0
            with desk.read() as uow:
                connection = uow.connections.get("Books")
                rows = [row for row in uow.trail.entries() if row.action == "connection.put"]
            assert connection.options["realm_id"] == box.quickbooks.company.realm_id
            assert desk.standing(connection).granted == SCOPES[0]
        assert cli.main([*words, *options, "--authorize"]) == 0
    assert [row.detail["signed_in"] for row in rows] == [SCOPES[0]] * 2
    assert rows[0].detail["rung"] == "read-only"
    assert cli.main([*words, *options, "--option=realm_id=77", "--authorize"]) == cli.FAILURE
    assert "you signed in to" in capsys.readouterr().err
    for thread in person.threads:
        thread.join()


def test_connect_authorize_says_what_it_lacks(tmp_path, monkeypatch, capsys):
    keys = Keys()
    monkeypatch.setattr(connect_command, "KeyringSecrets", lambda: keys)
    workspace = ("--workspace", str(tmp_path / "w.awra"), "--name", "x", "--authorize")
    assert cli.main(["connect", "stripe", "--base-url", "https://api.stripe.com", *workspace]) == cli.USAGE
    assert "gives out keys" in capsys.readouterr().err
    live = ("--base-url", "https://quickbooks.api.intuit.com", *workspace)
    assert cli.main(["connect", "quickbooks", *live]) == cli.USAGE
    assert "lack client_id, client_secret" in capsys.readouterr().err
    keys.put("default/x", json.dumps({"client_id": "a", "client_secret": "b"}))
    assert cli.main(["connect", "quickbooks", *live]) == cli.USAGE
    assert "https page only" in capsys.readouterr().err


def window_s(box, tmp_path, person):
    """A desk as the window has it, on a workspace of its own, with the simulated endpoints among the options."""
    keys = Keys()
    opened = bootstrap.open_desk(str(tmp_path / "w.awra"), secrets=keys, clock=SystemClock(), create=True)
    place = box["quickbooks"]
    options = {name: value for name, value in place["options"].items() if name != "realm_id"}
    secret = {name: place["credentials"][name] for name in ("client_id", "client_secret")}
    filled = Filled("quickbooks", "Books", place["base_url"], "Africa/Nairobi", options, secret, sign_in=True)
    return opened, keys, filled, DeskConnecting(keys, SystemClock(), person, bootstrap.ACCESS)


def test_the_window_signs_in_on_loopback_and_keeps_the_tokens(box, tmp_path):
    person = Person()
    opened, keys, filled, connecting = window_s(box, tmp_path, person)
    with opened as desk:
        connection = connect(replace(desk, connecting=connecting), filled, who="engine", ask=str)
        assert connection.options["realm_id"] == box.quickbooks.company.realm_id
        assert json.loads(keys.get(connection.secret_name))["refresh_token"]
        assert desk.standing(connection).granted == SCOPES[0]
        assert pull(desk, "Books").transactions > 0
    for thread in person.threads:
        thread.join()


def test_a_cancel_is_heard_while_the_person_is_in_the_browser(box, tmp_path):
    """The port is closed, and nothing is connected."""

    class Dawdling:
        def open(self, url):
            self.port = urlsplit(parse_qs(urlsplit(url).query)["redirect_uri"][0]).port
            return True

    calls = []

    def cancelled(done, total, words):
        calls.append(words)
        if len(calls) == 3:
            raise Cancelled

    person = Dawdling()
    opened, keys, filled, connecting = window_s(box, tmp_path, person)
    with opened as desk:
        with pytest.raises(Cancelled):
            connect(replace(desk, connecting=connecting), filled, who="engine", ask=str, progress=cancelled)
        with desk.read() as uow:
            assert uow.connections.all() == []
        assert keys.get(f"{desk.company}/Books") is None
    assert calls == ["waiting for the browser"] * 3
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", person.port), timeout=5)
