"""Puts the Nairobi month together: what happened, what was written about it, and the truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from awra_desk.sandbox import bank_file
from awra_desk.sandbox.merchant import sight
from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.draft import Draft
from awra_desk.sandbox.merchant.evidence import Evidence, Row, tokens
from awra_desk.sandbox.merchant.model import Books, OpeningItem, TakeOn, TakeOnBalance
from awra_desk.sandbox.nairobi import model, statement_file
from awra_desk.sandbox.nairobi.bank import NairobiBank
from awra_desk.sandbox.nairobi.books import Bookkeeper
from awra_desk.sandbox.nairobi.model import Movement, NairobiMonth, NairobiSpec
from awra_desk.sandbox.nairobi.paystack import PaystackAccount, Settled, run_account
from awra_desk.sandbox.nairobi.sales import make_sales
from awra_desk.sandbox.nairobi.statement_file import STREAM as STATEMENT
from awra_desk.sandbox.nairobi.wallets import WalletHistory, run_wallet
from awra_desk.sandbox.truth import SourceRef, Truth

_CARRIED = {"receivables": 4_118_200, "sales_tax": -21_904_400}
"""Balances that other accounts carry into the month; opening equity takes the rest."""


def simulate_nairobi(spec: NairobiSpec) -> NairobiMonth:
    """The whole month of the Nairobi entity.

    Raises:
        UsageError: the month is not one.
    """
    clock = Clock(spec.period, spec.zone)
    sales = make_sales(spec, clock)
    paybill, till = (run_wallet(clock, sales, spec.seed, kind=kind) for kind in ("paybill", "till"))
    account = run_account(clock, sales, spec.seed)
    bank = NairobiBank(clock, sales, (paybill, till), account, spec.seed)
    draft = Draft()
    paid = {
        "paybill": {number: ((STATEMENT, row.receipt), row.receipt) for number, row in paybill.payments.items()},
        "till": {number: ((STATEMENT, row.receipt), row.receipt) for number, row in till.payments.items()},
        "card": {
            one.sale.number: (("transactions", str(one.transaction["id"])), one.transaction["reference"])
            for one in account.charged
        },
    }
    keeper = Bookkeeper(draft, clock, spec.seed, paid)
    keeper.sales(sales)
    for kind, history in (("paybill", paybill), ("till", till)):
        keeper.reversals(history, kind)
        keeper.fees(kind, _charges(history, clock))
        keeper.withdrawals(history, bank)
    keeper.refunds(account)
    keeper.fees("card", _card_fees(account, clock))
    keeper.settlements(account, bank)
    keeper.other(bank)
    take_on = _take_on(clock, (paybill, till), account, bank)
    documents = tuple(sorted(draft.documents, key=lambda document: (document.date, document.key)))
    wallets = paybill.wallet(clock), till.wallet(clock)
    return NairobiMonth(
        spec=spec,
        company_name=model.COMPANY,
        paybill=wallets[0],
        till=wallets[1],
        paystack=account.books(clock),
        books=Books(model.ROLES, documents, _opening(take_on), model.CURRENCY),
        paybill_csv=statement_file.render(wallets[0], spec.period),
        till_csv=statement_file.render(wallets[1], spec.period),
        bank_csv=bank_file.render(bank.rows, spec.period, opening=bank.opening, closing=bank.closing, of=_BANK),
        take_on=take_on,
        truth=_truth(draft, clock, (paybill, till), account, bank, take_on),
    )


_BANK = bank_file.Account("Savanna Bank", model.COMPANY, "Current ****0042", model.CURRENCY)


def _charges(history: WalletHistory, clock: Clock) -> Iterator[tuple[SourceRef, date, int]]:
    for row in history.rows:
        if row.completed and row.reason.endswith("harge") and clock.in_month(row.at):
            yield (STATEMENT, f"{row.receipt}:charge"), clock.day(row.at), -row.minor


def _card_fees(account: PaystackAccount, clock: Clock) -> Iterator[tuple[SourceRef, date, int]]:
    for one in account.charged:
        if clock.in_month(one.sale.at):
            ref = ("transactions", f"{one.transaction['id']}:fee")
            yield ref, clock.day(one.sale.at), one.transaction["fees"]


def _take_on(clock: Clock, histories: Iterable[WalletHistory], account: PaystackAccount, bank: NairobiBank) -> TakeOn:
    items, balances, day = [], [], clock.first - timedelta(days=1)
    for name, history in zip((model.PAYBILL, model.TILL), histories, strict=True):
        wallet = history.wallet(clock)
        moving = 0
        if wallet.carried is not None:
            row, moving = wallet.carried, -wallet.carried.minor
            words = f"Withdrawal {row.receipt} on its way to the bank"
            items.append(
                OpeningItem(name, "source", STATEMENT, row.receipt, clock.day(row.at), row.minor, row.receipt, words)
            )
        balances.append(TakeOnBalance(name, wallet.opening, wallet.opening + moving))
    moving = 0
    for one in _carried(account, clock):
        identity = str(one.settlement["id"])
        moving += one.minor
        words, facts = f"Paystack settlement {identity} on its way to the bank", (clock.day(one.at),)
        for name, external, minor in (
            (model.PAYSTACK_BALANCE, identity, -one.minor),
            (model.PAYSTACK_SETTLEMENTS, f"{identity}:bank", one.minor),
        ):
            items.append(OpeningItem(name, "source", "settlements", external, *facts, minor, identity, words))
    held = account.held(clock.start)
    balances += [
        TakeOnBalance(model.PAYSTACK_BALANCE, held, held + moving),
        TakeOnBalance(model.PAYSTACK_SETTLEMENTS, bank.opening + moving, bank.opening),
        TakeOnBalance(model.BANK, bank.opening, bank.opening),
    ]
    return TakeOn(day, tuple(balances), tuple(items))


def _carried(account: PaystackAccount, clock: Clock) -> list[Settled]:
    """Settlements on their way to the bank when the month began."""
    return [one for one in account.settled if one.at < clock.start and one.arrival >= clock.first]


def _opening(take_on: TakeOn) -> dict[str, int]:
    """Trial balance before the month; it sums to zero."""
    ledger = {balance.reconciliation: balance.ledger for balance in take_on.balances}
    opening = {account.role: 0 for account in model.ROLES} | _CARRIED
    opening["mpesa_paybill"], opening["mpesa_till"] = ledger[model.PAYBILL], ledger[model.TILL]
    opening["paystack_clearing"], opening["bank"] = ledger[model.PAYSTACK_BALANCE], ledger[model.BANK]
    opening["opening_equity"] = -sum(opening.values())
    return opening


def _truth(
    draft: Draft,
    clock: Clock,
    histories: tuple[WalletHistory, WalletHistory],
    account: PaystackAccount,
    bank: NairobiBank,
    take_on: TakeOn,
) -> Truth:
    documents = draft.documents
    carried = {item.external_id for item in take_on.items}
    evidence = (
        Evidence(
            model.PAYBILL, _wallet_rows(histories[0], clock, carried), sight.ledger_rows(documents, "mpesa_paybill")
        ),
        Evidence(model.TILL, _wallet_rows(histories[1], clock, carried), sight.ledger_rows(documents, "mpesa_till")),
        Evidence(
            model.PAYSTACK_BALANCE,
            _balance_rows(account, clock, carried),
            sight.ledger_rows(documents, "paystack_clearing"),
        ),
        Evidence(
            model.PAYSTACK_SETTLEMENTS,
            _settlement_rows(account, clock),
            sight.ledger_rows(documents, "bank", contains="paystack"),
        ),
        Evidence(model.BANK, sight.statement_rows(bank.rows), sight.ledger_rows(documents, "bank")),
    )
    groups, twins = [], []
    for one in evidence:
        own = [group for group in draft.groups if group.reconciliation == one.reconciliation]
        groups += one.judge(own)
        twins += one.twins(own)
    return Truth(tuple(groups), tuple(twins), tuple(draft.anomalies))


def _wallet_rows(history: WalletHistory, clock: Clock, carried: set[str]) -> list[Row]:
    seen = (row for row in history.rows if row.completed)
    return [_wallet_row(row, clock) for row in seen if clock.in_month(row.at) or row.receipt in carried]


def _wallet_row(row: Movement, clock: Clock) -> Row:
    charge = row.reason.endswith("harge")
    external = f"{row.receipt}:charge" if charge else row.receipt
    known = tokens(external) if charge else tokens(row.receipt, row.linked, row.account_no, row.details)
    own = frozenset() if charge else tokens(row.receipt)
    return Row((STATEMENT, external), (clock.day(row.at),), row.minor, row.details, known, own)


def _balance_rows(account: PaystackAccount, clock: Clock, carried: set[str]) -> list[Row]:
    rows = []
    for one in account.charged:
        if clock.in_month(one.sale.at):
            identity, day = str(one.transaction["id"]), clock.day(one.sale.at)
            known = tokens(identity, one.transaction["reference"], one.sale.name)
            text, own = f"Paystack {identity}", tokens(one.transaction["reference"])
            rows.append(Row(("transactions", identity), (day,), one.transaction["amount"], text, known, own))
            fee = Row(("transactions", f"{identity}:fee"), (day,), -one.transaction["fees"], text, tokens(identity))
            rows.append(fee)
    for back in account.given_back:
        if clock.in_month(back.at):
            identity = str(back.refund["id"])
            texts = identity, str(back.refund["transaction"]), back.refund["customer_note"]
            ref, minor = ("refunds", identity), -int(back.refund["amount"])
            rows.append(Row(ref, (clock.day(back.at),), minor, texts[2], tokens(*texts), tokens(identity)))
    for one_settled in account.settled:
        identity = str(one_settled.settlement["id"])
        if clock.in_month(one_settled.at) or identity in carried:
            ref, day = ("settlements", identity), clock.day(one_settled.at)
            rows.append(Row(ref, (day,), -one_settled.minor, "settlement", tokens(identity), tokens(identity)))
    return rows


def _settlement_rows(account: PaystackAccount, clock: Clock) -> list[Row]:
    """Positive, as they reach the bank; a settlement may be dated by creation or by arrival."""
    rows = []
    for one in account.settled:
        if one.arrival >= clock.first:
            identity = str(one.settlement["id"])
            days = (clock.day(one.at), one.arrival)
            ref = ("settlements", f"{identity}:bank")
            rows.append(Row(ref, days, one.minor, "settlement", tokens(identity), tokens(identity)))
    return rows
