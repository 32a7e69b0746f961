"""Connecting safely, end to end: no write below its rung by any way, no secret in anything that is kept or told, and a
doctor that looks at the real thing.
"""

from __future__ import annotations

import json
import logging
import random
import traceback
import zipfile

import pytest

from awra_desk.app import bootstrap, cli
from awra_desk.app.demo import live_month
from awra_desk.connectors._http import Guard, Http, MemoryState, check_base_url
from awra_desk.domain.errors import UserError
from awra_desk.domain.ladder import Rung
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.ports.progress import silent
from awra_desk.services.health import examine
from awra_desk.services.ladder import climb, descend
from awra_desk.services.pull import pull
from awra_desk.system.clock import SystemClock
from awra_desk.system.secrets import MemorySecrets
from tests.connectors.virtual_time import open_guard

SECRET_NAMES = (
    *("api_key", "key", "client_id", "client_secret", "refresh_token", "access_token", "secret_key"),
    *("consumer_key", "consumer_secret", "username", "password"),
)
"""Whatever a provider's secret may hold."""
OPTIONS = {"allow_loopback": "true", "realm_id": "1", "short_code": "600000"}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A finished month, whose systems still answer; every log record and every header that was sent are kept."""
    out = tmp_path_factory.mktemp("month")
    records: list[str] = []
    keeper = logging.Handler(logging.DEBUG)
    keeper.emit = lambda record: records.append(record.getMessage())
    root = logging.getLogger()
    before = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    try:
        with live_month(orders=40, seed=3, out=out, progress=silent) as month:
            yield month, out, records
    finally:
        root.removeHandler(keeper)
        root.setLevel(before)


def kept_secrets(live):
    """Every secret there was: the first ones, and those that they were renewed to."""
    month, _, _ = live
    found = set()
    for name in ("Stripe", "QuickBooks"):
        stored = json.loads(month.secrets.get(f"{month.result.month.company_name}/{name}"))
        found |= {value for key, value in stored.items() if key not in ("client_id", "realm_id", "expires_at")}
    assert len(found) >= 4
    return found


def texts_of(path):
    """The bytes of a file; a workbook's parts unpacked."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as parts:
            return b"\n".join(parts.read(name) for name in parts.namelist())
    return path.read_bytes()


def test_no_secret_is_kept_or_told_anywhere(live):
    month, out, records = live
    secrets = kept_secrets(live)
    # The demo's stand-in for a keyring is a file; everywhere else nothing may be.
    keyring = getattr(month.secrets, "_path", None)
    files = [path for path in out.rglob("*") if path.is_file() and path != keyring]
    assert {path.suffix for path in files} >= {".sqlite", ".xlsx", ".csv"}
    assert any("QuickBooks GET" in record for record in records)
    with month.opener() as desk:
        told = repr(desk) + repr([examine(desk, name) for name in ("Stripe", "QuickBooks")])
        with desk.read() as uow:
            connection = uow.connections.get("QuickBooks")
            told += "".join(map(repr, uow.trail.entries()))
        source = desk.source(connection)
        told += repr(vars(source)) + repr(source._api._http) + repr(vars(source._api))
    for secret in secrets:
        assert secret not in told
        assert not any(secret in record for record in records)
        assert not any(secret.encode() in texts_of(path) for path in files)


@pytest.mark.parametrize("spoilt", ["api_key", "refresh_token", "client_secret"])
def test_no_refused_secret_is_told(live, spoilt):
    month, _, records = live
    canary = f"canary-{spoilt}-5512ab"
    company = month.result.month.company_name
    keys = MemorySecrets()
    for name in ("Stripe", "QuickBooks"):
        stored = json.loads(month.secrets.get(f"{company}/{name}"))
        stored.pop("access_token", None)
        keys.put(f"{company}/{name}", json.dumps({**stored, **({spoilt: canary} if spoilt in stored else {})}))
    name = "Stripe" if spoilt == "api_key" else "QuickBooks"
    with bootstrap.open_desk(month.workspace, company=company, secrets=keys) as desk:
        with pytest.raises(UserError) as caught:
            pull(desk, name)
        found = examine(desk, name)
        with desk.read() as uow:
            trail = "".join(map(repr, uow.trail.entries()))
    assert not found.checks[0].holds
    lines = [line for line in traceback.format_exception(caught.value) if "canary" not in line or canary in line]
    for told in (str(caught.value), repr(caught.value), *lines, repr(found), trail, *records):
        assert canary not in told


def test_a_connection_that_only_reads_sends_no_write_whatever_asks(live):
    """Past the services and past the database: the connector itself refuses, by the rung as it is at that moment."""
    month, _, _ = live
    with month.opener() as desk:
        with desk.read() as uow:
            connection = uow.connections.get("QuickBooks")
        assert connection.rung == Rung.WRITES
        ledger = desk.ledger(connection)
        before = written(ledger)
        for _ in range(2):
            descend(desk, "QuickBooks", who="engine", reason="The test says so.")
            with pytest.raises(TransportError, match=r"nothing was sent to QuickBooks.*is on rung") as caught:
                ledger.post('{"PrivateNote": "awra:w"}', reference="awra:w", key="k")
            assert caught.value.kind == "refused"
        assert written(ledger) == before
        for _ in range(2):
            pull(desk, "QuickBooks", days=(month.result.month.spec.period.last,))
        assert climb(desk, "QuickBooks", who="engine") == Rung.STAGED
        assert climb(desk, "QuickBooks", who="engine") == Rung.WRITES


def written(ledger):
    return sum(len(page.records) for page in ledger.pages("journal_entries", None))


def test_the_doctor_looks_at_the_real_thing(live, capsys, monkeypatch, expect_log):
    month, _, _ = live
    monkeypatch.setattr("awra_desk.app.doctor_command.KeyringSecrets", lambda: Kept(month.secrets))
    words = ("doctor", "--workspace", month.workspace, "--replay")
    code = cli.main([*words, "--json"])
    document = json.loads(capsys.readouterr().out)
    checks = {place["name"]: {check["name"]: check for check in place["checks"]} for place in document["connections"]}
    assert code == 0, [check for place in checks.values() for check in place.values() if not check["holds"]]
    assert set(checks) == {"Bank", "QuickBooks", "Stripe"}
    assert all(checks[name]["connection"]["holds"] and checks[name]["replay"]["holds"] for name in checks)
    assert "ladder keeps it from writing" in checks["QuickBooks"]["scopes"]["words"]
    assert "requests in the last day" in checks["Stripe"]["rate limits"]["words"]
    assert [check["name"] for check in document["machine"]] == ["database", "keyring"]
    assert "SQLite" in document["machine"][0]["words"]
    assert cli.main([*words[:3], "QuickBooks"]) == 0
    told = capsys.readouterr().out
    assert "ladder: read-only → " in told
    assert "next: " in told
    assert cli.main([*words[:3], "Nobody"]) == cli.USAGE
    assert "is unknown" in capsys.readouterr().err


class Kept:
    """A keyring that works."""

    notice = ""

    def __init__(self, secrets):
        self.get, self.put, self.delete = secrets.get, secrets.put, secrets.delete


def test_the_ladder_command(live, capsys, monkeypatch):
    month, _, _ = live
    monkeypatch.setattr("awra_desk.app.doctor_command.KeyringSecrets", lambda: Kept(month.secrets))
    place = ("--workspace", month.workspace)
    assert cli.main(["ladder", "Stripe", "--down", "Too far.", *place]) == cli.FAILURE
    assert "first rung" in capsys.readouterr().err
    assert cli.main(["ladder", "Bank", "--up", "--json", *place]) == 0
    assert json.loads(capsys.readouterr().out) == {"connection": "Bank", "rung": "staged"}
    assert cli.main(["ladder", "Bank", "--down", "Back again.", *place]) == 0
    assert "read-only" in capsys.readouterr().out


def test_every_provider_is_guarded_and_declares_its_hosts():
    """Whoever adds a provider says where it may be reached; its connector takes the guard or cannot be built."""
    assert set(bootstrap.ACCESS) == set(bootstrap.PROVIDERS)
    for provider, access in bootstrap.ACCESS.items():
        if access.hosts:
            with pytest.raises(UserError, match="not the provider's"):
                check_base_url(f"https://{access.hosts[0]}.evil.example", hosts=access.hosts)
        assert access.scopes or provider in (*bootstrap.FILES, *bootstrap.DECLARED)


@pytest.mark.parametrize("provider", sorted(set(bootstrap.CONTRACTS) - set(bootstrap.FILES)))
def test_every_connector_hands_the_guard_to_each_of_its_clients(provider, monkeypatch):
    """Without it, limits would hold in one process only and the ladder would not keep it from writing."""
    made = []
    init = Http.__init__

    def watched(self, *args, **named):
        made.append(named.get("guard"))
        init(self, *args, **named)

    monkeypatch.setattr(Http, "__init__", watched)
    keys = MemorySecrets()
    place = Connection("co", "x", provider, "http://127.0.0.1:9/db", "UTC", OPTIONS)
    keys.put(place.secret_name, json.dumps(dict.fromkeys(SECRET_NAMES, "sk_test_0000")))
    bootstrap.connect(place, keys, SystemClock(), Guard(MemoryState(), "x", lambda: "it only reads"))
    assert made
    assert all(guard is not None and guard.forbidden() for guard in made)


@pytest.mark.parametrize("provider", ["stripe", "quickbooks"])
def test_connect_takes_only_the_provider_s_hosts(provider, capsys, tmp_path):
    code = cli.main(
        ["connect", provider, "--name", "x", "--base-url", "https://evil.example", "--workspace", str(tmp_path / "w")]
    )
    assert (code, "not the provider's" in capsys.readouterr().err) == (cli.USAGE, True)
    assert not (tmp_path / "w").exists()


def test_loopback_is_not_reached_by_accident(tmp_path):
    place = Connection("co", "x", "stripe", "http://127.0.0.1:9", "UTC", {})
    with pytest.raises(UserError, match="sandbox only"):
        bootstrap.StripeSource(
            place, {"api_key": "rk_test_1"}, guard=open_guard(), clock=SystemClock(), rng=random.Random(1)
        )
