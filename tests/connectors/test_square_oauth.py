"""Signing in to Square: the four read permissions alone, PKCE, JSON both ways, a refresh token that is used once."""

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from awra_desk.app import bootstrap
from awra_desk.app.connecting import DeskConnecting
from awra_desk.connectors._http import App, Desktop, sign_in
from awra_desk.connectors.square import ACCESS
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.ports.providers import Filled
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.sandbox.square import CafeSpec, simulate_cafes
from awra_desk.services.connect import connect
from awra_desk.services.pull import pull
from awra_desk.system.clock import SystemClock
from tests.connectors.pulling import square
from tests.connectors.virtual_time import VirtualClock
from tests.contracts import square_contract
from tests.e2e.test_sign_in import PAGE, Keys, Person

TOKEN = "/oauth2/token"


@pytest.fixture(scope="module")
def books():
    return simulate_cafes(CafeSpec(seed=6, orders=20))


@pytest.fixture
def box(books):
    with running_sandbox(simulate(MonthSpec(orders=1)), cafes=books, providers=["square"]) as served:
        yield served


def server(box):
    options = box["square"]["options"]
    return replace(ACCESS.sign_in, authorize_url=options["authorize_url"], token_url=options["token_url"])


def signed_in(box, person, clock=None):
    """The secret as it is kept."""
    app = App(box.square.tokens.client_id, "", PAGE)
    desktop = Desktop(person, lambda _: person.landed, clock or VirtualClock())
    found = sign_in("Square", server(box), app, ACCESS.scopes, desktop, allow_loopback=True)
    return {"client_id": app.client_id, **found}


def renewals(box):
    return sum(exchange.path == TOKEN and exchange.status == 200 for exchange in box.servers["square"].exchanges)


def test_only_reading_is_asked_for_and_the_page_is_the_apps(box):
    person = Person()
    secret = signed_in(box, person)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(person.opened[0]).query).items()}
    assert asked["scope"].split() == ["DISPUTES_READ", "MERCHANT_PROFILE_READ", "PAYMENTS_READ", "PAYOUTS_READ"]
    assert (asked["redirect_uri"], asked["code_challenge_method"]) == (PAGE, "S256")
    assert secret["scope"] == asked["scope"]
    assert secret["refresh_token"] == box.square.tokens.refresh_token
    assert secret["expires_at"] == "2030-01-30T00:00:00+00:00"
    assert ACCESS.reads_alone
    assert not ACCESS.sign_in.loopback


def test_what_is_sent_and_what_comes_back_fit_the_document(box):
    told = []
    obtain = box.square.tokens.obtain
    box.square.tokens.obtain = lambda body: told.append((json.loads(body), obtain(body))) or told[-1][1]
    keyring = signed_in(box, Person())
    box.square.tokens.expire()
    assert square(box, keyring=keyring).counts()[0].count == 3
    assert [asked["grant_type"] for asked, _ in told] == ["authorization_code", "refresh_token"]
    for asked, answer in told:
        assert square_contract.schema_errors("ObtainTokenRequest", asked) == []
        assert square_contract.schema_errors("ObtainTokenResponse", answer) == []


def test_a_code_is_worth_nothing_without_its_verifier(box, monkeypatch):
    monkeypatch.setattr("awra_desk.connectors._http.authorize._exchange", lambda *a: {"code": a[4]})
    code = signed_in(box, Person())["code"]
    asked = {"client_id": box.square.tokens.client_id, "grant_type": "authorization_code", "redirect_uri": PAGE}
    url = box["square"]["options"]["token_url"]
    answer = httpx.post(url, json={**asked, "code": code, "code_verifier": "guess"}, trust_env=False)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "UNAUTHORIZED")


def test_a_token_that_is_refused_or_about_to_end_is_renewed_and_kept_before_it_is_used(box):
    clock, keyring = VirtualClock(), signed_in(box, Person())
    assert square(box, clock, keyring=keyring).counts()[0].count == 3
    before = keyring["refresh_token"]
    box.square.tokens.expire()
    source = square(box, clock, keyring=keyring)
    assert source.counts()[0].count == 3
    assert keyring["refresh_token"] == box.square.tokens.refresh_token != before
    assert renewals(box) == 2
    keyring["expires_at"] = (clock.now() + timedelta(seconds=30)).isoformat()
    assert square(box, clock, keyring=keyring).counts()[0].count == 3
    assert renewals(box) == 3


def test_a_sign_in_that_is_lost_asks_for_another_and_shows_nothing(box):
    keyring = signed_in(box, Person())
    keyring |= {"refresh_token": "EQAAspent", "access_token": "EQAAspent"}
    with pytest.raises(TransportError, match="Sign in to Square again") as caught:
        square(box, keyring=keyring).counts()
    assert caught.value.kind == "auth"
    assert "EQAAspent" not in caught.value.text
    with pytest.raises(UsageError, match="client_id"):
        square(box, keyring={"refresh_token": "EQAA1"})


def test_the_window_signs_in_pulls_and_renews(box, books, tmp_path):
    """Each start of the program reads the keyring anew."""
    person, keys = Person(), Keys()
    place = box["square"]
    secret = {"client_id": box.square.tokens.client_id}
    zone = "America/New_York"
    filled = Filled("square", "Cafes", place["base_url"], zone, place["options"], secret, PAGE, sign_in=True)
    connecting = DeskConnecting(keys, SystemClock(), person, bootstrap.ACCESS)
    workspace = str(tmp_path / "w.awra")
    with bootstrap.open_desk(workspace, secrets=keys, clock=SystemClock(), create=True) as desk:
        asked = []
        answer = lambda words: asked.append(words) or person.landed  # noqa: E731
        connection = connect(replace(desk, connecting=connecting), filled, who="engine", ask=answer)
        assert desk.standing(connection).granted == " ".join(ACCESS.scopes)
        assert len(asked) == 1
    box.square.tokens.expire()
    with bootstrap.open_desk(workspace, secrets=keys, clock=SystemClock()) as desk:
        found = pull(desk, "Cafes")
    assert (found.control_ok, found.quarantined) == (True, 0)
    assert found.transactions > len(books.payments)
    assert json.loads(keys.get(connection.secret_name))["refresh_token"] == box.square.tokens.refresh_token
