"""Writes OFX files of both versions, from scratch."""

from xml.sax.saxutils import escape

from awra_desk.domain.money import to_text
from tests.unit.files.bank_sample import Cut, Move

ACCOUNT = "0532013000"
HEAD_1 = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:UTF-8\nCHARSET:NONE\n\n"
HEAD_2 = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE"?>\n'


def value(name: str, text: str, version: int) -> str:
    """A value; version 1 leaves its end tag out."""
    return f"<{name}>{escape(text)}{f'</{name}>' if version == 2 else ''}\n"


def entry(move: Move, version: int, currency: str = "EUR", *, fitid: str = "", more: str = "") -> str:
    parts = [
        ("TRNTYPE", "CREDIT" if move.minor > 0 else "DEBIT"), ("DTPOSTED", f"{move.day:%Y%m%d}120000[0:GMT]"),
        ("TRNAMT", to_text(move.minor, currency)), ("FITID", fitid or move.key), ("NAME", "Party"), ("MEMO", move.text),
    ]  # fmt: skip
    return f"<STMTTRN>\n{''.join(value(name, text, version) for name, text in parts)}{more}</STMTTRN>\n"


def statement(
    cut: Cut, version: int = 1, currency: str = "EUR", entries: str | None = None, as_of=None, closing=None
) -> str:
    found = "".join(entry(move, version, currency) for move in cut.moves) if entries is None else entries
    balance = cut.closing if closing is None else closing
    days = value("DTSTART", f"{cut.first:%Y%m%d}", version) + value("DTEND", f"{cut.last:%Y%m%d}235959", version)
    ledger = value("BALAMT", to_text(balance, currency), version) + value(
        "DTASOF", f"{as_of or cut.last:%Y%m%d}", version
    )
    account = value("BANKID", "37040044", version) + value("ACCTID", ACCOUNT, version)
    return (
        f"<STMTTRNRS><STMTRS>\n{value('CURDEF', currency, version)}<BANKACCTFROM>\n{account}</BANKACCTFROM>\n"
        f"<BANKTRANLIST>\n{days}{found}</BANKTRANLIST>\n<LEDGERBAL>\n{ledger}</LEDGERBAL>\n</STMTRS></STMTTRNRS>"
    )


def document(*statements: str, version: int = 1) -> bytes:
    head = HEAD_1 if version == 1 else HEAD_2
    return f"{head}<OFX><BANKMSGSRSV1>\n{''.join(statements)}\n</BANKMSGSRSV1></OFX>\n".encode()
