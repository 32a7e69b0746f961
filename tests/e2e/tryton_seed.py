"""Build the template books of a real Tryton 8.0: `tryton_seed.py CONFIG DATABASE < accounts.json > fixture.json`, with
TRYTOND_CONFIG naming the same CONFIG (Tryton chooses its database when it is imported).

Runs by itself inside Tryton's own virtual environment (tests/e2e/tryton_harness.py starts it); Tryton is GPL, so
neither the product nor the test process ever imports it or this file.

Standard input: a list of {"role", "code", "name", "kind"} as in `awra_desk.sandbox.merchant.ROLES`. The database exists
and is empty. Makes one company in USD with the English chart, those accounts, the fiscal years 2025 and 2026 by months
(January 2025 closed), and two users: `clerk` may keep books, `viewer` may see the chart only. Standard output: ids by
name, and each user's REST key.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear
from trytond.modules.company.tests.tools import create_company, get_company

YEARS = (2025, 2026)
CLOSED = dt.date(2025, 1, 1)

# QuickBooks' kind of account -> code of the account of the English chart whose type it shares.
LIKE = {
    "Bank": "1.1.1",
    "Other Current Asset": "1.1.1",
    "Accounts Receivable": "1.2.3",
    "Other Current Liability": "2.3.7",
    "Equity": "3.4.4",
    "Income": "4.1.1",
    "Expense": "5.2.1",
}

Json = dict[str, Any]


def activate(conf: str, database: str) -> None:
    """Create Tryton's tables with the modules we need."""
    password = Path(conf).with_name("admin.password")
    password.write_text(secrets.token_urlsafe(16) + "\n", encoding="ascii")
    # By its interpreter: the environment was moved after it was made, and the script names where it was.
    admin = [sys.executable, str(Path(sys.executable).parent / "trytond-admin")]
    command = [*admin, "-c", conf, "-d", database, "-u", "account", "--activate-dependencies"]
    environment = {**os.environ, "TRYTONPASSFILE": str(password)}
    try:
        subprocess.run([*command, "--email", "admin@example.test"], check=True, env=environment, stdout=sys.stderr)
    finally:
        password.unlink()


def make_company() -> Any:
    """A company in USD with the chart and two fiscal years."""
    create_company()
    company = get_company()
    create_chart(company)
    for year in YEARS:
        first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
        fiscal = create_fiscalyear(company, (first, last))
        fiscal.name, fiscal.start_date, fiscal.end_date = str(year), first, last
        fiscal.save()
        fiscal.click("create_period")
    closed = Model.get("account.period").find([("start_date", "=", CLOSED)])
    closed[0].click("close")
    return company


def make_accounts(company: Any, wanted: list[Json]) -> dict[str, str]:
    """The accounts by role, each beside the one whose type it shares."""
    accounts = Model.get("account.account")
    made = {}
    for spec in wanted:
        (like,) = accounts.find([("code", "=", LIKE[spec["kind"]]), ("company", "=", company.id)])
        account = accounts(name=spec["name"], code=spec["code"], company=company)
        account.type, account.parent = like.type, like.parent
        account.party_required = False
        account.save()
        made[spec["role"]] = str(account.id)
    return made


def make_users(company: Any) -> dict[str, str]:
    """REST keys of `clerk`, who may keep books, and `viewer`, who is in no group."""
    users, groups = Model.get("res.user"), Model.get("res.group")
    own = Model.get("company.company")
    data = Model.get("ir.model.data")
    context = config.get_config().context
    keys = {}
    for login, group in (("clerk", "group_account"), ("viewer", "")):
        user = users(name=login.title(), login=login)
        user.password = secrets.token_urlsafe(16)
        if group:
            user.groups.append(groups(data.get_id("account", group, context)))
        user.companies.append(own(company.id))
        user.company = own(company.id)
        user.save()
        application = Model.get("res.user.application")(application="rest", user=user)
        application.save()
        keys[login] = application.key
    return keys


def main() -> None:
    """Make it all and say what it is called."""
    conf, database = sys.argv[1:]
    wanted = json.load(sys.stdin)
    activate(conf, database)
    config.set_trytond(database=database, config_file=conf)
    company = make_company()
    fixture = {
        "company": company.id,
        "accounts": make_accounts(company, wanted),
        "journals": {journal.code: journal.id for journal in Model.get("account.journal").find([])},
        "keys": make_users(company),
    }
    json.dump(fixture, sys.stdout)


if __name__ == "__main__":
    main()
