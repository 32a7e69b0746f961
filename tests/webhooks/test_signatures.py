"""Signatures: what the providers' own libraries sign is accepted, what they refuse is refused, and nothing raises."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import stripe
from hypothesis import given
from hypothesis import strategies as st
from square.utils.webhooks_helper import verify_signature

from awra_desk.webhooks import SCHEMES, signatures
from awra_desk.webhooks.signatures import Delivery, Verdict
from tests.soak import scaled

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
AT = int(NOW.timestamp())
BODY = b'{"id": "evt_1", "type": "charge.succeeded", "data": {"object": {"object": "charge"}}}'
STRIPE, STANDARD = "whsec_test_0123", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
URL = "https://hooks.example.com/events/Square"


def stripe_header(body: bytes, at: int = AT, secret: str = STRIPE) -> str:
    """Made by the official SDK's own signer."""
    made = stripe.WebhookSignature._compute_signature(f"{at}.{body.decode()}", secret)
    return f"t={at},v1={made}"


def stripe_says(header: str, body: bytes = BODY, now: datetime = NOW, secret: str = STRIPE) -> Verdict:
    return signatures.stripe(Delivery({"stripe-signature": header}, body), secret, now)


def test_what_stripes_sdk_signs_is_genuine():
    assert stripe_says(stripe_header(BODY)) is Verdict.GENUINE


def test_another_secret_or_body_is_not():
    assert stripe_says(stripe_header(BODY, secret="whsec_other")) is Verdict.FORGED
    assert stripe_says(stripe_header(BODY), BODY + b" ") is Verdict.FORGED
    reordered = json.dumps(json.loads(BODY), sort_keys=True).encode()
    assert stripe_says(stripe_header(BODY), reordered) is Verdict.FORGED


def test_any_of_several_v1_counts_and_v0_never_does():
    good = stripe_header(BODY)
    signed = good.partition("v1=")[2]
    assert stripe_says(f"t={AT},v1={'0' * 64},v1={signed},v0={'1' * 64}") is Verdict.GENUINE
    assert stripe_says(f"t={AT},v0={signed}") is Verdict.FORGED
    assert stripe_says(f"v1={signed}") is Verdict.FORGED


EDGES = [(0, True), (299, True), (300, True), (301, False), (-299, True), (-300, True), (-301, False),
         (86_400, False), (-31_536_000, False)]  # fmt: skip


@pytest.mark.parametrize(("late", "taken"), EDGES)
def test_the_window_of_stripe_has_two_sides(late, taken):
    """The SDK alone takes a time that is a year ahead."""
    verdict = stripe_says(stripe_header(BODY), now=NOW + timedelta(seconds=late))
    assert verdict is (Verdict.GENUINE if taken else Verdict.STALE)


@pytest.mark.parametrize(("late", "taken"), EDGES)
def test_the_window_of_standard_webhooks_has_two_sides(late, taken):
    verdict = standard_says(standard_headers(BODY), now=NOW + timedelta(seconds=late))
    assert verdict is (Verdict.GENUINE if taken else Verdict.STALE)


def standard_headers(body: bytes, identity: str = "msg_1") -> dict[str, str]:
    made = standardwebhooks.Webhook(STANDARD).sign(identity, NOW, body.decode())
    return {"webhook-id": identity, "webhook-timestamp": str(AT), "webhook-signature": made}


def standard_says(headers: dict[str, str], body: bytes = BODY, now: datetime = NOW) -> Verdict:
    return signatures.standard(Delivery(headers, body), STANDARD, now)


def test_the_published_vector_of_standard_webhooks():
    """Of its reference implementations' tests."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    assert standard_says(headers, b'{"test": 2432232314}', at) is Verdict.GENUINE
    assert standard_says(headers, b'{"test": 2432232315}', at) is Verdict.FORGED


def test_several_signatures_of_standard_webhooks():
    headers = standard_headers(BODY)
    other = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
    assert (
        standard_says({**headers, "webhook-signature": f"{other} v2,x {headers['webhook-signature']}"})
        is Verdict.GENUINE
    )
    assert standard_says({**headers, "webhook-signature": other}) is Verdict.FORGED
    assert standard_says({**headers, "webhook-id": "msg_2"}) is Verdict.FORGED


def mutated(rng: random.Random, text: str) -> str:
    """One small change of a text."""
    at = rng.randrange(len(text))
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + chr(ord(text[at]) ^ (1 << rng.randrange(5))) + text[at + 1 :]
    return text[:at] + (text[at + 1 :] if kind == 1 else rng.choice("0aZ=,. ") + text[at:])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_no_mutant_is_accepted(seed):
    """A changed body never; a changed header only where the signature in it is still whole and of the same second."""
    rng, whole = random.Random(seed), stripe_header(BODY)
    signed = whole.partition("v1=")[2]
    for _ in range(scaled(10_000)):
        assert stripe_says(whole, mutated(rng, BODY.decode()).encode()) is not Verdict.GENUINE
        header = mutated(rng, whole)
        genuine = stripe_says(header) is Verdict.GENUINE
        assert not genuine or (signed in header and str(AT) in header)
        headers = standard_headers(BODY)
        name = rng.choice(list(headers))
        changed = {**headers, name: mutated(rng, headers[name])}
        told = changed["webhook-signature"].split(" ")
        assert standard_says(changed) is not Verdict.GENUINE or (
            headers["webhook-signature"] in told and changed["webhook-id"] == headers["webhook-id"]
        )
        assert standard_says(headers, mutated(rng, BODY.decode()).encode()) is not Verdict.GENUINE


@given(st.dictionaries(st.sampled_from(["stripe-signature", "webhook-id", "webhook-timestamp", "webhook-signature",
                                        "x-xero-signature", "x-paystack-signature", "intuit-signature"]), st.text()),
       st.binary())  # fmt: skip
def test_whatever_comes_nothing_raises_and_nothing_is_genuine(headers, body):
    for scheme in SCHEMES.values():
        for secret in ("secret", STANDARD, "whsec_%%%"):
            assert scheme.verify(Delivery(headers, body), secret, NOW) is Verdict.FORGED


def of_body(secret: str, body: bytes, digest: str = "sha256") -> bytes:
    return hmac.new(secret.encode(), body, digest).digest()


BY_BODY = [
    ("shopify", "x-shopify-hmac-sha256"),
    ("shopify", "shopify-hmac-sha256"),
    ("quickbooks", "intuit-signature"),
    ("xero", "x-xero-signature"),
    ("woocommerce", "x-wc-webhook-signature"),
]


@pytest.mark.parametrize(("provider", "header"), BY_BODY)
def test_those_that_sign_the_body_in_base64(provider, header):
    verify = SCHEMES[provider].verify
    made = base64.b64encode(of_body("key", BODY)).decode()
    assert verify(Delivery({header: made}, BODY), "key", NOW) is Verdict.GENUINE
    assert verify(Delivery({header: made}, BODY + b"\n"), "key", NOW) is Verdict.FORGED
    assert verify(Delivery({header: of_body("key", BODY).hex()}, BODY), "key", NOW) is Verdict.FORGED
    assert verify(Delivery({}, BODY), "key", NOW) is Verdict.FORGED


def test_paystack_signs_in_hex_with_sha512():
    verify = SCHEMES["paystack"].verify
    made = hmac.new(b"sk_test_x", BODY, hashlib.sha512).hexdigest()
    assert verify(Delivery({"x-paystack-signature": made}, BODY), "sk_test_x", NOW) is Verdict.GENUINE
    assert verify(Delivery({"x-paystack-signature": made}, BODY), "sk_test_y", NOW) is Verdict.FORGED


def test_square_signs_address_and_body_as_its_sdk_checks():
    made = base64.b64encode(of_body("key", URL.encode() + BODY)).decode()
    assert verify_signature(
        request_body=BODY.decode(), signature_header=made, signature_key="key", notification_url=URL
    )
    verify = SCHEMES["square"].verify
    headers = {"x-square-hmacsha256-signature": made}
    assert verify(Delivery(headers, BODY, url=URL), "key", NOW) is Verdict.GENUINE
    for url in (f"{URL}/", URL.replace("https", "http"), ""):
        assert verify(Delivery(headers, BODY, url=url), "key", NOW) is Verdict.FORGED
