"""Writes camt.053 files of both versions the tests prove, from scratch."""

from xml.sax.saxutils import escape

from awra_desk.domain.money import to_text
from tests.unit.files.bank_sample import Cut, Move

ACCOUNT = "DE89370400440532013000"


def amount(minor: int, currency: str) -> str:
    return f'<Amt Ccy="{currency}">{to_text(abs(minor), currency)}</Amt>'


def sign(minor: int) -> str:
    return f"<CdtDbtInd>{'DBIT' if minor < 0 else 'CRDT'}</CdtDbtInd>"


def status(version: str, word: str) -> str:
    return f"<Sts>{word}</Sts>" if version == "02" else f"<Sts><Cd>{word}</Cd></Sts>"


CODE = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"


def entry(move: Move, version: str, currency: str = "EUR", *, word: str = "BOOK", inside: str = "", details: str = ""):
    """One Ntry; `inside` stands between its code and its details, `details` replaces them."""
    reference = f"<AcctSvcrRef>{move.key}</AcctSvcrRef>" if move.key else ""
    plain = f"<NtryDtls><TxDtls><RmtInf><Ustrd>{escape(move.text)}</Ustrd></RmtInf></TxDtls></NtryDtls>"
    return (
        f"<Ntry>{amount(move.minor, currency)}{sign(move.minor)}{status(version, word)}"
        f"<BookgDt><Dt>{move.day}</Dt></BookgDt><ValDt><Dt>{move.day}</Dt></ValDt>{reference}{CODE}{inside}"
        f"{details or plain}</Ntry>"
    )


def balance(code: str, minor: int, day, currency: str) -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f"<Bal>{kind}{amount(minor, currency)}{sign(minor)}<Dt><Dt>{day}</Dt></Dt></Bal>"


def summary(cut: Cut, currency: str) -> str:
    def of(name: str, minors: list[int]) -> str:
        return f"<{name}><NbOfNtries>{len(minors)}</NbOfNtries><Sum>{to_text(sum(minors), currency)}</Sum></{name}>"

    minors = [move.minor for move in cut.moves]
    into, out = [minor for minor in minors if minor > 0], [-minor for minor in minors if minor < 0]
    return f"<TxsSummry>{of('TtlNtries', into + out)}{of('TtlCdtNtries', into)}{of('TtlDbtNtries', out)}</TxsSummry>"


def statement(cut: Cut, version: str = "02", currency: str = "EUR", entries: str | None = None, account: str = ACCOUNT):
    found = "".join(entry(move, version, currency) for move in cut.moves) if entries is None else entries
    totals = summary(cut, currency) if entries is None else ""
    return (
        f"<Stmt><Id>S{cut.number}</Id><ElctrncSeqNb>{cut.number}</ElctrncSeqNb><CreDtTm>2026-11-01T06:00:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{cut.first}T00:00:00</FrDtTm><ToDtTm>{cut.last}T23:59:59</ToDtTm></FrToDt>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
        f"{balance('OPBD', cut.opening, cut.first, currency)}{balance('CLBD', cut.closing, cut.last, currency)}"
        f"{totals}{found}</Stmt>"
    )


def document(*statements: str, version: str = "02", head: str = "") -> bytes:
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    group = "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-01T06:00:00</CreDtTm></GrpHdr>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<Document xmlns="{space}"><BkToCstmrStmt>{group}'
        f"{''.join(statements)}</BkToCstmrStmt></Document>"
    ).encode()
