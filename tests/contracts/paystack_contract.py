"""Judges Paystack-shaped JSON by the published samples and the vendored OpenAPI cut."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "paystack"

SAMPLES = {
    "transactions": "transactions-list",
    "settlement transactions": "settlements-transactions",
    "refunds": "refunds-list",
    "settlements": "settlements-list",
    "disputes": "disputes-list",
    "balance": "transfers-control-balance",
    "ledger": "transfers-control-balance-ledger",
}

# Beyond the OpenAPI file, by Paystack's documentation pages; see SOURCE.md.
_PAGED = {"perPage", "page", "from", "to"}
DOCUMENTED = {
    "/transaction": {"perPage"},
    "/settlement": {"status", "subaccount", "from", "to"},
    "/settlement/{id}/transactions": _PAGED,
}


def sample(resource: str) -> dict[str, Any]:
    """The published answer."""
    text = (_FOLDER / f"{SAMPLES[resource]}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["200"]["data"]
    return found


def declared_parameters(path: str) -> set[str]:
    """Query parameters of GET on the path, by the OpenAPI file and the documentation."""
    stated = _specification()["paths"][path]["get"].get("parameters", [])
    return {item["name"] for item in stated if item["in"] == "query"} | DOCUMENTED.get(path, set())


def shape_errors(resource: str, row: Any) -> list[str]:
    """How a row differs in fields or types from every published row of its kind; empty when it fits one."""
    verdicts = [list(_differences(published, row, resource)) for published in sample(resource)["data"]]
    return min(verdicts, key=len)


def ledger_errors(row: Any) -> list[str]:
    """How a ledger row differs from the OpenAPI schema's required properties."""
    schema = _specification()["components"]["schemas"]["BalanceFetchLedgerResponseArray"]
    return sorted(set(schema["required"]) ^ set(row))


def _differences(published: Any, row: Any, place: str):
    if published is None or row is None or published == {} or place.endswith("metadata"):  # the merchant's own
        return
    if type(published) is not type(row):
        yield f"{place}: {type(row).__name__} instead of {type(published).__name__}"
    elif isinstance(published, dict):
        for name in sorted(set(published) ^ set(row)):
            yield f"{place}.{name}: {'missing' if name in published else 'not published'}"
        for name in sorted(set(published) & set(row)):
            yield from _differences(published[name], row[name], f"{place}.{name}")


@cache
def _specification() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / "openapi.cut.json").read_text(encoding="utf-8"))
    return found
