"""The short form of a mapping, for a bank's or any other list of movements: which column is what, how it is written.

    version = "equity-1"
    [columns]                    # what is not there is left out; date and amount (or debit and credit) are needed
    date = "Buchungstag"
    amount = "Betrag"            # or: debit = "Soll", credit = "Haben", both written without a sign
    id = "Referenz"              # one column or a list; without it all cells of a row tell it from others
    description = ["Buchungstext", "Verwendungszweck"]
    reference = "Kundenreferenz"
    counterparty = "Name"
    currency = "Währung"         # or one for all rows, under [written]
    balance = "Saldo"            # after each row: proves them one by one
    [written]
    currency = "EUR"
    date = "%d.%m.%Y"            # default: %Y-%m-%d
    decimal = ","                # default: "."
    thousands = "."              # default: none
    parentheses = false          # "(12.00)" is negative
    strip = "€"                  # signs that say nothing
    sign = 1                     # -1 where money in is written as negative
    encoding = "utf-8"
    delimiter = ";"              # default: ","
    sheet = ""

`expanded` writes it out as the long form, which `mapping` reads: there is one language below both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from awra_desk.domain.errors import UsageError

COLUMNS = (
    "date",
    "amount",
    "debit",
    "credit",
    "id",
    "description",
    "reference",
    "counterparty",
    "currency",
    "balance",
)
"""What a column may be."""
WRITTEN: dict[str, Any] = {
    "currency": "",
    "date": "%Y-%m-%d",
    "decimal": ".",
    "thousands": "",
    "parentheses": False,
    "strip": "",
    "sign": 1,
    "encoding": "utf-8",
    "delimiter": ",",
    "sheet": "",
}
"""How the file writes it, each word with its default."""
_BLANKED = str.maketrans(dict.fromkeys(".|[]{}@", " "))
_PATTERNS = r"""[
  '\b(?:ch|py|re|pyr|dp|du|po|txn|pi|tr|in)_[A-Za-z0-9]+\b',
  '\bawra:[A-Za-z0-9-]+',
  '\b[A-Z]{2,5}-\d{4,}(?:[-/]\d+)*\b',
  '#\d{3,}\b',
]"""


def expanded(document: Mapping[str, Any]) -> str:
    """The long form of a short mapping.

    Raises:
        UsageError: a word it does not know, or a needed column is missing.
    """
    left = set(document) - {"version", "columns", "written"}
    if left:
        raise _wrong(min(left), "is not a word of the short form")
    columns = _columns(document["columns"])
    written = _written(document.get("written", {}), columns)
    style = {key: written[key] for key in ("decimal", "thousands", "parentheses", "strip")}
    needs = [names[0] for key, names in columns.items() if key in ("date", "amount", "debit", "credit")]
    lines = [
        f"version = {quoted(document.get('version', 'table-1'))}",
        "[table]",
        f"only_with = {quoted(columns['date'][0])}",
        *(f"{key} = {quoted(written[key])}" for key in ("encoding", "delimiter", "sheet")),
    ]
    if "balance" in columns:
        lines.append(f"balance = {{ column = {quoted(columns['balance'][0])}, style = {_table(style)} }}")
    lines += [
        "[table.reports.statement]",
        f"needs = {quoted(needs)}",
        f"key = {quoted(columns.get('id', []))}",
        "[streams.statement.common]",
        'kind = "bank_line"',
        f"occurred_at = {{ day = {_path(columns['date'][0])}, format = {quoted(written['date'])} }}",
        'account = "balance"',
        'status = "booked"',
        f"currency = {quoted(written['currency'] or _slot(columns['currency'][0]))}",
        f"references = {quoted([_raw(name) for key in ('id', 'reference') for name in columns.get(key, [])])}",
        f"description = {quoted(' '.join(_slot(name) for name in columns.get('description', [])))}",
        f"counterparty = {quoted(' '.join(_slot(name) for name in columns.get('counterparty', [])))}",
        f"found = {{ in = {quoted(list(map(_raw, columns.get('description', []))))}, patterns = {_PATTERNS} }}",
    ]
    for key, sign in (("amount", 1), ("credit", 1), ("debit", -1)):
        if key in columns:
            lines += _leg(columns[key][0], sign * written["sign"], style, alone=key == "amount")
    return "\n".join(lines) + "\n"


def _columns(value: Any) -> dict[str, list[str]]:
    """Our word -> the file's columns."""
    if not isinstance(value, dict):
        raise _wrong("columns", "must be a table")
    found = {}
    for key, names in value.items():
        many = names if isinstance(names, list) else [names]
        if key not in COLUMNS:
            raise _wrong(f"columns.{key}", f"is not one of {', '.join(COLUMNS)}")
        if not many or not all(isinstance(name, str) and name.strip() for name in many):
            raise _wrong(f"columns.{key}", "must be the heading of a column")
        found[key] = many
    if "date" not in found:
        raise _wrong("columns.date", "is missing")
    if ("amount" in found) is bool({"debit", "credit"} & found.keys()):
        raise _wrong("columns", "must have either amount, or debit and credit")
    return found


def _written(value: Any, columns: Mapping[str, list[str]]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong("written", "must be a table")
    for key, given in value.items():
        if key not in WRITTEN:
            raise _wrong(f"written.{key}", f"is not one of {', '.join(WRITTEN)}")
        if type(given) is not type(WRITTEN[key]):
            raise _wrong(f"written.{key}", f"must be a {type(WRITTEN[key]).__name__}")
    found = WRITTEN | value
    if found["sign"] not in (1, -1):
        raise _wrong("written.sign", "must be 1 or -1")
    if bool(found["currency"]) is ("currency" in columns):
        raise _wrong("written.currency", "must name the currency of all rows, unless columns.currency is mapped")
    return found


def _leg(column: str, times: int, style: Mapping[str, Any], *, alone: bool) -> Iterator[str]:
    """A row moves what stands in this column; where it is one of two, if anything does."""
    yield "[[streams.statement.legs]]"
    if not alone:
        yield f"when = {{ path = {_path(column)}, present = true }}"
    yield 'external_id = "{external_id}"'
    yield f'amount = {{ path = {_path(column)}, unit = "major", times = {times}, style = {_table(style)} }}'


def heading(text: str) -> str:
    """A heading as paths have it: signs that mean something there are blanks."""
    return " ".join(text.translate(_BLANKED).split())


def _raw(column: str) -> str:
    return f"row.{heading(column)}"


def _path(column: str) -> str:
    return quoted(_raw(column))


def _slot(column: str) -> str:
    return f"{{{_raw(column)}}}"


def _table(values: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {quoted(value)}" for key, value in values.items()) + " }"


def quoted(value: Any) -> str:
    """As TOML: JSON's texts, lists and truth values are, but for a sign that TOML wants escaped, too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _wrong(place: str, words: str) -> UsageError:
    return UsageError(f"{place} {words}", record="mapping", remedy="Correct the mapping file.")
