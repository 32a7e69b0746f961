"""What PayPal's transactions become: every event code, what is no money, decimals, and the same record as a file."""

import tomllib
from importlib.resources import files

import pytest

from awra_desk.domain.records import RawRecord
from awra_desk.domain.transactions import SIGN, Kind
from awra_desk.normalise import Number, dumps, interpret, load_contract
from tests.connectors.pulling import contract
from tests.connectors.virtual_time import START

TEXT = (files("awra_desk.connectors.paypal") / "contract-1.toml").read_text("utf-8")
FILE = tomllib.loads(TEXT)
KINDS, HOLDS = FILE["maps"]["kinds"], FILE["maps"]["holds"]
NO_MONEY = ("T0505", "T1300", "T1301", "T1302", "T9800")
BANK = ("T0400", "T0401", "T0403", "T1101", "T1700", "T1701")

# One code and more of each group of PayPal's table, with what it is when money comes in and when it goes out.
GROUPS = {
    "T0000": ("charge", "transfer"), "T0003": ("charge", "transfer"), "T0006": ("charge", "transfer"),
    "T0013": ("charge", "transfer"), "T0020": ("tax", "tax"),
    "T0100": ("fee", "fee"), "T0106": ("fee", "fee"), "T0114": ("fee", "fee"),
    "T0200": ("fx", "fx"), "T0201": ("fx", "fx"), "T0202": ("fx", "fx"),
    "T0300": ("transfer", "transfer"), "T0303": ("transfer", "transfer"),
    "T0400": ("payout_failure", "payout"), "T0401": ("payout_failure", "payout"), "T0403": ("payout_failure", "payout"),
    "T0500": ("transfer", "transfer"), "T0600": ("transfer", "transfer"), "T0700": ("transfer", "transfer"),
    "T0800": ("adjustment", "adjustment"), "T0900": ("adjustment", "adjustment"), "T1000": ("transfer", "transfer"),
    "T1100": ("adjustment", "refund"), "T1101": ("payout_failure", "payout"), "T1104": ("transfer", "transfer"),
    "T1106": ("chargeback_reversal", "chargeback"), "T1107": ("adjustment", "refund"), "T1108": ("fee", "fee"),
    "T1109": ("fee", "fee"), "T1114": ("transfer", "transfer"),
    "T1200": ("adjustment", "adjustment"), "T1201": ("chargeback_reversal", "chargeback"),
    "T1202": ("chargeback_reversal", "adjustment"), "T1400": ("adjustment", "adjustment"),
    "T1600": ("transfer", "transfer"), "T1700": ("payout_failure", "payout"), "T1800": ("transfer", "transfer"),
    "T1900": ("adjustment", "adjustment"), "T2000": ("transfer", "transfer"), "T2201": ("transfer", "transfer"),
    "T3000": ("charge", "transfer"), "T5000": ("transfer", "transfer"), "T9700": ("adjustment", "adjustment"),
    "T9900": ("adjustment", "adjustment"),
}  # fmt: skip


def transaction(code="T0006", value="100.00", *, fee=None, fee_currency="", currency="USD", status="S", **info):
    told = {
        "transaction_id": "5TY05013RG002845M",
        "transaction_event_code": code,
        "transaction_initiation_date": "2026-10-05T21:30:00Z",
        "transaction_amount": {"currency_code": currency, "value": value},
        "transaction_status": status,
        **info,
    }
    if fee is not None:
        told["fee_amount"] = {"currency_code": fee_currency or currency, "value": fee}
    payer = {"email_address": "a@example.com", "payer_name": {"alternate_full_name": "Alice Ames"}}
    return {"key": "K", "transaction": {"transaction_info": told, "payer_info": payer}}


def read(*payloads, stream="transactions", zone="UTC"):
    records = [RawRecord("PayPal", stream, f"{at}", dumps(payload), START) for at, payload in enumerate(payloads)]
    return interpret(contract("paypal"), records, company="co", zone=zone)


def legs(*payloads):
    result = read(*payloads)
    assert result.rejects == []
    columns = (result.table[name].tolist() for name in ("external_id", "account", "kind", "amount"))
    return list(zip(*columns, strict=True))


def test_a_payment_is_its_gross_amount_and_its_fee():
    assert legs(transaction(fee="-3.98")) == [("K", "balance", "charge", 10_000), ("K:fee", "balance", "fee", -398)]
    table = read(transaction(fee="-3.98", invoice_id="PP-70001", paypal_reference_id="8EB")).table
    assert table["fee"].tolist() == [398, 0]
    assert table["references"].tolist() == ["5TY05013RG002845M\nPP-70001\n8EB", ""]
    assert table["counterparty"].tolist() == ["Alice Ames", ""]
    assert table["settlement_amount"].tolist() == [10_000, -398]
    assert legs(transaction()) == [("K", "balance", "charge", 10_000)]


def test_an_orders_name_in_the_subject_is_a_reference():
    table = read(transaction(transaction_subject="Order PP-70123, thanks")).table
    assert table["references"][0].split("\n") == ["5TY05013RG002845M", "PP-70123"]


@pytest.mark.parametrize(("code", "expected"), GROUPS.items())
@pytest.mark.parametrize("sign", [1, -1])
def test_event_codes_have_their_kinds(code, expected, sign):
    kind = expected[0 if sign > 0 else 1]
    (first, *rest) = legs(transaction(code, f"{sign * 7}.00"))
    assert first == ("K", "balance", kind, sign * 700)
    assert SIGN[Kind(kind)] in (0, sign)
    assert bool(rest) is (code in BANK)


def test_every_group_of_the_table_is_known():
    groups = {code[:3] for code in (*KINDS, *HOLDS, *NO_MONEY)}
    assert groups == {f"T{group:02}" for group in (*range(23), 30, 50, 97, 98, 99)}
    assert {code[:3] for code in GROUPS} == {code[:3] for code in KINDS}
    assert not set(KINDS) & set(HOLDS) & set(NO_MONEY)


def test_kinds_have_the_sign_of_their_amounts():
    for code, words in {**KINDS, **HOLDS}.items():
        pair = words if isinstance(words, dict) else {"positive": words, "negative": words}
        assert SIGN[Kind(pair["positive"])] >= 0, code
        assert SIGN[Kind(pair["negative"])] <= 0, code


@pytest.mark.parametrize("code", sorted(HOLDS))
def test_what_is_held_back_is_no_money_of_the_balance(code):
    assert legs(transaction(code, "-60.00", fee="-1.00"), transaction(code, "60.00")) == [
        ("K", "holds", "reserve_hold", -6_000),
        ("K", "holds", "reserve_release", 6_000),
    ]


@pytest.mark.parametrize("code", NO_MONEY)
def test_authorisations_and_rows_for_display_are_evidence(code):
    result = read(transaction(code, "60.00", fee="-1.00"))
    assert (len(result.table), len(result.evidence), result.rejects) == (0, 1, [])


def test_a_withdrawal_is_told_again_as_money_under_way():
    assert legs(transaction("T0400", "-343.00", bank_reference_id="YYW1052196567228")) == [
        ("K", "balance", "payout", -34_300),
        ("K:bank", "withdrawals", "payout", -34_300),
    ]
    table = read(transaction("T0400", "-343.00", bank_reference_id="YYW1052196567228")).table
    assert all("YYW1052196567228" in references for references in table["references"].tolist())
    assert {row[1:] for row in legs(transaction("T1101", "343.00"))} == {
        ("balance", "payout_failure", 34_300),
        ("withdrawals", "payout_failure", 34_300),
    }


def test_both_sides_of_a_conversion_name_what_they_belong_to():
    sides = [
        {**transaction("T0200", value, currency=code, paypal_reference_id="9PAYMENT"), "key": code}
        for code, value in (("EUR", "-50.00"), ("USD", "54.00"))
    ]
    table = read(*sides).table
    assert table["kind"].tolist() == ["fx", "fx"]
    assert sorted(zip(table["currency"].tolist(), table["amount"].tolist(), strict=True)) == [
        ("EUR", -5_000),
        ("USD", 5_400),
    ]
    assert all("9PAYMENT" in references for references in table["references"].tolist())


@pytest.mark.parametrize("status", ["S", "V", "F"])
def test_what_was_done_counts_even_when_it_was_reversed_later(status):
    assert legs(transaction(status=status)) == [("K", "balance", "charge", 10_000)]


@pytest.mark.parametrize("status", ["P", "D"])
@pytest.mark.parametrize("code", ["T0006", "T0400", "T2103"])
def test_what_waits_or_was_denied_moves_nothing(status, code):
    result = read(transaction(code, "-5.00", status=status))
    assert (len(result.table), len(result.evidence), result.rejects) == (0, 1, [])


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        (transaction("T0099"), "transaction_event_code"),
        (transaction("T2199"), "transaction_event_code"),
        (transaction(status="X"), "transaction_status"),
        (transaction(status=""), "transaction_status"),
        (transaction(value="ten"), "transaction_amount.value"),
        (transaction(value=Number("10.555")), "transaction_amount.value"),
        (transaction(value="10.005"), "transaction_amount.value"),
        (transaction(currency="XXY"), "transaction_amount.currency_code"),
        (transaction(currency="JPY", value="10.5"), "transaction_amount.value"),
        (transaction(fee="-1.00", fee_currency="EUR"), "fee_amount.currency_code"),
        (transaction(transaction_initiation_date="2026-10-05T21:30:00"), "transaction_initiation_date"),
        (transaction(transaction_initiation_date=None), "transaction_initiation_date"),
    ],
)
def test_what_does_not_fit_waits_in_quarantine(payload, path):
    result = read(payload, transaction())
    assert [reject.path.removeprefix("transaction.transaction_info.") for reject in result.rejects] == [path]
    assert result.table["amount"].tolist() == [10_000], "the rest of the batch goes on"


@pytest.mark.parametrize(
    ("currency", "written", "minor"),
    [
        ("USD", "12.34", 1_234),
        ("EUR", "-0.05", -5),
        ("JPY", "1200", 1_200),
        ("JPY", "1200.00", 1_200),
        ("HUF", "4500", 450_000),
        ("TWD", "310", 31_000),
        ("TWD", "310.00", 31_000),
        ("BRL", "7", 700),
    ],
)
def test_amounts_are_decimals_in_major_units(currency, written, minor):
    assert [leg[3] for leg in legs(transaction(value=written, currency=currency))] == [minor]


def test_both_ways_to_write_a_time_are_the_same_instant():
    table = read(transaction(), transaction(transaction_initiation_date="2026-10-05T14:30:00-0700")).table
    assert len(set(table["occurred_at"].tolist())) == 1
    assert str(read(transaction(), zone="Africa/Nairobi").table["booking_date"][0]) == "2026-10-06"


def test_balances_are_not_needed_in_a_row():
    bare = transaction()
    whole = transaction(ending_balance={"currency_code": "USD", "value": "250.00"})
    assert legs(bare) == legs(whole)


def test_disputes_are_evidence():
    result = read({"dispute_id": "PP-D-1", "status": "RESOLVED"}, stream="disputes")
    assert (len(result.table), len(result.evidence), result.rejects) == (0, 1, [])


FILED = {
    "T0006": ("Express Checkout Payment", "100.00", "-3.98", "96.02"),
    "T1107": ("Payment Refund", "-100.00", None, "-100.00"),
    "T0400": ("General Withdrawal", "-100.00", None, "-100.00"),
    "T0200": ("General Currency Conversion", "-100.00", None, "-100.00"),
    "T1201": ("Chargeback", "-100.00", None, "-100.00"),
    "T0106": ("Chargeback Fee", "-20.00", None, "-20.00"),
}


@pytest.mark.parametrize("code", list(FILED))
def test_the_activity_download_says_the_same_of_the_same_record(code):
    """Two witnesses: either way it has the same money, kind and day, and is found by the transaction's own id."""
    words, gross, fee, net = FILED[code]
    row = {
        "Date": "10/05/2026", "Time": "21:30:00", "TimeZone": "UTC", "Type": words, "Status": "Completed",
        "Currency": "USD", "Gross": gross, "Fee": fee or "0.00", "Net": net,
        "Transaction ID": "5TY05013RG002845M", "Invoice Number": "PP-70001", "Balance Impact": "Credit",
    }  # fmt: skip
    text = (files("awra_desk.files") / "paypal_activity-1.toml").read_text("utf-8")
    filed = RawRecord("Files", "statement", "x", dumps({"external_id": "x", "row": row}), START)
    by_file = interpret(load_contract(text, beside=("table",)), [filed], company="co", zone="UTC")
    by_api = read(transaction(code, gross, fee=fee, invoice_id="PP-70001"))
    assert by_file.rejects == by_api.rejects == []

    def told(table):
        rows = table.take(table["account"] == "balance")
        names = ("kind", "amount", "currency", "booking_date")
        return sorted(zip(*(rows[name].tolist() for name in names), strict=True))

    assert told(by_file.table) == told(by_api.table)
    first = [result.table["references"][0].split("\n")[:2] for result in (by_file, by_api)]
    assert first[0] == first[1] == ["5TY05013RG002845M", "PP-70001"]
