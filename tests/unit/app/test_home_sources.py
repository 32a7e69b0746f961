"""The home market's sources, and Square, are built from a stored connection, and `connect` takes them."""

import json
from datetime import UTC, datetime

import pytest

from awra_desk.app.bootstrap import connect, mapping
from awra_desk.app.cli import DONE, USAGE, main
from awra_desk.connectors.daraja import DarajaSource
from awra_desk.connectors.paypal import PayPalSource
from awra_desk.connectors.paystack import PaystackSource
from awra_desk.connectors.square import SquareSource
from awra_desk.domain.errors import UserError
from awra_desk.files.mpesa import MpesaStatements
from awra_desk.ports.connections import Connection
from awra_desk.system.clock import SystemClock
from awra_desk.system.secrets import MemorySecrets
from tests.connectors.virtual_time import open_guard

CASES = {
    "mpesa_statement": (MpesaStatements, "/statements", {}, None),
    "paypal": (
        PayPalSource,
        "https://api-m.paypal.com",
        {},
        {"client_id": "client0001", "client_secret": "canary0003"},
    ),
    "paystack": (PaystackSource, "https://api.paystack.co", {}, {"secret_key": "sk_live_canary0001"}),
    "square": (SquareSource, "https://connect.squareup.com", {}, {"access_token": "EAAAcanary0003"}),
    "daraja": (
        DarajaSource,
        "https://api.safaricom.co.ke",
        {"short_code": "600123"},
        {"consumer_key": "key0001", "consumer_secret": "canary0002"},
    ),
}


@pytest.mark.parametrize("provider", CASES)
def test_a_stored_connection_becomes_its_source(provider):
    kind, place, options, secret = CASES[provider]
    connection = Connection("co", provider, provider, place, "Africa/Nairobi", options)
    keys = MemorySecrets()
    if secret is not None:
        with pytest.raises(UserError, match="keyring"):
            connect(connection, keys, SystemClock(), open_guard())
        keys.put(connection.secret_name, json.dumps(secret))
    assert isinstance(connect(connection, keys, SystemClock(), open_guard()), kind)
    assert mapping(connection).version.startswith(provider.removesuffix("_statement") + "-1@")


@pytest.mark.parametrize("provider", ["paypal", "paystack", "square", "daraja"])
def test_an_address_that_is_not_the_providers_is_refused(provider):
    _, _, options, secret = CASES[provider]
    connection = Connection("co", provider, provider, "https://api.example.com", "Africa/Nairobi", options)
    keys = MemorySecrets()
    keys.put(connection.secret_name, json.dumps(secret))
    with pytest.raises(UserError, match="not the provider's"):
        connect(connection, keys, SystemClock(), open_guard())


def test_connect_and_pull_a_statement(tmp_path, capsys):
    statement = tmp_path / "october.csv"
    at = datetime(2026, 10, 5, tzinfo=UTC)
    statement.write_text(
        "Short Code,600123\nAccount,Utility Account\nOpening Balance,100.00,Closing Balance,350.00\n"
        "Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Reason Type\n"
        f"UJ5PAAAAAA,{at:%d-%m-%Y} 10:00:00,Pay Bill,Completed,250.00,,350.00,Pay Bill Online\n"
    )
    words = ["--workspace", str(tmp_path / "books.sqlite")]
    name = ["--name", "Paybill", "--base-url", str(statement), "--zone", "Africa/Nairobi"]
    assert main(["connect", "mpesa_statement", *name, *words]) == DONE
    assert main(["pull", *words, "--json"]) == DONE
    assert main(["transactions", *words, "--json"]) == DONE
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["external_id"], last["amount"], last["booking_date"]) == ("UJ5PAAAAAA", "250.00", "2026-10-05")
    assert main(["connect", "paystack", "--name", "P", "--base-url", "http://api.paystack.co", *words]) == USAGE
