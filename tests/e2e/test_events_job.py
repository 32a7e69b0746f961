"""Events from the sandbox's wire to the books, by the commands: one posts, one takes, one processes, one replays."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from awra_desk.app import bootstrap, cli, doctor_command, webhooks_command
from awra_desk.app.bootstrap import open_desk
from awra_desk.app.signing import signing_secrets
from awra_desk.domain.ladder import Rung
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.servers import running_sandbox
from awra_desk.sandbox.servers.deliveries import stripe_event
from awra_desk.services.setup import put_connection
from awra_desk.system.secrets import MemorySecrets
from awra_desk.webhooks import Receiver
from awra_desk.webhooks.serving import serving
from tests.connectors.small_month import small_month
from tests.webhooks.world import climb_to, send

PATIENCE = 60


@contextmanager
def taking(desk, keys):
    """The receiver on a port of its own, as `awra-desk webhooks` runs it."""
    receiver, stopped = Receiver(desk, lambda connection: signing_secrets(connection, keys)), threading.Event()
    with serving(receiver, host="127.0.0.1", port=0) as server:
        thread = threading.Thread(target=server.run, args=(stopped,))
        thread.start()
        try:
            yield server.base
        finally:
            stopped.set()
            thread.join()


def post(url, body=b"", headers=None):
    request = urllib.request.Request(url, body, headers or {}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


class Keys(MemorySecrets):
    """A keyring that works, for as long as the test lasts."""

    notice = ""


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "w.sqlite")


@pytest.fixture
def keys(monkeypatch):
    found = Keys()
    for module in (bootstrap, doctor_command, webhooks_command):
        monkeypatch.setattr(module, "KeyringSecrets", lambda: found)
    return found


def run(capsys, *words):
    code = cli.main(list(words))
    return code, capsys.readouterr().out


def connected(desk, box, keys):
    """The sandbox's Stripe, on the rung for events, its secrets in the keyring."""
    told = box["stripe"]
    stripe = Connection(desk.company, "Stripe", "stripe", told["base_url"], "UTC", told["options"])
    put_connection(desk, stripe, by="engine")
    keys.put(stripe.secret_name, json.dumps(told["credentials"]))
    climb_to(desk, "Stripe", Rung.SCHEDULED)
    return stripe, told["signing_secret"]


def test_from_the_wire_to_the_books(place, keys, capsys, monkeypatch):
    month = small_month()
    with (
        running_sandbox(month, providers=["stripe"], admin=True) as box,
        open_desk(place, secrets=keys, create=True) as desk,
    ):
        _, secret = connected(desk, box, keys)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
        keep = ("webhooks", "--signing-secret", "Stripe", "--public", "https://hooks.example.com", "--json")
        code, said = run(capsys, *keep, "--workspace", place)
        assert (code, json.loads(said)["url"]) == (0, "https://hooks.example.com/events/Stripe")
        with taking(desk, keys) as base:
            order = {"url": f"{base}/events/Stripe"}
            status, answer = post(f"{box['stripe']['base_url']}/_sandbox/events", json.dumps(order).encode())
            statuses = json.loads(answer)["statuses"]
            assert (status, set(statuses)) == (200, {200})
            assert post(f"{base}/events/Stripe", b"{}", {"Stripe-Signature": "t=1,v1=0"}) == (401, b"")
            assert post(f"{base}/events/Nobody") == (404, b"")
        code, said = run(capsys, "worker", "--once", "--json", "--workspace", place)
        events, pulled = [json.loads(each) for each in said.replace("}\n{", "}\n\x00{").split("\x00")]
        assert (events["events"]["processed"], events["events"]["failed"]) == (len(statuses), 0)
        assert pulled["pull"]["name"] == "Stripe"
        code, said = run(capsys, "replay", "--json", "--workspace", place)
        assert json.loads(said)["counts"] == {"received": 0, "processed": len(statuses), "failed": 0, "dead": 0}
        first = json.loads(said)["events"][0]["event_id"]
        code, said = run(capsys, "replay", first, "--workspace", place)
        assert (code, said.splitlines()[0]) == (0, "1 events are replayed.")
        assert "0 new versions" in said
        code, said = run(capsys, "doctor", "Stripe", "--json", "--workspace", place)
        checks = {check["name"]: check for check in json.loads(said)["connections"][0]["checks"]}
        assert checks["signed delivery"]["words"].startswith(f"{len(statuses):,} deliveries passed")
        assert "1 were refused (signature 1)" in checks["signed delivery"]["words"]


def test_a_dead_letter_is_listed_replayed_in_bulk_and_named_by_its_exit_code(place, keys, capsys):
    with (
        running_sandbox(small_month(), providers=["stripe"]) as box,
        open_desk(place, secrets=keys, create=True) as desk,
    ):
        connected(desk, box, keys)
        at = int(desk.now().timestamp())
        receiver = Receiver(desk, lambda connection: (box.stripe.signing_secret,))
        made = stripe_event({"id": "evt_odd", "type": "odd"}, box.stripe.signing_secret, at)
        assert send(receiver, "/events/Stripe", made.body, made.headers) == 200
        assert run(capsys, "worker", "--once", "--workspace", place)[0] == 1
        code, said = run(capsys, "replay", "--workspace", place)
        assert (code, "dead" in said, "no Stripe event" in said) == (1, True, True)
        code, said = run(capsys, "replay", "--dead", "--workspace", place)
        assert (code, "1 events are replayed" in said, "1 dead" in said) == (1, True, True)
        code, said = run(capsys, "replay", "evt_never", "--workspace", place)
        assert code == 2


def test_the_command_says_where_it_is_takes_and_stops(place):
    with open_desk(place, secrets=MemorySecrets(), create=True) as desk:
        put_connection(desk, Connection(desk.company, "My Stripe", "stripe", "https://api.stripe.com", "UTC"), by="e")
    words = [sys.executable, "-m", "awra_desk", "webhooks", "--port", "0", "--workspace", place]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            ready = json.loads(process.stdout.readline())
            told = ready["connections"]["My Stripe"]
            assert told["url"] == f"{ready['listening']}/events/My%20Stripe"
            assert (told["taken"], told["signing_secrets"]) == (False, 0)
            assert post(told["url"], b"{}")[0] == 503  # nothing to verify it with
            assert post(f"{ready['listening']}/events/Other", b"{}")[0] == 404
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, rest) == (0, "")


def test_a_port_that_is_taken_is_said(place, capsys):
    with (
        open_desk(place, secrets=MemorySecrets(), create=True) as desk,
        serving(Receiver(desk, lambda connection: ()), host="127.0.0.1", port=0) as server,
    ):
        port = server.base.rpartition(":")[2]
        assert cli.main(["webhooks", "--port", port, "--workspace", place]) == 2
    assert "cannot be used" in capsys.readouterr().err
