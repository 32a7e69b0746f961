"""Stored callback bodies: what Safaricom (or anybody: they are unsigned) posted to the merchant's addresses.

A folder holds them as they came, one JSON body a file (`*.json`) or one a line (`*.jsonl`): C2B confirmations, and
results of transaction status queries. They are witnesses of a payment, never its proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from awra_desk.connectors._http import JsonRefused, Number, dumps, loads
from awra_desk.domain.errors import UsageError

EAT = timezone(timedelta(hours=3), "EAT")
CONFIRMATIONS = "c2b_confirmations"
STATUS_RESULTS = "transaction_status"


@dataclass(frozen=True, slots=True)
class Callback:
    """One body.

    Attributes:
        stream: `CONFIRMATIONS` or `STATUS_RESULTS`. receipt: of the payment it speaks of.
        cents: what it says was paid; None if it does not say so, or says that it was not completed.
        at: when it says that happened; None if it does not.
    """

    stream: str
    receipt: str
    payload: str
    cents: int | None
    at: datetime | None


def read_callbacks(folder: Path) -> list[Callback]:
    """Every body of the folder, by file name and line.

    Raises:
        UsageError: there is no such folder, or something in it is no body of a known kind.
    """
    if not folder.is_dir():
        raise UsageError("there is no such folder of callbacks", record=str(folder), remedy="Correct option callbacks.")
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".json", ".jsonl"))
    return [_callback(place, text) for path in paths for place, text in _bodies(path)]


def _bodies(path: Path) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"byte {error.start} is not UTF-8", record=str(path), remedy="Store bodies as they came."
        ) from None
    if path.suffix == ".json":
        yield str(path), text
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield f"{path}, line {number}", line


def _callback(place: str, text: str) -> Callback:
    try:
        body = loads(text)
    except JsonRefused as error:
        raise UsageError(f"it is no sound JSON ({error})", record=place, remedy="Store bodies as they came.") from None
    if isinstance(body, dict) and isinstance(body.get("TransID"), str) and body["TransID"]:
        at = _instant(body.get("TransTime"))
        return Callback(CONFIRMATIONS, body["TransID"].upper(), dumps(body), _cents(body.get("TransAmount")), at)
    result = body.get("Result") if isinstance(body, dict) else None
    if isinstance(result, dict):
        told = _parameters(result)
        receipt = told.get("ReceiptNo") or result.get("TransactionID")
        if isinstance(receipt, str) and receipt:
            done = str(result.get("ResultCode")) == "0" and told.get("TransactionStatus") == "Completed"
            cents = _cents(told.get("Amount")) if done else None
            at = _instant(told.get("FinalizedTime"))
            return Callback(STATUS_RESULTS, receipt.upper(), dumps(body), cents, at)
    raise UsageError(
        "it is neither a C2B confirmation nor the result of a transaction status query",
        record=place,
        remedy="Keep other bodies out of this folder.",
    )


def _parameters(result: Mapping[str, Any]) -> dict[str, Any]:
    """The name and value pairs of a result; a single pair may stand without a list."""
    held = result.get("ResultParameters")
    pairs = held.get("ResultParameter") if isinstance(held, dict) else None
    pairs = pairs if isinstance(pairs, list) else [pairs]
    return {
        pair["Key"]: pair.get("Value") for pair in pairs if isinstance(pair, dict) and isinstance(pair.get("Key"), str)
    }


def _cents(value: Any) -> int | None:
    literal = value.literal if isinstance(value, Number) else value
    if isinstance(literal, bool) or not isinstance(literal, str | int):
        return None
    try:
        scaled = Decimal(literal).scaleb(2)
        return int(scaled) if scaled == scaled.to_integral_value() else None
    except InvalidOperation:
        return None


def _instant(value: Any) -> datetime | None:
    """From `yyyyMMddHHmmss` in East Africa Time, a text or a number."""
    try:
        return datetime.strptime(str(value), "%Y%m%d%H%M%S").replace(tzinfo=EAT)
    except ValueError:
        return None
