"""Connecting: the secret is in the keyring before the workspace names the connection, and nowhere else."""

import json
from dataclasses import replace

import pytest

from awra_desk.app.bootstrap import ACCESS, PROVIDERS
from awra_desk.app.connecting import DeskConnecting
from awra_desk.app.offers import OFFERS
from awra_desk.domain.errors import Refused, UsageError, UserError
from awra_desk.domain.ladder import Rung
from awra_desk.domain.people import Person, Role
from awra_desk.ports.providers import Filled
from awra_desk.services.connect import connect, forget_secret
from awra_desk.services.people import add_person
from awra_desk.system.secrets import NOTICE, MemorySecrets
from tests.unit.services.conftest import PASSWORD


class Keys(MemorySecrets):
    """A keyring; `notice` says that there is none."""

    notice = ""


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
def desk(scene, keys):
    return replace(scene.desk, connecting=DeskConnecting(keys, scene.desk.clock, None, ACCESS))


def filled(**facts):
    given = {
        "provider": "stripe",
        "name": "Cards",
        "base_url": "https://api.stripe.com/",
        "zone": "Africa/Nairobi",
        "secret": {"api_key": "rk_live_77"},
    }
    return Filled(**{**given, **facts})


def never(words):
    raise AssertionError(words)


def put(desk, filled, who="amina"):
    return connect(desk, filled, who=who, ask=never)


def test_every_provider_is_offered_with_what_its_connector_declares(desk):
    offers = {offer.provider: offer for offer in desk.connecting.offers()}
    assert set(offers) == set(PROVIDERS) == {offer.provider for offer in OFFERS}
    assert [offer.title.casefold() for offer in desk.connecting.offers()] == sorted(
        offer.title.casefold() for offer in OFFERS
    )
    for provider, offer in offers.items():
        assert offer.scopes == ACCESS[provider].scopes
        assert offer.signs_in == (ACCESS[provider].sign_in is not None)
        assert not offer.address or offer.address.removeprefix("https://") in ACCESS[provider].hosts


def test_the_secret_goes_to_the_keyring_and_the_rest_to_the_workspace(desk, keys, scene):
    connection = put(desk, filled())
    assert json.loads(keys.get(connection.secret_name)) == {"api_key": "rk_live_77"}
    with desk.read() as uow:
        stored = uow.connections.get("Cards")
    assert (stored.base_url, stored.zone, stored.rung) == ("https://api.stripe.com", "Africa/Nairobi", Rung.READ_ONLY)
    last = scene.trail()[-1]
    assert (last.action, last.actor) == ("connection.put", "amina")
    assert "rk_live_77" not in repr(scene.trail()) + repr(filled()) + repr(stored)


def test_a_taken_name_is_refused_and_a_change_keeps_what_is_not_filled_in(desk, keys):
    put(desk, filled(provider="daraja", base_url="https://api.safaricom.co.ke", options={"short_code": "600000"}))
    with pytest.raises(Refused, match="taken"):
        put(desk, filled())
    changed = filled(
        provider="daraja", base_url="https://api.safaricom.co.ke", options={"short_code": ""}, secret={}, new=False
    )
    assert put(desk, changed).options["short_code"] == "600000"
    assert keys.get("co/Cards") is not None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"base_url": "https://evil.example"}, "not the provider's"),
        ({"base_url": "http://api.stripe.com"}, "https only"),
        ({"provider": "daraja", "base_url": "https://api.safaricom.co.ke"}, "till number is missing"),
        ({"provider": "statement", "base_url": "/no/such/file.csv", "secret": {}}, "no such file"),
        ({"provider": "declared", "base_url": "https://x.example", "options": {"file": "/no.toml"}}, "cannot be read"),
        ({"zone": "Mars/Olympus"}, "zone"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(desk, facts, words):
    with pytest.raises(UsageError, match=words):
        put(desk, filled(**facts))
    with desk.read() as uow:
        assert "Cards" not in [connection.name for connection in uow.connections.all()]


def test_without_a_keyring_no_secret_is_taken(desk, keys):
    keys.notice = NOTICE
    with pytest.raises(UserError, match="no keyring"):
        put(desk, filled())
    with desk.read() as uow:
        assert "Cards" not in [connection.name for connection in uow.connections.all()]
    assert keys.get("co/Cards") is None


def test_a_file_needs_no_keyring(desk, keys, tmp_path):
    keys.notice = NOTICE
    path = tmp_path / "bank.csv"
    path.write_text("Date,Amount\n", encoding="utf-8")
    assert put(desk, filled(provider="statement", base_url=str(path), secret={})).base_url == str(path)


def test_credentials_are_removed_with_a_trail_row_and_what_was_pulled_stays(desk, keys, scene):
    put(desk, filled())
    forget_secret(desk, "Cards", who="amina")
    assert keys.get("co/Cards") is None
    assert (scene.trail()[-1].action, scene.trail()[-1].subject) == ("connection.forget", "Cards")
    with desk.read() as uow:
        assert uow.connections.get("Cards").provider == "stripe"


def test_once_there_is_an_integration_owner_nobody_else_connects(desk):
    owner = Person("co", "neema", "Neema", frozenset({Role.OWNER}), "USD", None)
    add_person(desk, owner, PASSWORD, by="engine")
    with pytest.raises(Refused, match="may not do this"):
        put(desk, filled())
    assert put(desk, filled(), who="neema").name == "Cards"
    with pytest.raises(Refused, match="may not do this"):
        forget_secret(desk, "Cards", who="amina")


def test_a_desk_that_connects_nothing_says_so(scene):
    with pytest.raises(Refused, match="no system can be connected here"):
        put(scene.desk, filled())
