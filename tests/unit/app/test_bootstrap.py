"""The shops' and Stripe's sources are built from their connection and their secret, and have a contract in force."""

import json
import re
import tomllib
from importlib.resources import files

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


def listed(value):
    """The texts in lists of a contract's file, its patterns among them."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in listed(each)]
    return (
        [text for each in value for text in ([each] if isinstance(each, str) else listed(each))]
        if isinstance(value, list)
        else []
    )


@pytest.mark.parametrize("provider", sorted(CONTRACTS))
def test_a_document_number_in_a_text_is_found_whole(provider):
    package, *names = CONTRACTS[provider]
    for name in names:
        document = tomllib.loads(files(package).joinpath(name).read_text(encoding="utf-8"))
        patterns = [re.compile(text) for text in listed(document) if text.startswith(("#", r"\b"))]
        found = {match[0] for pattern in patterns for match in pattern.finditer("paid RE-2026-10442")}
        assert found <= {"RE-2026-10442"}
