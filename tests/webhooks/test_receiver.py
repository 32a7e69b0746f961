"""The receiver: what it answers, what it stores, and that it stores nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
import stripe

from awra_desk.domain.errors import UserError
from awra_desk.domain.ladder import Rung
from awra_desk.ports.connections import Connection
from awra_desk.sandbox.servers.deliveries import body_signed, stripe_event
from awra_desk.services.deliveries import deliveries
from awra_desk.services.setup import put_connection
from awra_desk.webhooks import Receiver, path_of
from awra_desk.webhooks import receiver as module
from awra_desk.webhooks.receiver import MAX_BODY
from tests.connectors.small_month import small_month
from tests.webhooks.world import NAME, climb_to, send, world

EVENT = {"id": "evt_1", "type": "charge.succeeded", "data": {"object": {"object": "charge", "id": "ch_000"}}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with world(str(tmp_path_factory.mktemp("receiver") / "w.sqlite"), small_month().stripe) as made:
        yield made


@pytest.fixture
def w(shared):
    """Fresh counts for each test; the inbox is told apart by event ids."""
    shared.receiver.flush()
    return shared


def signed(w, event, *, late: int = 0):
    return stripe_event(event, w.stripe.signing_secret, int(w.clock.now().timestamp()) - late)


def kept(w, event_id):
    return [event for event in w.events() if event.event_id == event_id]


def counted(w, name=NAME):
    w.receiver.flush()
    return deliveries(w.desk, name)


def add(w, provider, *, name="", rung=Rung.EVENTS, **options):
    connection = Connection("co", name or provider, provider, "https://x.test", "UTC", options)
    put_connection(w.desk, connection, by="engine")
    climb_to(w.desk, connection.name, rung)
    return connection.name


def test_it_stores_the_very_bytes_and_answers(w):
    delivery = signed(w, EVENT)
    assert w.deliver(delivery) == 200
    (event,) = kept(w, "evt_1")
    assert (event.payload, event.kind, event.verified) == (delivery.body.decode(), "charge.succeeded", True)
    assert (event.state, event.attempts) == ("received", 0)


def test_the_same_event_again_is_stored_once(w):
    before = counted(w)
    event = {**EVENT, "id": "evt_twice"}
    assert [w.deliver(signed(w, event, late=late)) for late in (0, 7, 0)] == [200, 200, 200]
    assert len(kept(w, "evt_twice")) == 1
    after = counted(w)
    assert (after.taken - before.taken, after.doubled - before.doubled) == (1, 2)


def test_the_sandbox_signs_as_the_official_sdk_checks(w):
    for delivery in w.stripe.deliveries():
        header = delivery.headers["Stripe-Signature"]
        told = stripe.Webhook.construct_event(delivery.body, header, w.stripe.signing_secret)
        assert told["object"] == "event"


@pytest.mark.parametrize(
    ("spoil", "status", "why"),
    [
        (lambda w, d: replace(d, body=d.body + b" "), 401, "signature"),
        (lambda w, d: replace(d, headers={}), 401, "signature"),
        (lambda w, d: stripe_event(EVENT, "whsec_forged", int(w.clock.now().timestamp())), 401, "signature"),
        (lambda w, d: signed(w, EVENT, late=301), 400, "too old or too early"),
        (lambda w, d: signed(w, EVENT, late=-301), 400, "too old or too early"),
        (lambda w, d: signed(w, {"id": "evt_x"}), 400, "malformed"),
        (lambda w, d: signed(w, {**EVENT, "id": ""}), 400, "malformed"),
        (lambda w, d: signed(w, {**EVENT, "id": "x" * 256}), 400, "malformed"),
        (lambda w, d: signed(w, [EVENT]), 400, "malformed"),
        (lambda w, d: replace(d, headers={**d.headers, "Content-Encoding": "gzip"}), 415, "compressed"),
    ],
)
def test_what_is_refused_is_counted_and_never_stored(w, spoil, status, why):
    before, stored = counted(w).refused.get(why, 0), len(w.events())
    assert w.deliver(spoil(w, signed(w, EVENT))) == status
    assert counted(w).refused[why] == before + 1
    assert len(w.events()) == stored


def raw_signed(w, body: bytes):
    at = int(w.clock.now().timestamp())
    made = hmac.new(w.stripe.signing_secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Stripe-Signature": f"t={at},v1={made}"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"id": "a", "id": "b", "type": "x"}',
        b'{"id": "a", "type": NaN}',
        b'{"id": "a", "type": 1e999999999}',
        b"9" * 5000,
        b'{"id": "a\\u0000", "type": "x"}',
        b'{"id": "a", "type": "\\ud800"}',
        b'{"id": "a\\u001b[2J", "type": "x"}',
    ],
    ids=["empty", "bytes", "deep", "deep-objects", "twice", "nan", "huge", "digits", "nul", "half a pair", "escape"],
)
def test_a_signed_body_that_is_no_sound_json_is_malformed(w, body):
    stored = len(w.events())
    assert send(w.receiver, path_of(NAME), *raw_signed(w, body)) == 400
    assert len(w.events()) == stored


def test_nothing_beyond_a_megabyte_is_read(w):
    class Unread:
        def read(self, size):
            raise AssertionError(f"{size} bytes were asked for")

    told = []
    environ = {"REQUEST_METHOD": "POST", "REQUEST_URI": path_of(NAME), "CONTENT_LENGTH": str(MAX_BODY + 1),
               "wsgi.input": Unread()}  # fmt: skip
    w.receiver(environ, lambda status, headers: told.append(status))
    assert [status.partition(" ")[0] for status in told] == ["413"]
    body, headers = raw_signed(w, json.dumps({**EVENT, "id": "evt_big", "pad": "x" * (MAX_BODY - 500)}).encode())
    assert send(w.receiver, path_of(NAME), body, headers) == 200


@pytest.mark.parametrize("path", ["/", "/events", "/events/", "/events/Nobody", "/other/Stripe", "/events/Books"])
def test_where_nothing_is_taken_there_is_nothing(w, path):
    if path.endswith("Books"):
        add(w, "tryton", name="Books")
    delivery = signed(w, EVENT)
    assert send(w.receiver, path, delivery.body, delivery.headers) == 404


def test_other_methods_are_not_allowed(w):
    assert send(w.receiver, path_of(NAME), b"", {}, method="GET") == 405


def test_below_its_rung_a_delivery_is_evidence_and_no_event(w):
    name = add(w, "stripe", name="Low & new", rung=Rung.WRITES)
    delivery = signed(w, {**EVENT, "id": "evt_low"})
    assert send(w.receiver, path_of(name), delivery.body, delivery.headers) == 200
    assert not kept(w, "evt_low")
    found = counted(w, name)
    assert (found.proven, found.taken, found.not_taken) == (1, 0, 1)


def test_two_signing_secrets_while_one_is_replaced(w):
    receiver = Receiver(w.desk, lambda connection: ("whsec_new", "whsec_old"))
    at = int(w.clock.now().timestamp())
    statuses = [
        send(receiver, path_of(NAME), made.body, made.headers)
        for secret in ("whsec_new", "whsec_old", "whsec_older")
        for made in [stripe_event({**EVENT, "id": f"evt_{secret}"}, secret, at)]
    ]
    assert statuses == [200, 200, 401]


def test_without_a_secret_of_ours_the_provider_is_asked_to_come_again(w):
    receiver = Receiver(w.desk, lambda connection: ())
    delivery = signed(w, EVENT)
    assert send(receiver, path_of(NAME), delivery.body, delivery.headers) == 503


def test_a_busy_workspace_asks_for_the_event_again(w, monkeypatch):
    def busy(company):
        raise UserError("the workspace is busy", remedy="Try again.")

    event = {**EVENT, "id": "evt_busy"}
    with monkeypatch.context() as patch:
        patch.setattr(type(w.desk.workspace), "write", lambda self, company: busy(company))
        assert w.deliver(signed(w, event)) == 503
    assert not kept(w, "evt_busy")
    assert w.deliver(signed(w, event)) == 200


def test_a_crash_between_storing_and_answering_costs_nothing(w):
    """The provider sends it again, and it is there already."""
    delivery = signed(w, {**EVENT, "id": "evt_crash"})

    class Gone(BaseException):
        pass

    def crash(status, headers):
        raise Gone

    environ = {"REQUEST_METHOD": "POST", "REQUEST_URI": path_of(NAME), "CONTENT_LENGTH": str(len(delivery.body)),
               "wsgi.input": io.BytesIO(delivery.body),
               "HTTP_STRIPE_SIGNATURE": delivery.headers["Stripe-Signature"]}  # fmt: skip
    with pytest.raises(Gone):
        w.receiver(environ, crash)
    assert len(kept(w, "evt_crash")) == 1
    assert w.deliver(delivery) == 200
    assert len(kept(w, "evt_crash")) == 1


def keyed(w, name, secret="key"):
    receiver = Receiver(w.desk, lambda connection: (secret,), public="https://hooks.example.com")
    return lambda made: send(receiver, path_of(name), made.body, made.headers)


def test_xeros_intent_to_receive(w):
    """A right signature gets 200 and an empty body, a wrong one 401; it has no event in it."""
    post = keyed(w, add(w, "xero", tenant_id="t1"))
    intent = {"events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt"}
    stored = len(w.events())
    assert post(body_signed(intent, "x-xero-signature", "key")) == 200
    assert post(body_signed(intent, "x-xero-signature", "wrong")) == 401
    assert len(w.events()) == stored


def xero_event(resource, tenant="t1"):
    return {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/CreditNotes/{resource}",
        "resourceId": resource,
        "tenantId": tenant,
        "tenantType": "ORGANISATION",
        "eventCategory": "CREDITNOTE",
        "eventType": "CREATE",
        "eventDateUtc": "2025-12-02T00:44:09.923",
    }


def test_xeros_events_are_told_apart_and_those_of_other_tenants_left_out(w):
    name = add(w, "xero", name="Xero two", tenant_id="t1")
    post = keyed(w, name)
    body = {"events": [xero_event("a"), xero_event("b"), xero_event("c", "t2")], "entropy": "X"}
    assert post(body_signed(body, "x-xero-signature", "key")) == 200
    assert post(body_signed({**body, "entropy": "Y"}, "x-xero-signature", "key")) == 200
    found = [event for event in w.events() if event.source == name]
    assert sorted(json.loads(event.payload)["resourceId"] for event in found) == ["a", "b"]
    assert {event.kind for event in found} == {"CREDITNOTE.CREATE"}


def test_quickbooks_in_both_forms(w):
    name = add(w, "quickbooks", realm_id="310687")
    post = keyed(w, name)
    entity = {"name": "Payment", "id": "95", "operation": "Create", "lastUpdated": "2026-10-05T14:42:19-0700"}
    old = {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": [entity]}}
                                  for realm in ("310687", "999")]}  # fmt: skip
    cloud = [{"specversion": "1.0", "id": "88cd52aa", "source": "intuit.x=", "type": "qbo.payment.created.v1",
              "time": "2026-05-31T21:31:25.179Z", "intuitentityid": "95", "intuitaccountid": account, "data": {}}
             for account in ("310687",)]  # fmt: skip
    assert [post(body_signed(body, "intuit-signature", "key")) for body in (old, cloud, old, cloud)] == [200] * 4
    found = sorted((event.kind, event.event_id) for event in w.events() if event.source == name)
    assert [kind for kind, _ in found] == ["Payment.Create", "qbo.payment.created.v1"]
    assert found[1][1] == "88cd52aa"


def test_woocommerces_first_ping_has_no_signature(w):
    name = add(w, "woocommerce")
    receiver = Receiver(w.desk, lambda connection: ("key",))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert send(receiver, path_of(name), b"webhook_id=7", form) == 200
    made = body_signed({"id": 9}, "X-WC-Webhook-Signature", "key")
    named = {"X-WC-Webhook-Delivery-ID": "d1", "X-WC-Webhook-Topic": "order.updated"}
    assert send(receiver, path_of(name), made.body, {**made.headers, **named}) == 200
    assert send(receiver, path_of(name), made.body, {**made.headers, **named, "X-WC-Webhook-Signature": "x"}) == 401
    assert [(e.event_id, e.kind) for e in w.events() if e.source == name] == [("order.updated:d1", "order.updated")]


def test_paystack_has_no_ids_and_the_same_bytes_are_the_same_event(w):
    name = add(w, "paystack")
    receiver = Receiver(w.desk, lambda connection: ("sk_test_x",))
    for number in (1, 2, 1):
        body = json.dumps({"event": "charge.success", "data": {"id": number}}).encode()
        made = hmac.new(b"sk_test_x", body, hashlib.sha512).hexdigest()
        assert send(receiver, path_of(name), body, {"x-paystack-signature": made}) == 200
    assert [e.kind for e in w.events() if e.source == name] == ["charge.success"] * 2


@pytest.mark.parametrize("prefix", ["X-Shopify", "Shopify"])
def test_shopify_with_either_set_of_headers(w, prefix):
    name = add(w, "shopify", name=prefix)
    receiver, body = Receiver(w.desk, lambda connection: ("key",)), b'{"id": 1}'
    made = base64.b64encode(hmac.new(b"key", body, hashlib.sha256).digest()).decode()
    headers = {f"{prefix}-Hmac-Sha256": made, f"{prefix}-Event-Id": "e1", f"{prefix}-Topic": "orders/updated"}
    assert send(receiver, path_of(name), body, headers) == 200
    assert send(receiver, path_of(name), body, {**headers, f"{prefix}-Topic": "refunds/create"}) == 200
    assert send(receiver, path_of(name), body, headers) == 200
    assert len([e for e in w.events() if e.source == name]) == 2
    assert send(receiver, path_of(name), body, {**headers, f"{prefix}-Event-Id": "e" * 20_000}) == 400


def test_daraja_signs_nothing_so_its_address_is_secret_and_its_events_are_marked(w):
    name = add(w, "daraja", short_code="600000")
    receiver = Receiver(w.desk, lambda connection: ("t0ken",))
    body = json.dumps({"TransID": "rkl51zdr4f", "TransAmount": "5.00"}).encode()
    for token, status in (("", 401), ("t0keN", 401), ("t0ken", 200)):
        assert send(receiver, path_of(name, token), body, {}) == status
    (event,) = [e for e in w.events() if e.source == name]
    assert (event.event_id, event.verified) == ("RKL51ZDR4F", False)


def test_a_defect_is_told_without_the_secret_in_the_address(w, monkeypatch, capsys):
    name = add(w, "daraja", name="Till", short_code="600001")
    receiver = Receiver(w.desk, lambda connection: ("t0ken",))
    monkeypatch.setattr(module, "_told", lambda scheme, delivery: 1 // 0)
    assert send(receiver, path_of(name, "t0ken"), b"{}", {}) == 500
    told = capsys.readouterr().err
    assert ("ZeroDivisionError" in told, "t0ken" in told) == (True, False)


def test_a_clock_set_back_keeps_no_old_secret(w, monkeypatch):
    secrets = ["old"]
    receiver = Receiver(w.desk, lambda connection: secrets)
    assert send(receiver, path_of(NAME), *raw_signed(w, b'{"id": "back", "type": "x"}')) == 401
    secrets[:] = [w.stripe.signing_secret]
    monkeypatch.setattr(w.clock, "time", w.clock.time - timedelta(hours=1))
    assert send(receiver, path_of(NAME), *raw_signed(w, b'{"id": "back", "type": "x"}')) == 200


def test_square_needs_the_address_as_it_was_registered(w):
    name = add(w, "square", name="Square")
    body = json.dumps({"event_id": "sq1", "type": "payment.updated"}).encode()

    def post(registered, public):
        made = base64.b64encode(hmac.new(b"key", registered.encode() + body, hashlib.sha256).digest()).decode()
        receiver = Receiver(w.desk, lambda connection: ("key",), public=public)
        headers = {"x-square-hmacsha256-signature": made, "Host": "evil.example"}
        return send(receiver, path_of(name), body, headers)

    address = "https://hooks.example.com/events/Square"
    assert post(address, "https://hooks.example.com/") == 200
    assert post("https://evil.example/events/Square", "https://hooks.example.com") == 401
    assert post(address, "") == 401


def test_refusals_of_many_deliveries_are_written_down_once(w, monkeypatch):
    writes = []
    real = module.count
    monkeypatch.setattr(module, "count", lambda desk, name, more: writes.append(more) or real(desk, name, more))
    delivery = replace(signed(w, EVENT), headers={})
    assert {w.deliver(delivery) for _ in range(50)} == {401}
    assert writes == []
    w.receiver.flush()
    assert [more.refused for more in writes] == [{"signature": 50}]


def test_two_hundred_random_requests_are_answered_and_none_is_stored(w):
    rng, stored = random.Random(11), len(w.events())
    for _ in range(200):
        names = rng.sample(["Stripe-Signature", "Content-Type", "Content-Encoding", "X-Any"], rng.randrange(4))
        headers = {name: rng.randbytes(rng.randrange(40)).decode("latin-1") for name in names}
        status = send(w.receiver, path_of(NAME), rng.randbytes(rng.randrange(300)), headers)
        assert status in (400, 401, 415)
    assert len(w.events()) == stored
