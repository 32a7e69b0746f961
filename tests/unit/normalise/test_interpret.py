"""Raw records become exact transactions or rejects that say why; nothing is lost on the way."""

import json
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.domain.money import exponent
from awra_desk.normalise import Number
from awra_desk.ports.schemas import TRANSACTIONS
from tests.soak import scaled
from tests.unit.normalise.samples import CONTRACT, normalised, record, sale


def rows(result):
    names = list(TRANSACTIONS)
    return [dict(zip(names, row, strict=True)) for row in result.table.rows()]


def test_a_record_becomes_its_legs():
    (raw,) = [
        record(sale(note="Order #1042 of po_77", number="R-7", status="done", till="2", source={"customer": "c_1"}))
    ]
    result = normalised(raw)
    gross, fee, tax = rows(result)
    assert result.table.names == tuple(TRANSACTIONS)
    assert (gross["id"], fee["id"], tax["id"]) == ("Shop/sales/s_1", "Shop/sales/s_1:fee", "Shop/sales/s_1:tax")
    assert [row["kind"] for row in (gross, fee, tax)] == ["charge", "fee", "tax"]
    assert [row["amount"] for row in (gross, fee, tax)] == [1000, -30, -5]
    assert [row["settlement_amount"] for row in (gross, fee, tax)] == [1000, -30, -5]
    assert gross["references"] == "R-7\npo_77\n#1042"
    assert json.loads(gross["dimensions"]) == {"channel": "shop", "till": "2"}
    assert (gross["description"], gross["counterparty"], gross["status"]) == ("Order #1042 of po_77", "c_1", "done")
    assert (gross["company"], gross["source"], gross["stream"], gross["raw_id"]) == (
        "Acme",
        "Shop",
        "sales",
        raw.raw_id,
    )
    assert (gross["account"], gross["contract"], gross["occurrence"]) == ("balance", CONTRACT.version, 1)
    assert (gross["book_amount"], gross["book_currency"], gross["currency"]) == (0, "", "USD")
    assert result.rejects == []
    assert result.evidence == ()


def test_days_are_booking_days_of_the_zone():
    """2026-10-01 03:30 UTC is still September in New York, and already half past six in Nairobi."""
    raw = record(sale(at=1_790_825_400))
    assert rows(normalised(raw))[0]["booking_date"] == date(2026, 9, 30)
    assert rows(normalised(raw, zone="Africa/Nairobi"))[0]["booking_date"] == date(2026, 10, 1)
    assert rows(normalised(raw))[0]["occurred_at"] == datetime(2026, 10, 1, 3, 30)  # noqa: DTZ001  # columns are naive UTC


def test_a_foreign_sale_keeps_its_own_amount():
    raw = record(sale(source={"amount": 920, "currency": "eur"}))
    gross, fee, _ = rows(normalised(raw))
    assert (gross["amount"], gross["currency"]) == (920, "EUR")
    assert (gross["settlement_amount"], gross["settlement_currency"]) == (1000, "USD")
    assert (fee["amount"], fee["currency"]) == (-30, "USD")
    back = record(sale(type="back", amount=-1000, net=-1035, source={"amount": 920, "currency": "eur"}))
    assert rows(normalised(back))[0]["amount"] == -920


@pytest.mark.parametrize(
    ("currency", "wire", "minor"),
    [("ugx", 5_000_00, 5_000), ("isk", 100, 1), ("mga", 7, 700), ("jpy", 7, 7), ("bhd", 1230, 1230)],
)
def test_wire_decimals_become_iso_minor_units(currency, wire, minor):
    raw = record(sale(currency=currency, amount=wire, net=wire, fees=[]))
    assert rows(normalised(raw))[0]["amount"] == minor


def line(**changes):
    whole = {"no": 1, "amount": Number("12.50"), "way": "in", "account": "35"}
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def document(*lines, **changes):
    whole = {"id": "7", "day": "2026-10-31", "home": "USD", "lines": list(lines)}
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def test_a_document_gives_a_transaction_a_line():
    whole = document(
        line(), line(no=None, way="out", text="rent"), created="2026-10-31T17:30:00-07:00", texts=[{"line": "all"}]
    )
    one, two = rows(normalised(record(whole, "lines", "7")))
    assert (one["external_id"], two["external_id"]) == ("7:1", "7:1")
    assert (one["occurrence"], two["occurrence"]) == (1, 2)
    assert two["id"] == "Shop/lines/7:1#2"
    assert (one["amount"], two["amount"]) == (1250, -1250)
    assert (one["book_amount"], one["book_currency"], one["settlement_currency"]) == (1250, "USD", "")
    assert one["booking_date"] == date(2026, 10, 31)
    assert one["occurred_at"] == datetime(2026, 11, 1, 0, 30)  # noqa: DTZ001
    assert (one["description"], two["description"]) == ("all", "rent all")


def test_without_an_instant_the_day_begins_in_the_zone():
    (row,) = rows(normalised(record(document(line()), "lines", "7")))
    assert row["occurred_at"] == datetime(2026, 10, 31, 4, 0)  # noqa: DTZ001


MISFITS = [
    (sale(amount=None), "amount", ""),
    (sale(amount="1000"), "amount", "1000"),
    (sale(amount=Number("10.00")), "amount", "10.00"),
    (sale(amount=True), "amount", "true"),
    (sale(net=960), "net", "-0.05 USD"),
    (sale(currency=None), "currency", ""),
    (sale(currency="xyz", fees=[], net=1000), "currency", "XYZ"),
    (sale(currency=["usd"]), "currency", '["usd"]'),
    (sale(currency="eur"), "fees[].currency", "USD"),
    (sale(currency="ugx", amount=150, net=150, fees=[]), "net", "150"),
    (sale(type="gift"), "type", "gift"),
    (sale(type=None), "type", ""),
    (sale(amount=-1000, net=-1035), "amount", "-1000"),
    (sale(id=None), "id", ""),
    (sale(id=True), "id", "true"),
    (sale(at=None), "at", ""),
    (sale(at="2026-10-01"), "at", "2026-10-01"),
    (sale(at=10**15), "at", "1000000000000000"),
    (sale(at=0), "at", "0"),
    (sale(fees={"amount": 35}), "fees", '{"amount":35}'),
    (sale(fees=[{"type": "card"}], net=1000), "@.amount", ""),
    (sale(note={"text": "x"}), "note", '{"text":"x"}'),
    (sale(amount=10**30, net=10**30 - 35), "net", str(10**30 - 35)),
    (sale(source={"currency": "eur"}), "source.amount", ""),
    (sale(source={"amount": 1, "currency": "zzz"}), "source.currency", "ZZZ"),
    ("[]", "currency", ""),
    ("not json", "", "not json"),
    ('{"id": "s_1", "id": "s_2"}', "", '{"id": "s_1", "id": "s_2"}'),
]


@pytest.mark.parametrize(("payload", "path", "value"), MISFITS, ids=lambda item: str(item)[:40])
def test_what_does_not_fit_is_named_and_the_rest_goes_on(payload, path, value):
    good, bad, late = (
        record(sale(), external_id="a"),
        record(payload, external_id="b"),
        record(sale(id="c"), external_id="c"),
    )
    result = normalised(good, bad, late)
    (reject,) = result.rejects
    assert (reject.path, reject.value) == (path, value)
    assert (reject.raw_id, reject.external_id, reject.stream, reject.source) == (bad.raw_id, "b", "sales", "Shop")
    assert reject.contract == CONTRACT.version
    assert reject.reason.endswith(".")
    assert set(result.table["raw_id"].tolist()) == {good.raw_id, late.raw_id}


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        (document(line(amount=Number("12.505"))), "@.amount"),
        (document(line(amount="12,50")), "@.amount"),
        (document(line(amount={"decimal": "1"})), "@.amount"),
        (document(line(way="sideways")), "@.way"),
        (document(line(way=None)), "@.way"),
        (document(line(account=None)), "@.account"),
        (document(line(), day="31.10.2026"), "day"),
        (document(line(), day="0001-01-01"), "day"),
        (document(line(), day=None), "day"),
        (document(line(), created="2026-10-31T17:30:00"), "created"),
        (document(line(), home=None), "currency"),
        (document(line(), "not a line"), "@.amount"),
    ],
)
def test_a_document_that_does_not_fit_gives_no_line_at_all(payload, path):
    result = normalised(record(payload, "lines", "7"))
    assert [reject.path for reject in result.rejects] == [path]
    assert len(result.table) == 0


def test_unknown_streams_are_rejected_and_evidence_is_named():
    odd, proof, void, free = (
        record({}, "surprises"), record("no json at all", "proofs"), record(sale(status="void"), external_id="v"),
        record(sale(amount=0, net=0, fees=[]), external_id="z"),
    )  # fmt: skip
    result = normalised(odd, proof, void, free)
    assert [reject.value for reject in result.rejects] == ["surprises"]
    assert result.evidence == (proof.raw_id, void.raw_id, free.raw_id)


def test_unknown_fields_are_fine_and_hostile_texts_are_storable():
    raw = record(sale(extra={"deep": [1]}, note="zero \x00 and half \ud800 and\nline", till="=1+1"))
    (gross, *_) = rows(normalised(raw))
    assert gross["description"] == "zero \ufffd and half \ufffd and line"
    assert json.loads(gross["dimensions"])["till"] == "=1+1"
    gross["description"].encode()


def test_no_records_give_an_empty_table():
    result = normalised()
    assert (len(result.table), result.rejects, result.evidence) == (0, [], ())
    assert result.table.names == tuple(TRANSACTIONS)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(max_size=8)
    | st.sampled_from(["usd", "eur", "sale", "card"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(sale())), inner, max_size=4),
    max_leaves=6,
)


@given(
    changes=st.lists(
        st.dictionaries(st.sampled_from([*sale(), "note", "status", "source"]), JSON, max_size=3), max_size=6
    )
)
@settings(max_examples=scaled(6_000))
def test_nothing_is_lost_whatever_comes(changes):
    """Every record ends as transactions, as declared evidence, or as one reject; and the legs of each add up to its
    net.
    """
    records = [record({**sale(), **change}, external_id=f"s_{index}") for index, change in enumerate(changes)]
    result = normalised(*records)
    transacted = set(result.table["raw_id"].tolist())
    rejected = [reject.raw_id for reject in result.rejects]
    assert len(set(rejected)) <= len(rejected) == sum(raw.raw_id in set(rejected) for raw in records)
    for raw in records:
        assert (raw.raw_id in transacted) + (raw.raw_id in rejected) + (raw.raw_id in result.evidence) == 1
    for raw in records:
        if raw.raw_id in transacted:
            payload = json.loads(raw.payload)
            wire = {"UGX": 2, "ISK": 2, "MGA": 0}.get(payload["currency"].upper())
            scale = 0 if wire is None else exponent(payload["currency"].upper()) - wire
            rows_of = result.table["raw_id"] == raw.raw_id
            copies = sum(other.raw_id == raw.raw_id for other in records)
            assert int(result.table["settlement_amount"][rows_of].sum()) == copies * int(payload["net"] * 10**scale)


@given(order=st.permutations(range(8)))
def test_the_order_of_records_changes_nothing(order):
    records = [
        record(sale(id=f"s_{index}", amount=1000 + index, net=965 + index), external_id=f"s_{index}")
        for index in range(8)
    ]
    straight, shuffled = normalised(*records), normalised(*(records[index] for index in order))
    key, other = np.argsort(straight.table["id"].astype(str)), np.argsort(shuffled.table["id"].astype(str))
    assert list(straight.table.take(key).rows()) == list(shuffled.table.take(other).rows())
