"""The shops' and Stripe's sources are built from their connection and their secret, and have a contract in force."""

import json

import pytest

from awra_desk.app.bootstrap import CONTRACTS, SOURCES, connect, mapping
from awra_desk.domain.errors import UserError
from awra_desk.ports.connections import Connection, Source
from awra_desk.system.secrets import MemorySecrets
from tests.connectors.virtual_time import VirtualClock, open_guard

PLACES = {
    "shopify": ("https://kilimani.myshopify.com", {"access_token": "shpat_canary"}),
    "stripe": ("https://api.stripe.com", {"api_key": "rk_test_canary"}),
    "vendure": ("https://shop.example.com/admin-api", {"username": "reader", "password": "canary"}),
    "woocommerce": ("https://shop.example.com", {"consumer_key": "ck_canary", "consumer_secret": "cs_canary"}),
}


def connection(provider):
    return Connection("co", "Shop", provider, PLACES[provider][0], "UTC")


def test_these_are_providers_with_a_contract():
    assert set(PLACES) <= set(SOURCES) <= set(CONTRACTS)


@pytest.mark.parametrize("provider", sorted(PLACES))
def test_a_source_is_built_with_its_secret(provider):
    place, secrets = connection(provider), MemorySecrets()
    secrets.put(place.secret_name, json.dumps(PLACES[provider][1]))
    source: Source = connect(place, secrets, VirtualClock(), open_guard())
    assert source.streams
    assert mapping(place).version.startswith(f"{provider}-1@")


@pytest.mark.parametrize("provider", sorted(PLACES))
def test_without_its_secret_there_is_none(provider):
    with pytest.raises(UserError, match="no secret"):
        connect(connection(provider), MemorySecrets(), VirtualClock(), open_guard())
