"""Exported payout reports: amounts and fees with their signs, members that add up to their payout, and what is odd."""

from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.app.bootstrap import FILES
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import to_text
from awra_desk.normalise import interpret, load_contract
from tests.unit.files.bank_sample import broken, connected


def contract(provider):
    return load_contract((files("awra_desk.files") / f"{provider}-1.toml").read_text("utf-8"), beside=("table",))


def source(provider, path, **texts):
    for name, text in texts.items():
        (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return connected(FILES[provider], path)


def rows_of(provider, of):
    records = [record for stream in of.streams for page in of.pages(stream, None) for record in page.records]
    return interpret(contract(provider), records, company="co", zone="UTC")


def told(table, *names):
    return list(zip(*(table[name].tolist() for name in names), strict=True))


ACTIVITY = """balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,\
description,customer_facing_amount,customer_facing_currency,automatic_payout_id,payment_metadata[order]
txn_1,2026-10-05 14:03:11,2026-10-07 00:00:00,usd,120.00,3.78,116.22,charge,ch_1,Order #1001,110.00,eur,po_1,KR-1001
txn_2,2026-10-06 09:00:00,2026-10-07 00:00:00,usd,-20.00,0.00,-20.00,refund,re_1,REFUND,-20.00,usd,po_1,
txn_3,2026-10-06 10:00:00,2026-10-07 00:00:00,usd,-30.00,15.00,-45.00,dispute,dp_1,Chargeback,,,po_1,
txn_4,2026-10-06 11:00:00,2026-10-07 00:00:00,usd,-2.00,0.00,-2.00,fee,,Billing fee,,,po_1,
"""
PAYOUTS = """payout_id,effective_at_utc,currency,gross,fee,net,reporting_category,balance_transaction_id,description,\
payout_expected_arrival_date,payout_status,payout_type,payout_description,trace_id
po_1,2026-10-08 00:00:00,usd,-49.22,0.00,-49.22,payout,txn_5,STRIPE PAYOUT,2026-10-08,paid,bank_account,STRIPE PAYOUT,T1
"""


def test_stripe_reports(tmp_path):
    of = source("stripe_report", tmp_path, activity=ACTIVITY, payouts=PAYOUTS)
    result = rows_of("stripe_report", of)
    assert result.rejects == []
    assert told(result.table, "external_id", "kind", "settlement_amount", "account", "batch") == [
        ("txn_1", "charge", 120_00, "balance", "po_1"),
        ("txn_1:fee", "fee", -3_78, "balance", "po_1"),
        ("txn_2", "refund", -20_00, "balance", "po_1"),
        ("txn_3", "chargeback", -30_00, "balance", "po_1"),
        ("txn_3:fee", "fee", -15_00, "balance", "po_1"),
        ("txn_4", "fee", -2_00, "balance", "po_1"),
        ("txn_5", "payout", -49_22, "balance", "po_1"),
        ("po_1:payout", "payout", -49_22, "payouts", ""),
    ]
    balance = result.table.take(result.table["account"] == "balance")
    assert int(balance["settlement_amount"].sum()) == 0
    assert told(result.table, "amount", "currency")[0] == (110_00, "EUR")
    assert result.table["references"].tolist()[0].split("\n") == ["ch_1", "KR-1001", "txn_1", "#1001"]
    assert str(result.table["occurred_at"][0]).startswith("2026-10-05T14:03:11")


def test_a_stripe_row_whose_net_does_not_hold_waits(tmp_path):
    of = source("stripe_report", tmp_path, activity=ACTIVITY.replace("120.00,3.78,116.22", "120.00,3.78,116.23"))
    result = rows_of("stripe_report", of)
    assert [reject.external_id for reject in result.rejects] == ["txn_1"]
    assert of.notices()[0].startswith("activity.csv, row 2: row.net '0.01 USD': Net is gross less fee")


SHOPIFY = """Transaction Date,Type,Order,Card Brand,Payout Status,Payout Date,Payout ID,Amount,Fee,Net,Checkout,Currency
2026-10-03 23:12:31 -0400,charge,#1001,visa,paid,2026-10-06,90001,30.00,0.75,29.25,#1,USD
2026-10-04 09:00:00 -0400,refund,#1001,visa,paid,2026-10-06,90001,-5.00,0.00,-5.00,#1,USD
2026-10-05 09:00:00 -0400,charge,#1002,visa,pending,,,10.00,0.40,9.60,#2,USD
"""
SHOPIFY_PAYOUTS = """Payout Date,Status,Charges,Refunds,Adjustments,Reserved Funds,Fees,Retried Amount,Total,Currency
2026-10-06,paid,30.00,-5.00,0.00,0.00,-0.75,0.00,24.25,USD
2026-10-07,failed,1.00,0.00,0.00,0.00,0.00,0.00,1.00,USD
"""


def test_shopify_exports(tmp_path):
    of = source("shopify_payouts", tmp_path, transactions=SHOPIFY, payouts=SHOPIFY_PAYOUTS)
    result = rows_of("shopify_payouts", of)
    assert (result.rejects, len(result.evidence)) == ([], 1)
    assert told(result.table, "kind", "settlement_amount", "account", "batch") == [
        ("charge", 30_00, "balance", "2026-10-06 USD"),
        ("fee", -75, "balance", "2026-10-06 USD"),
        ("refund", -5_00, "balance", "2026-10-06 USD"),
        ("charge", 10_00, "balance", "USD"),
        ("fee", -40, "balance", "USD"),
        ("payout", -24_25, "balance", "2026-10-06 USD"),
        ("payout", -24_25, "payouts", ""),
    ]
    assert str(result.table["occurred_at"][0]).startswith("2026-10-04T03:12:31")
    assert result.table["references"].tolist()[0].split("\n") == ["#1001", "#1", "90001"]


def test_a_pending_shopify_row_is_the_same_row_once_it_is_paid(tmp_path):
    first = rows_of("shopify_payouts", source("shopify_payouts", tmp_path, transactions=SHOPIFY))
    paid = SHOPIFY.replace("pending,,,", "paid,2026-10-09,90002,")
    second = rows_of("shopify_payouts", source("shopify_payouts", tmp_path, transactions=paid))
    assert first.table["external_id"].tolist() == second.table["external_id"].tolist()
    assert second.table["batch"].tolist()[3] == "2026-10-09 USD"


HEAD = "Date,Time,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID,Balance,Balance Impact\n"
HOLD = "Account Hold for Open Authorization"
PAYPAL = HEAD + (
    '10/02/2026,9:00:00,Jane,Express Checkout Payment,Completed,USD,"1,500.00",-44.80,"1,455.20",1A,"1,465.20",Credit\n'
    '10/03/2026,10:00:00,Adobe,Website Payment,Completed,USD,-54.99,0.00,-54.99,2B,"1,410.21",Debit\n'
    f'10/03/2026,10:00:01,Adobe,{HOLD},Pending,USD,-9.00,0.00,-9.00,2B,"1,410.21",Memo\n'
    '10/04/2026,10:00:00,,General Withdrawal,Completed,USD,-400.00,0.00,-400.00,3C,"1,010.21",Debit\n'
    "10/05/2026,10:00:00,Jane,Payment Refund,Completed,USD,-20.00,0.59,-19.41,5E,990.80,Debit\n"
    "10/06/2026,10:00:00,Ann,Website Payment,Completed,EUR,8.00,-0.50,7.50,6F,7.50,Credit\n"
)


def test_paypal_activity(tmp_path):
    of = source("paypal_activity", tmp_path, activity=PAYPAL)
    result = rows_of("paypal_activity", of)
    assert (result.rejects, len(result.evidence)) == ([], 1)
    assert told(result.table, "kind", "settlement_amount", "currency") == [
        ("charge", 8_00, "EUR"), ("fee", -50, "EUR"), ("charge", 1_500_00, "USD"), ("fee", -44_80, "USD"),
        ("transfer", -54_99, "USD"), ("payout", -400_00, "USD"), ("refund", -20_00, "USD"), ("fee", 59, "USD"),
    ]  # fmt: skip
    assert result.table["booking_date"].tolist()[2] == date(2026, 10, 2)
    assert broken(of) == []
    ends = {(one.currency, str(one.day)): one.minor for one in of.balances([])}
    assert ends == {
        ("EUR", "2026-10-05"): 0, ("EUR", "2026-10-06"): 7_50,
        ("USD", "2026-10-01"): 10_00, ("USD", "2026-10-05"): 990_80,
    }  # fmt: skip


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("gone", [1, 2, 4])
def test_a_missing_paypal_row_breaks_the_running_balance(tmp_path, newest_first, gone):
    lines = PAYPAL.splitlines(keepends=True)
    kept = [lines[0], *[line for at, line in enumerate(lines[1:], start=1) if at != gone]]
    text = "".join([kept[0], *reversed(kept[1:])] if newest_first else kept)
    found = broken(source("paypal_activity", tmp_path, activity=text))
    # The first row of a file has none before it: its balance is the opening one, which the file before must reach.
    assert bool(found) is (gone != 1)
    assert all("running balance" in name or "closing" in name for name in found)


def test_an_unknown_word_is_a_reject_that_names_it(tmp_path):
    of = source("paypal_activity", tmp_path, activity=PAYPAL.replace("Payment Refund", "Payment Miracle"))
    (reject,) = rows_of("paypal_activity", of).rejects
    assert (reject.path, reject.value) == ("row.Type", "Payment Miracle")


@given(
    st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 10**5), st.integers(1, 28)), min_size=1, max_size=8),
    st.sampled_from(["usd", "jpy", "kwd"]),
)
def test_what_a_stripe_report_says_is_read(tmp_path_factory, found, currency):
    code = currency.upper()
    lines = [ACTIVITY.splitlines()[0]]
    for at, (gross, fee, day) in enumerate(found):
        amounts = ",".join(to_text(minor, code) for minor in (gross, fee, gross - fee))
        lines.append(f"txn_{at},2026-10-{day:02d} 00:00:00,,{currency},{amounts},charge,ch_{at},,,,po_1,")
    of = source("stripe_report", tmp_path_factory.mktemp("reports"), activity="\n".join(lines) + "\n")
    table = rows_of("stripe_report", of).table
    assert int(table["amount"].sum()) == sum(gross - fee for gross, fee, _ in found)
    assert sorted(table.take(table["kind"] == "charge")["amount"].tolist()) == sorted(gross for gross, _, _ in found)


def test_another_table_is_refused_with_what_it_has(tmp_path):
    with pytest.raises(UsageError, match="no row has the heading 'balance_transaction_id'; the nearest has 'Date'"):
        source("stripe_report", tmp_path, activity="Date,Amount\n1,2\n").notices()


def test_a_row_with_too_many_cells_waits_and_the_rest_goes_on(tmp_path):
    text = ACTIVITY.replace("Order #1001", "Order, #1001")
    of = source("stripe_report", tmp_path, activity=text)
    result = rows_of("stripe_report", of)
    assert [reject.external_id for reject in result.rejects] == ["txn_1"]
    assert len(result.table) == 4
    assert of.notices()[0].startswith("activity.csv, row 2: it has 15 cells, the heading 14")
