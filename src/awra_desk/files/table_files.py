"""Tables as a source: reports and statements as CSV or XLSX, read as their mapping says.

The rows are kept as the file has them and interpreted like any other record, so a mapping that was wrong is corrected
and applied again without the files. How a row will read is asked here as well, before anything is stored: by it the
files are put in order, duplicates are found and the running balance is proven.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from awra_desk.domain.money import InvalidAmount, parse
from awra_desk.domain.records import RawRecord
from awra_desk.files.bank import BankStatement, Entry, Stated
from awra_desk.files.bank_files import ACCOUNT, BankFiles
from awra_desk.files.grid import SUFFIXES, Cell, GridRow, read_rows
from awra_desk.files.mapping import FileMapping, Report, load_mapping, saved_mapping
from awra_desk.normalise import interpret
from awra_desk.ports.connections import Connection
from awra_desk.ports.system import Clock

_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def table_files(connection: Connection, *, clock: Clock, text: str = "") -> BankFiles:
    """The source of a connection whose files are tables.

    Args:
        text: the mapping file; "": the one saved with the connection.

    Raises:
        UsageError: the mapping cannot be read, or none is saved.
    """
    mapping = load_mapping(text) if text else saved_mapping(connection)
    read = partial(read_table_file, mapping=mapping, zone=connection.zone)
    streams = tuple(one.stream for one in mapping.layout.reports)
    return BankFiles(connection, clock=clock, read=read, suffixes=SUFFIXES, streams=streams)


def read_table_file(path: Path, data: bytes, *, mapping: FileMapping, zone: str) -> list[BankStatement]:
    """One statement for each currency of the file, its entries oldest first; none if it has no rows.

    Raises:
        UsageError: the file is not as the mapping says.
    """
    report, rows = read_rows(path, data, mapping.layout)
    if not rows:
        return []
    read = _interpreted(rows, report, mapping, zone)
    digest = hashlib.sha256(data).hexdigest()
    currencies = sorted({one.currency for one in read if one.currency}) or [""]
    own = {currency: [one for one in read if (one.currency or currencies[0]) == currency] for currency in currencies}
    found = [_statement(path, digest, currency, lines, mapping) for currency, lines in own.items()]
    return [replace(one, stream=report.stream) for one in found]


@dataclass(frozen=True, slots=True)
class _Line:
    """A row and how it reads: currency "" where it gives no transaction."""

    row: GridRow
    entry: Entry
    currency: str
    balance: Cell


def _interpreted(rows: Sequence[GridRow], report: Report, mapping: FileMapping, zone: str) -> list[_Line]:
    named = [_named(row, report) for row in rows]
    records = [
        RawRecord("", report.stream, str(at), json.dumps({**payload, "external_id": name}), _NEVER)
        for at, (name, payload) in enumerate(named)
    ]
    result = interpret(mapping.contract, records, company="", zone=zone)
    at_of = {record.raw_id: at for at, record in enumerate(records)}
    problems = {at_of[reject.raw_id]: f"{reject.path} {reject.value!r}: {reject.reason}" for reject in result.rejects}
    moved: dict[int, list[tuple[str, int, date]]] = {}
    table = result.table
    names = ("raw_id", "account", "currency", "amount", "settlement_currency", "settlement_amount", "booking_date")
    columns = [table[name].tolist() for name in names]
    for raw_id, account, currency, minor, unit, settled, day in zip(*columns, strict=True):
        if account == ACCOUNT:
            moved.setdefault(at_of[raw_id], []).append((unit or currency, settled if unit else minor, day))
    texts = zip(table["raw_id"].tolist(), table["description"].tolist(), table["counterparty"].tolist(), strict=True)
    looks = {at_of[raw_id]: f"{words} {party}" for raw_id, words, party in texts}
    lines = []
    for at, (row, (name, payload)) in enumerate(zip(rows, named, strict=True)):
        problem = row.problem or problems.get(at, "")
        legs = moved.get(at, [])
        entry = Entry(
            key="",
            name=name,
            place=f"row {row.number}",
            day=legs[0][2] if legs else None,
            minor=None if problem else sum(minor for _, minor, _ in legs),
            payload=payload,
            booked=bool(legs or problem),
            look="" if report.key else looks.get(at, ""),
            problem=f"{problem} It waits in quarantine." if problem else "",
        )
        lines.append(_Line(row, entry, legs[0][0] if legs else "", row.cells.get(mapping.layout.balance, "")))
    return lines


def _named(row: GridRow, report: Report) -> tuple[str, Mapping[str, Any]]:
    """The row's id and payload: its key cells, else a digest of all. A row with a problem has its cells elsewhere, so
    that it cannot be taken for a sound one.
    """
    key = [str(row.cells.get(column, "")) for column in report.key]
    if any(key):
        name = "/".join(key)
    else:
        text = json.dumps(row.cells, sort_keys=True, ensure_ascii=False)
        name = f"row/{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return name, {"problem": row.problem, "cells": row.cells} if row.problem else {"row": row.cells}


def _statement(path: Path, digest: str, currency: str, lines: Sequence[_Line], mapping: FileMapping) -> BankStatement:
    days = [one.entry.day for one in lines if one.entry.day is not None]
    first, last = (min(days), max(days)) if days else (_NEVER.date(), _NEVER.date())
    ordered, balances = _with_balances(lines, currency, mapping)
    # A row that moves nothing belongs to the day of the file; it must not keep the days' balances from being known.
    entries = tuple(one.entry if one.entry.booked else replace(one.entry, day=first, minor=0) for one in ordered)
    opening = closing = None
    stated: tuple[Stated, ...] = ()
    if balances:
        opening, closing = balances[0][1] - balances[0][0], balances[-1][1]
        stated = (_running(balances, currency),)
    return BankStatement(path, digest, ACCOUNT, currency, "", first, last, opening, closing, entries, stated)


def _with_balances(
    lines: Sequence[_Line], currency: str, mapping: FileMapping
) -> tuple[Sequence[_Line], list[tuple[int, int]]]:
    """The rows oldest first, and (movement, balance after it) of those that move something; none where no column of
    balances is mapped or one of them cannot be read.

    People sort tables: the order in which the balances follow from each other is the true one, then that of the days.
    """
    backwards = list(reversed(lines))
    days = [one.entry.day for one in lines if one.entry.day is not None]
    falling = bool(days) and days[0] > days[-1]
    ways = [(way, _balances(way, currency, mapping)) for way in (lines, backwards)]
    breaks = [sum(not follows for follows in _follows(found)) for _, found in ways]
    return ways[1] if breaks[1] < breaks[0] or (breaks[0] == breaks[1] and falling) else ways[0]


def _balances(lines: Sequence[_Line], currency: str, mapping: FileMapping) -> list[tuple[int, int]]:
    found = []
    for one in lines:
        if not one.entry.booked or not mapping.layout.balance:
            continue
        number = one.balance
        plain = mapping.layout.balance_style.plain(number) if isinstance(number, str) else str(number)
        try:
            balance = parse(plain or "", currency)
        except InvalidAmount:
            return []
        found.append((one.entry.minor or 0, balance))
    return found


def _follows(balances: Sequence[tuple[int, int]]) -> list[bool]:
    return [before + moved == balance for (_, before), (moved, balance) in itertools.pairwise(balances)]


def _running(balances: Sequence[tuple[int, int]], currency: str) -> Stated:
    """At the first row whose balance does not follow from the row before, else at the last."""
    for (_, before), (moved, balance) in itertools.pairwise(balances):
        if before + moved != balance:
            return Stated("running balance", currency, balance, before + moved)
    return Stated("running balance", currency, balances[-1][1], balances[-1][1])
