"""Writes camt.052 reports and camt.054 notifications of both versions the tests prove, from scratch."""

from tests.unit.files.bank_sample import Move
from tests.unit.files.camt_sample import ACCOUNT, entry

MESSAGES = {"052": ("BkToCstmrAcctRpt", "Rpt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}


def told(kind: str, *entries: str, version: str = "02", number: str = "1", account: str = ACCOUNT) -> bytes:
    """A message of one report or notification of these entries."""
    message, one = MESSAGES[kind]
    made = "2026-10-01T12:00:00"
    group = f"<GrpHdr><MsgId>{kind}-{number}</MsgId><CreDtTm>{made}</CreDtTm></GrpHdr>"
    head = f"<Id>{kind}-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{made}</CreDtTm>"
    held = f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{space}"><{message}>{group}'
        f"<{one}>{head}{held}{''.join(entries)}</{one}></{message}></Document>"
    ).encode()


def plain(move: Move, version: str = "02", **inside: str) -> str:
    """An entry without details."""
    return entry(move, version, details=" ", **inside)
