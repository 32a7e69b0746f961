"""Writes BAI2 files, from scratch, with their totals."""

from tests.unit.files.bank_sample import Cut, Move

ACCOUNT = "0975312468"


def detail(move: Move) -> str:
    """One record 16; a text with a comma, a slash or a new line goes on in a record 88."""
    code = "142" if move.minor > 0 else "451"
    first, *more = move.text.split("\n")
    return "\n".join([f"16,{code},{abs(move.minor)},Z,{move.key},,{first}/", *(f"88,{line}/" for line in more)])


def account(cut: Cut, details: list[str] | None = None, *, number: str = ACCOUNT, currency: str = "") -> str:
    """Records 03 to 49 of one day: its balances and sums, its transactions, its control total."""
    minors = [move.minor for move in cut.moves]
    into, out = [minor for minor in minors if minor > 0], [-minor for minor in minors if minor < 0]
    head = f"03,{number},{currency},010,{cut.opening},,,015,{cut.closing},,/"
    sums = f"88,100,{sum(into)},{len(into)},,400,{sum(out)},{len(out)},/"
    lines = [line for one in (details or [detail(move) for move in cut.moves]) for line in one.split("\n")]
    control = cut.opening + cut.closing + 2 * (sum(into) + sum(out))
    return "\n".join([head, sums, *lines, f"49,{control},{3 + len(lines)}/"])


def group(day, *accounts: str, status: str = "1", modifier: str = "2", currency: str = "USD") -> str:
    """Records 02 to 98 of one day."""
    records = 2 + sum(one.count("\n") + 1 for one in accounts)
    control = sum(int(one.rsplit("\n49,", 1)[1].split(",")[0]) for one in accounts)
    head = f"02,031001234,122099999,{status},{day:%y%m%d},2359,{currency},{modifier}/"
    return "\n".join([head, *accounts, f"98,{control},{len(accounts)},{records}/"])


def document(*groups: str, end: str = "\n") -> bytes:
    """The file."""
    records = 2 + sum(one.count("\n") + 1 for one in groups)
    control = sum(int(one.rsplit("\n98,", 1)[1].split(",")[0]) for one in groups)
    head = "01,122099999,123456789,261101,0200,1,,,2/"
    return (end.join([head, *groups, f"99,{control},{len(groups)},{records}/"]).replace("\n", end) + end).encode()
