"""What the columns of a table seem to be: by their headings in the languages banks use, and by what stands in them.

A guess only fills in a form; nothing is read by it until a person has seen the preview and saved it. What is not clear
is left out, and what no file can tell by itself (3 April or 4 March) is said as a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.money import InvalidAmount, parse
from awra_desk.files.mapping_columns import COLUMNS
from awra_desk.normalise.written import Style, written_date
from awra_desk.ports.table_samples import DATE_FORMS, Drawn, Written

Cell = str | int | float
_TIMES = ("", " %H:%M:%S", "T%H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p")
_SWAPPED = {form: form.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m") for form in DATE_FORMS}
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_NAMED: Mapping[str, str] = {
    "balance": r"\bbalance|saldo|solde|\bsalio",
    "debit": r"\bdebits?\b|\bdr\b|withdraw|money out|paid out|paid-out|\bsoll\b|d[ée]bit|cargo|\bsaida|sa[íi]da",
    "credit": r"\bcredits?\b|\bcr\b|deposit|money in|paid in|paid-in|\bhaben\b|cr[ée]dit|abono|entrada",
    "amount": r"\bamount|betrag|montant|importe|\bvalor\b|kiasi|\bnet\b|umsatz",
    "date": r"\bdate\b|datum|buchungstag|fecha|\bdata\b|tarehe|\bday\b",
    "currency": r"currency|\bccy\b|w[äa]hrung|devise|moneda|moeda",
    "id": r"transaction (id|no|number|ref)|\bid\b|receipt no|unique|\brrn\b|entry (ref|id)|transaktionsnr",
    "reference": r"\bref\b|reference|referenz|r[ée]f[ée]rence|referencia|cheque|check no|invoice",
    "counterparty": r"counterparty|\bname\b|payee|payer|beneficiary|customer|other party|empf[äa]nger|auftraggeber|"
                    r"tiers|beneficiario",
    "description": r"descri|narrati|narration|particular|detail|remark|memo|purpose|verwendungszweck|buchungstext|"
                   r"libell[ée]|concepto|text|maelezo",
}  # fmt: skip
"""Our word -> headings that mean it. The order is that in which a heading is asked: "Debit amount" is a debit."""
_ISO = re.compile(r"\b[A-Z]{3}\b")
_SAID_NOTHING = re.compile(r"[\d\s.,'()+\-\N{MINUS SIGN}]")


def guessed(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> tuple[Drawn, tuple[str, ...]]:
    """(what the columns seem to be, doubts about it).

    Args:
        names: the headings. rows: the cells below them; a short row lacks its last ones.
    """
    cells = _by_name(names, rows)
    days = {name: form for name, found in cells.items() if (form := _date_form(found))}
    if (dated := _date_column(names, cells, days, len(rows))) is not None:
        # Totals and remarks have no day; they are no rows, and must not spoil what all rows confirm.
        at = names.index(dated)
        rows = [row for row in rows if at < len(row) and row[at] != ""]
        cells = _by_name(names, rows)
    styles = {name: style for name, found in cells.items() if name not in days and (style := amount_style(found))}
    columns = _columns(names, cells, dated, days.keys(), styles, len(rows))
    written: dict[str, Written] = {}
    doubts: list[str] = []
    if "date" in columns:
        column = columns["date"][0]
        written["date"] = days[column]
        doubts += _order_doubt(column, cells[column], days[column])
    money = [name for word in ("amount", "debit", "credit", "balance") for name in columns.get(word, ())]
    if money:
        written |= _style_words(amount_style([cell for name in money for cell in cells[name]]) or Style())
    if "currency" not in columns and (currency := _currency(names, money, cells)):
        written["currency"] = currency
    if _reversed(columns, names, rows, written):
        written["sign"] = -1
    return Drawn({word: columns[word] for word in COLUMNS if word in columns}, written), tuple(doubts)


def amount_style(cells: Iterable[Cell]) -> Style | None:
    """How these amounts are written, None if they are none; numbers of a workbook are written in no style."""
    found = list(cells)
    texts = [cell for cell in found if isinstance(cell, str) and any(sign.isdigit() for sign in cell)]
    if len(texts) * 2 < sum(isinstance(cell, str) for cell in found):
        return None  # a few words among amounts ("n/a") are a matter for the preview
    if not texts:
        return Style() if found else None
    said = {_SAID_NOTHING.sub("", text) for text in texts} - {""}
    if len(said) > 1 or (said and not (_iso(said) or all(not sign.isalnum() for sign in next(iter(said))))):
        return None  # words that differ from row to row say something ("Dr", "Cr")
    strip = "".join(sorted(set("".join(said)))) + (" " if said else "")
    for decimal, thousands in ((".", ""), (".", ","), (",", ""), (",", "."), (".", " "), (",", " "), (".", "'")):
        style = Style(decimal, thousands, parentheses=any("(" in text for text in texts), strip=strip)
        plain = [style.plain(text) for text in texts]
        if all(one is not None and len(one.partition(".")[2]) <= 2 for one in plain):
            return style
    return None


def _columns(
    names: Sequence[str],
    cells: Mapping[str, Sequence[Cell]],
    dated: str | None,
    days: Collection[str],
    styles: Mapping[str, Style],
    count: int,
) -> dict[str, tuple[str, ...]]:
    """Our word -> the columns that seem to be it, each column one thing."""
    called = {name: _called(name) for name in names}
    found: dict[str, tuple[str, ...]] = {"date": (dated,)} if dated is not None else {}

    def take(word: str, fits: Callable[[str], bool], *, many: bool = False, called_so: bool = True) -> None:
        taken = {name for group in found.values() for name in group}
        fit = [n for n in names if n not in taken and (called[n] == word or not called_so) and cells[n] and fits(n)]
        if fit:
            found[word] = tuple(fit) if many else (fit[0],)

    def full(name: str) -> bool:
        return len(cells[name]) == count

    take("balance", lambda name: name in styles)
    for word in ("debit", "credit"):
        take(word, lambda name: name in styles)
    if not {"debit", "credit"} <= found.keys():
        found.pop("debit", None)
        found.pop("credit", None)
        take("amount", lambda name: name in styles)
        if "amount" not in found:
            take("amount", lambda name: name in styles and full(name) and _has_cents(cells[name]), called_so=False)
    take("currency", lambda name: all(cell in EXPONENTS for cell in cells[name]))
    take("id", lambda name: full(name) and len(set(cells[name])) == count)
    plain = {name for name in names if name not in days and name not in styles}
    take("counterparty", lambda name: name in plain)
    take("reference", lambda name: name not in days, many=True)
    take("description", lambda name: name in plain, many=True)
    return found


def _by_name(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> dict[str, list[Cell]]:
    """The filled cells of each column."""
    return {name: [row[at] for row in rows if at < len(row) and row[at] != ""] for at, name in enumerate(names)}


def _called(name: str) -> str:
    return next((word for word, words in _NAMED.items() if re.search(words, name.casefold())), "")


def _date_column(
    names: Sequence[str], cells: Mapping[str, Sequence[Cell]], days: Collection[str], count: int
) -> str | None:
    """The first column of days that most rows fill, one that is called so before others."""
    fit = [name for name in names if name in days and len(cells[name]) * 2 > count]
    return min(fit, key=lambda name: (_called(name) != "date", names.index(name)), default=None)


def _date_form(cells: Sequence[Cell]) -> str:
    """How all of these days are written, "" if they are none; of several ways that in which they are nearest."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str)]
    if not texts or len(texts) < len(cells):
        return ""
    forms = [day + time for time in _TIMES for day in DATE_FORMS]
    fit = [form for form in forms if all(_likely(written_date(text, form)) for text in texts)]
    return min(fit, key=lambda form: (_leaps(texts, form), fit.index(form)), default="")


def _likely(day: date | None) -> bool:
    """Whether a statement may be of that day: "001042" is a number, no day of the year 10."""
    return day is not None and _FIRST_YEAR <= day.year <= _LAST_YEAR


def _leaps(texts: Sequence[str], form: str) -> int:
    """Days between the rows that follow each other, together: a statement goes by the day."""
    days = [found for text in texts if (found := written_date(text, form))]
    return sum(abs((after - before).days) for before, after in pairwise(days))


def _order_doubt(column: str, cells: Sequence[Cell], form: str) -> Iterator[str]:
    """Whether day and month could be the other way round."""
    day_form, time = next((day, form.removeprefix(day)) for day in DATE_FORMS if form.startswith(day))
    other = _SWAPPED[day_form] + time
    texts = [str(cell).strip() for cell in cells]
    if other == form or "%b" in form or "%B" in form or day_form.startswith("%Y"):
        return
    if not all(written_date(text, other) for text in texts):
        return
    unlike = next((text for text in texts if written_date(text, form) != written_date(text, other)), None)
    if unlike is not None:
        one, two = written_date(unlike, form), written_date(unlike, other)
        assert one is not None  # read with it
        assert two is not None  # likewise
        yield f"{column}: {unlike} is read as {_day(one)}; by this file alone it may be {_day(two)}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def _style_words(style: Style) -> dict[str, Written]:
    words: dict[str, Written] = {
        "decimal": style.decimal,
        "thousands": style.thousands,
        "parentheses": style.parentheses,
        "strip": style.strip,
    }
    plain = Style()
    return {word: value for word, value in words.items() if value != getattr(plain, word)}


def _currency(names: Sequence[str], money: Sequence[str], cells: Mapping[str, Sequence[Cell]]) -> str:
    """The one currency that headings or amounts name, "" for none."""
    named = {code for name in [*money, *names] for code in _ISO.findall(name) if code in EXPONENTS}
    if not named:
        texts = [cell for name in money for cell in cells[name] if isinstance(cell, str)]
        named = {code for text in texts for code in _ISO.findall(text) if code in EXPONENTS}
    return named.pop() if len(named) == 1 else ""


def _iso(said: set[str]) -> bool:
    return all(word in EXPONENTS for word in said)


def _has_cents(cells: Sequence[Cell]) -> bool:
    """Whether they look like money: a number of a receipt has no decimals."""
    return any(isinstance(cell, float) or (isinstance(cell, str) and re.search(r"[.,]\d\d$", cell)) for cell in cells)


def _reversed(
    columns: Mapping[str, tuple[str, ...]],
    names: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    written: Mapping[str, Written],
) -> bool:
    """Whether the balances say that money in is written as negative, in whichever order the rows stand."""
    if not {"amount", "balance"} <= columns.keys():
        return False
    at, after = names.index(columns["amount"][0]), names.index(columns["balance"][0])
    style = Style(**{word: value for word, value in written.items() if hasattr(Style(), word)})  # type: ignore[arg-type]
    pairs = [(_hundredths(row[at], style), _hundredths(row[after], style)) for row in rows if len(row) > max(at, after)]
    read = [(moved, balance) for moved, balance in pairs if moved is not None and balance is not None]
    for way in (read, read[::-1]):
        steps = [(moved, balance - before) for (_, before), (moved, balance) in pairwise(way)]
        if steps and all(moved == step for moved, step in steps):
            return False
        if steps and all(moved == -step for moved, step in steps) and any(moved for moved, _ in steps):
            return True
    return False


def _hundredths(cell: Cell, style: Style) -> int | None:
    plain = style.plain(cell) if isinstance(cell, str) else str(cell)
    try:
        return None if plain is None else parse(plain, "USD")
    except InvalidAmount:
        return None
