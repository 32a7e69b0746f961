"""Draws the trial balance report in the provider's nested rows."""

from collections.abc import Mapping
from datetime import date, datetime

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers.quickbooks._render import money
from awra_desk.sandbox.servers.quickbooks._times import stamp


def trial_balance(
    accounts: Mapping[str, Json], balances: Mapping[str, int], *, start: date, end: date, basis: str, now: datetime
) -> Json:
    """The TrialBalance report at the end of `end`; accounts without a balance have no row.

    Args:
        accounts: account id to Account.
        balances: account id to balance in minor units, debit positive.
        start: first day of the report's period, which it only states.
        end: the day whose closing balances it shows.
        basis: "Accrual" or "Cash"; these books have no open invoices, so both are equal.
        now: the report's time.
    """
    rows: list[Json] = []
    debit = credit = 0
    for identity, minor in balances.items():
        if minor == 0:
            continue
        debit += max(minor, 0)
        credit += max(-minor, 0)
        account = accounts[identity]
        name = {"value": f"{account['AcctNum']} {account['Name']}", "id": identity}
        rows.append({"ColData": [name, _cell(max(minor, 0)), _cell(max(-minor, 0))]})
    total = [{"value": "TOTAL"}, _cell(debit), _cell(credit)]
    rows.append({"Summary": {"ColData": total}, "type": "Section", "group": "GrandTotal"})
    return {
        "Header": {
            "Time": stamp(now),
            "ReportName": "TrialBalance",
            "ReportBasis": basis,
            "StartPeriod": start.isoformat(),
            "EndPeriod": end.isoformat(),
            "SummarizeColumnsBy": "Total",
            "Currency": next((account["CurrencyRef"]["value"] for account in accounts.values()), "USD"),
            "Option": [{"Name": "NoReportData", "Value": "false" if debit else "true"}],
        },
        "Columns": {
            "Column": [
                {"ColTitle": title, "ColType": kind, "MetaData": [{"Name": "ColKey", "Value": key}]}
                for title, kind, key in (
                    ("", "Account", "account"),
                    ("Debit", "Money", "debit"),
                    ("Credit", "Money", "credit"),
                )
            ]
        },
        "Rows": {"Row": rows},
    }


def _cell(minor: int) -> dict[str, str]:
    return {"value": format(money(minor), "f") if minor else ""}
