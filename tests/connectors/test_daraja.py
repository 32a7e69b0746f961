"""Daraja's list pulled and held against callbacks: complete within its 48 hours, and loud about what lies outside."""

import base64
import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from awra_desk.connectors._http import dumps
from awra_desk.connectors.daraja import DarajaSource
from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection, SelfProving, TransportError
from awra_desk.sandbox.nairobi import NairobiSpec, simulate_nairobi
from awra_desk.sandbox.servers._http import Response
from awra_desk.sandbox.servers.daraja import DarajaApplication
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.simulation.in_process import InProcess
from tests.soak import scaled

SAMPLES = (Path(__file__).parents[1] / "contracts/mpesa/mpesa_endpoints.md").read_text(encoding="utf-8")
SECRET = {"consumer_key": "key0123456789", "consumer_secret": "canaryA1b2C3d4E5f6"}
NOW = datetime(2026, 10, 31, 20, 59, 59, tzinfo=UTC)


def published(heading):
    """The last JSON block under a heading of the transcribed samples."""
    section = SAMPLES.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return json.loads(re.sub(r"//.*", "", re.findall(r"```json\n(.*?)```", section, re.DOTALL)[-1]))


class Wire(InProcess):
    """Answers in this process; `troubles` are statuses that come first (None: the line is cut)."""

    def __init__(self, application, *troubles, dies_at=0):
        super().__init__(application)
        self.troubles = list(troubles)
        self.requests = []
        self.dies_at = dies_at

    def handle_request(self, request):
        self.requests.append(request)
        if len(self.requests) == self.dies_at:
            raise Crash
        if self.troubles and request.url.path.startswith("/pull"):
            failure = self.application.failure(self.troubles.pop(0))
            return type(self).answer(failure)
        return super().handle_request(request)

    @staticmethod
    def answer(response: Response):
        return httpx.Response(response.status, headers=list(response.headers), content=response.body)


class Crash(Exception):
    """The process is gone."""


@pytest.fixture(scope="module")
def wallet():
    return simulate_nairobi(NairobiSpec(seed=8, orders=1_100)).paybill


def application(wallet, page=5):
    return DarajaApplication(wallet, now=int(NOW.timestamp()), page=page, **SECRET)


def source(app, *, wire=None, clock=None, secret=SECRET, **options):
    own = Connection(
        "co", "Daraja", "daraja", "http://127.0.0.1:1", "Africa/Nairobi",
        {"allow_loopback": "true", "short_code": "600123", **options},
    )  # fmt: skip
    clock = clock or VirtualClock(NOW)
    return DarajaSource(own, secret, guard=open_guard(), clock=clock, rng=random.Random(5), transport=wire or Wire(app))


def recent(wallet, hours=48, now=NOW):
    first = int(now.timestamp()) - hours * 3600
    return {row.receipt: row for row in wallet.movements if row.completed and row.minor > 0 and row.at >= first}


def test_the_last_48_hours_are_pulled_whole(wallet):
    shelf, expected = Shelf(), recent(wallet)
    assert shelf.pull(source(application(wallet)))
    assert len(expected) > 15
    assert {record.external_id for record in shelf.records("pull_transactions")} == set(expected)
    result = shelf.interpret("daraja", "pull_transactions", "Africa/Nairobi")
    assert result.rejects == []
    assert dict(zip(result.table["external_id"].tolist(), result.table["amount"].tolist(), strict=True)) == {
        receipt: row.minor for receipt, row in expected.items()
    }
    assert set(result.table["kind"].tolist()) == {"charge"}


def test_the_published_answer_is_read():
    shelf = Shelf()
    for row in published("Pull transaction API")["Response"][0]:
        record = RawRecord("Daraja", "pull_transactions", row["transactionId"], dumps(row), NOW)
        shelf.newest["pull_transactions", record.external_id] = record
    table = shelf.interpret("daraja", "pull_transactions", "Africa/Nairobi").table
    assert sorted(table["amount"].tolist()) == [9_300, 16_800, 64_700, 68_700, 87_600]
    assert set(table["currency"].tolist()) == {"KES"}
    assert "37207636392" in table["references"].tolist()[0]


def test_the_sandbox_answers_with_the_published_fields(wallet):
    rows = published("Pull transaction API")["Response"][0]
    shelf = Shelf()
    shelf.pull(source(application(wallet)))
    for record in shelf.records("pull_transactions"):
        payload = json.loads(record.payload)
        assert {name: type(value) for name, value in payload.items()} == {
            name: type(value) for name, value in rows[0].items()
        }


def test_the_token_is_fetched_once_and_again_when_it_is_refused_or_old(wallet):
    app, clock = application(wallet), VirtualClock(NOW)
    assert published("Get auth token")["expires_in"] == "3599"
    wire = Wire(app)
    daraja = source(app, wire=wire, clock=clock)
    tokens = lambda: sum(request.url.path.startswith("/oauth") for request in wire.requests)  # noqa: E731
    Shelf().pull(daraja)
    assert tokens() == 1
    app.expire()
    Shelf().pull(daraja)
    assert tokens() == 2
    clock.time += timedelta(seconds=3599 - 30)
    Shelf().pull(daraja)
    assert tokens() == 3


def test_the_same_pull_twice_changes_nothing_and_overlaps(wallet):
    app, shelf = application(wallet), Shelf()
    shelf.pull(source(app))
    before = set(shelf.versions)
    app.rows.mutate("payments", next(iter(recent(wallet, 6))), {})
    shelf.pull(source(app))
    assert shelf.versions == before


def test_a_payment_that_is_listed_late_comes_with_the_next_pull(wallet):
    app, shelf = application(wallet), Shelf()
    late = next(iter(recent(wallet, 10)))
    app.rows.withhold("payments", [late])
    shelf.pull(source(app))
    assert ("pull_transactions", late) not in shelf.newest
    app.rows.release()
    shelf.pull(source(app, clock=VirtualClock(NOW + timedelta(minutes=5))))
    assert ("pull_transactions", late) in shelf.newest


def test_a_future_cursor_gives_nothing_and_stays(wallet):
    (page,) = source(application(wallet)).pages("pull_transactions", "2090-01-01T00:00:00+00:00")
    assert (page.records, page.cursor, page.complete) == ([], "2090-01-01T00:00:00+00:00", True)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(scaled(500)))
def test_a_pull_that_is_cut_or_dies_anywhere_ends_the_same(wallet, seed):
    app, whole, shelf = application(wallet, page=3), Shelf(), Shelf()
    whole.pull(source(app))
    draw = random.Random(seed)
    for _ in range(2):
        try:
            shelf.pull(source(app, wire=Wire(app, dies_at=draw.randrange(2, 12))), cut_after=draw.randrange(1, 9))
        except Crash:
            continue
    assert shelf.pull(source(app))
    assert shelf.payloads() == whole.payloads()
    assert shelf.cursors == whole.cursors


def test_a_gap_is_told_and_goes_on_only_when_it_was_accepted(wallet):
    app = application(wallet)
    long_ago = (NOW - timedelta(hours=60)).isoformat()
    with pytest.raises(TransportError, match="29-10-2026 11:59") as caught:
        next(source(app).pages("pull_transactions", long_ago))
    assert "M-PESA statement" in caught.value.text
    option = re.search(r"gap_accepted_until=(\S+)\.$", caught.value.text).group(1)
    pages = list(source(app, gap_accepted_until=option).pages("pull_transactions", long_ago))
    assert {record.external_id for page in pages for record in page.records} == set(recent(wallet))
    # It was accepted for that gap only.
    later = VirtualClock(NOW + timedelta(hours=60))
    with pytest.raises(TransportError, match="48 hours"):
        next(source(app, clock=later, gap_accepted_until=option).pages("pull_transactions", NOW.isoformat()))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_on_the_way_is_waited_for(wallet, status):
    app, clock = application(wallet), VirtualClock(NOW)
    shelf = Shelf()
    shelf.pull(source(app, wire=Wire(app, status, status), clock=clock))
    assert len(shelf.newest) >= len(recent(wallet)) - 1
    assert sum(clock.sleeps) > 0


def test_what_is_refused_is_told_with_daraja_s_own_code_and_without_the_secret(wallet):
    app = application(wallet)
    with pytest.raises(TransportError, match=r"400\.003\.02") as caught:
        list(source(app, short_code="999").pages("pull_transactions", None))
    assert "11728-2929992-1" in caught.value.text
    wrong = {"consumer_key": "key0123456789", "consumer_secret": "canaryWrongSecret"}
    with pytest.raises(TransportError, match="Invalid Authentication") as caught:
        list(source(app, secret=wrong).pages("pull_transactions", None))
    assert "canary" not in caught.value.text
    assert "canary" not in repr(source(app)._http)


def confirmation(row, **changes):
    eat = datetime.fromtimestamp(row.at, UTC) + timedelta(hours=3)
    section = SAMPLES.split("//Confirmation Response")[1]
    return {
        **json.loads(section[: section.index("}") + 1]),
        "TransactionType": "Pay Bill",
        "TransID": row.receipt,
        "TransTime": f"{eat:%Y%m%d%H%M%S}",
        "TransAmount": f"{row.minor // 100}.{row.minor % 100:02}",
        "BusinessShortCode": "600123",
        "BillRefNumber": row.account_no,
        **changes,
    }


def status_result(receipt, amount, status="Completed"):
    body = published("Transaction status query")
    pairs = body["Result"]["ResultParameters"]["ResultParameter"]
    told = {"ReceiptNo": receipt, "Amount": amount, "TransactionStatus": status}
    body["Result"]["ResultParameters"]["ResultParameter"] = [
        {**pair, "Value": told[pair["Key"]]} if pair["Key"] in told else pair for pair in pairs
    ]
    return body


def stored(folder, *bodies):
    (folder / "callbacks.jsonl").write_text("".join(json.dumps(body) + "\n" for body in bodies), encoding="utf-8")
    return str(folder)


def pulled(wallet, callbacks):
    daraja, shelf = source(application(wallet), callbacks=callbacks), Shelf()
    assert shelf.pull(daraja)
    (proof,) = daraja.proofs()
    return shelf, proof


def test_witnesses_of_one_payment_are_three_records_and_only_the_list_moves_money(wallet, tmp_path):
    row = next(iter(recent(wallet).values()))
    folder = stored(tmp_path, confirmation(row), confirmation(row), status_result(row.receipt, row.minor // 100))
    shelf, proof = pulled(wallet, folder)
    witnesses = {stream for stream, external in shelf.newest if external == row.receipt}
    assert witnesses == {"pull_transactions", "c2b_confirmations", "transaction_status"}
    for stream in ("c2b_confirmations", "transaction_status"):
        result = shelf.interpret("daraja", stream, "Africa/Nairobi")
        assert (len(result.table), len(result.evidence)) == (0, 1)
    assert isinstance(source(application(wallet)), SelfProving)
    assert (proof.expected, proof.actual, proof.is_proof) == (row.minor, row.minor, True)


def test_a_forged_confirmation_breaks_the_proof(wallet, tmp_path):
    row = next(iter(recent(wallet).values()))
    forged = confirmation(row, TransID="UJVP000000", TransAmount="5000.00")
    _, proof = pulled(wallet, stored(tmp_path, confirmation(row), forged))
    assert proof.actual - proof.expected == 500_000


def test_a_changed_amount_breaks_the_proof(wallet, tmp_path):
    row = next(iter(recent(wallet).values()))
    _, proof = pulled(wallet, stored(tmp_path, confirmation(row, TransAmount="1.00")))
    assert (proof.expected, proof.actual) == (row.minor, 100)


def test_a_status_result_confirms_what_is_too_old_for_the_list(wallet, tmp_path):
    old = next(row for row in wallet.movements if row.completed and row.minor > 0)
    _, proof = pulled(wallet, stored(tmp_path, confirmation(old), status_result(old.receipt, old.minor // 100)))
    assert (proof.expected, proof.actual) == (old.minor, old.minor)
    _, proof = pulled(wallet, stored(tmp_path, confirmation(old), status_result(old.receipt, 1, "Failed")))
    assert (proof.expected, proof.actual) == (0, 0)  # not judged: neither listed hours nor a completed result


@pytest.fixture(scope="module")
def safaricom(tmp_path_factory):
    """A key, and the path of its self-signed certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sandbox")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    path = tmp_path_factory.mktemp("certificate") / "safaricom.pem"
    path.write_bytes(dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return key, str(path)


INITIATED = {**SECRET, "initiator_password": "canaryPassw0rd!"}


def test_the_status_of_a_doubtful_confirmation_is_asked_for(wallet, tmp_path, safaricom):
    key, certificate = safaricom
    row = next(iter(recent(wallet).values()))
    doubtful = confirmation(row, TransID="UJVP000000")
    options = {"initiator": "testapi", "certificate": certificate, "result_url": "https://relay.example.com/daraja"}
    app = application(wallet)
    daraja = source(app, secret=INITIATED, callbacks=stored(tmp_path, confirmation(row), doubtful), **options)
    Shelf().pull(daraja)
    (asked,) = app.asked
    published_body = SAMPLES.split("\n## Transaction status query")[1].split("Response:")[0]
    assert set(asked) == set(re.findall(r'^    "(\w+)":', published_body, re.MULTILINE))
    assert (asked["TransactionID"], asked["PartyA"], asked["IdentifierType"]) == ("UJVP000000", "600123", "4")
    plain = key.decrypt(base64.b64decode(asked["SecurityCredential"]), padding.PKCS1v15())
    assert plain == INITIATED["initiator_password"].encode()
    assert "canary" not in str(asked)
    # Once its result was posted it is known, and not asked for again.
    stored(tmp_path, confirmation(row), doubtful, status_result("UJVP000000", row.minor // 100))
    daraja = source(app, secret=INITIATED, callbacks=str(tmp_path), **options)
    Shelf().pull(daraja)
    assert len(app.asked) == 1
    assert daraja.proofs()[0].holds


def test_status_queries_need_all_their_parts(wallet, safaricom, tmp_path):
    app, whole = application(wallet), {"initiator": "testapi", "certificate": safaricom[1], "result_url": "https://a.b"}
    (tmp_path / "no.pem").write_text("none")
    with pytest.raises(UsageError, match="initiator_password"):
        source(app, **whole)
    for wrong, words in (
        ({"result_url": "http://a.b"}, "result_url"),
        ({"certificate": str(tmp_path / "no.pem")}, "certificate"),
        ({"certificate": ""}, "certificate"),
    ):
        with pytest.raises(UsageError, match=words):
            source(app, secret=INITIATED, **{**whole, **wrong})


def test_the_same_callbacks_give_nothing_again(wallet, tmp_path):
    row = next(iter(recent(wallet).values()))
    daraja = source(application(wallet), callbacks=stored(tmp_path, confirmation(row)))
    (page,) = daraja.pages("c2b_confirmations", None)
    assert list(daraja.pages("c2b_confirmations", page.cursor)) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"{", "no sound JSON"),
        ("a.json", b'{"Body": {"stkCallback": {}}}', "neither a C2B confirmation"),
        ("a.jsonl", b'\n{"TransID": ""}\n', "line 2"),
        ("a.json", b"\xff", "not UTF-8"),
    ],
)
def test_a_body_of_another_kind_is_named(wallet, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=words):
        list(source(application(wallet), callbacks=str(tmp_path)).pages("c2b_confirmations", None))


def test_what_is_not_darajas_is_refused(wallet, tmp_path):
    app = application(wallet)
    with pytest.raises(UsageError, match="no stream"):
        next(source(app).pages("c2b_confirmations", None))
    with pytest.raises(UsageError, match="cursor"):
        next(source(app).pages("pull_transactions", "yesterday"))
    with pytest.raises(UsageError, match="consumer_key"):
        source(app, secret={"consumer_key": "x"})
    with pytest.raises(UsageError, match="short_code"):
        source(app, short_code="paybill")
    with pytest.raises(UsageError, match="gap_accepted_until"):
        source(app, gap_accepted_until="soon")
    with pytest.raises(UsageError, match="no such folder"):
        list(source(app, callbacks=str(tmp_path / "none")).pages("transaction_status", None))


def test_an_unknown_type_or_a_changed_answer_is_not_taken_for_money(wallet):
    app, shelf = application(wallet), Shelf()
    receipts = list(recent(wallet))
    app.rows.mutate("payments", receipts[-1], {"transactiontype": "b2c-refund"})
    app.rows.mutate("payments", receipts[-2], {"amount": "1,000.00"})
    for minutes in (0, 5):
        shelf.pull(source(app, clock=VirtualClock(NOW + timedelta(minutes=minutes))))
    result = shelf.interpret("daraja", "pull_transactions", "Africa/Nairobi")
    assert {reject.path for reject in result.rejects} == {"transactiontype", "amount"}
    assert len(result.table) == len(receipts) - 2
