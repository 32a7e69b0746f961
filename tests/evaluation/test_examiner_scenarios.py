"""An examiner's table: small books and what the design says must come of them, written from its text alone.

One line is `name :: left rows :: right rows :: confirmed ? suggested ! reason code :: configuration`. A row is
`id|date|amount|reference|description` with `column=value` for the others; a day alone is one of October 2026, the
currency is USD unless given, and A, B, C, J and D stand for amounts of evidence and for dates months away. A group is
`left,left~right`; "-" is none, and what is not written is not asked.
"""

import csv
import io
import random
from pathlib import Path

import pytest

from awra_desk.app.cli import main

COLUMNS = ("id", "date", "amount", "currency", "reference", "description", "counterparty", "kind", "batch", "channel")
PLACES = ("id", "date", "amount", "reference", "description")
SHORT = {"A": "4847.23", "B": "3391.87", "C": "5512.19", "J": "2026-01-05", "D": "2026-12-05"}
TABLE = """
normalisation :: a|J|A|ＩＮＶ－1001 :: 1|5|A|inv 1001 :: a~1
three characters are no key :: a|J|A|A12 :: 1|5|A|A12 :: -
no digit is no key :: a|J|A|ABCDEF :: 1|5|A|ABCDEF :: -
four characters with a digit :: a|J|A|ABC1 :: 1|5|A|abc1 :: a~1
token in description :: a|J|A|INV-1001 :: 1|5|A||Payment for INV-1001, thanks :: a~1
consecutive tokens :: a|J|A|INV-1001 :: 1|5|A||Payment INV 1001 thanks :: a~1
not inside a token :: a|J|A|INV1001 :: 1|5|A||Payment XINV1001 and INV10019 :: -
left text, right reference :: a|J|A||Order SO-88812 web :: 1|5|A|SO88812 :: a~1
namespace key without digit :: a|J|A|ch_abcdefg :: 1|5|A|ch_abcdefg :: a~1
not unique on left :: a|J|A|INV-1001;b|2026-01-06|A|INV-1001 :: 1|5|A|INV-1001 :: -
not unique on right :: a|J|A|INV-1001 :: 1|5|A|INV-1001;2|5|A|INV-1001 :: -
unique per sign :: a|J|A|INV-1001;b|2026-01-07|-A|INV-1001 :: 1|5|A|INV-1001;2|5|-A|INV-1001 :: a~1 b~2
repeated ids do not count :: a|1|A|INV-1001;a|2|A|INV-1001 :: 1|D|A|INV-1001 :: a~1
reference outranks same key in a text :: a|J|A|INV-1001;b|J|A||see INV-1001 :: 1|5|A|INV-1001 :: a~1
amount differs :: a|5|A|INV-1001 :: 1|5|4800.00|INV-1001 :: - ? a~1 ! AMOUNT_DIFFERENCE
opposite sign :: a|5|A|INV-1001 :: 1|5|-A|INV-1001 :: - ? a~1 ! AMOUNT_DIFFERENCE
other currency :: a|5|A|INV-1001 :: 1|5|A|INV-1001|currency=KES :: - ? a~1 ! CURRENCY_MISMATCH
key suggestion blocks amount alone :: a|5|A|INV-1001 :: 1|5|4800.00|INV-1001;2|5|A :: -
reference outranks amount :: a|5|A|INV-1001 :: 1|D|A|INV-1001;2|5|A :: a~1
hard disagreement caps :: a|5|A|ch_111aaa :: 1|5|A|ch_222bbb :: -
hard disagreement in capitals :: a|5|A|CH_111AAA :: 1|5|A||STRIPE ch_222bbb :: -
capitals without digits are words :: a|5|A||POS_PURCHASE tea :: 1|5|A||POS_SALE :: a~1
different namespaces say nothing :: a|5|A|ch_111aaa :: 1|5|A|po_222bbb :: a~1
plain references are no namespace :: a|5|A|INV-1001 :: 1|5|A|88231 :: a~1
hard=batch disagrees :: a|5|A|INV-1001|batch=B-001 :: 1|5|A|INV-1001|batch=B-777 :: - :: keys.hard=["batch"]
hard=reference disagrees :: a|5|A|INV-1001 :: 1|5|A|XYZ-8873 :: - :: keys.hard=["reference"]
hard=reference agrees :: a|5|A|INV-1001 :: 1|5|A|INV 1001 :: a~1 :: keys.hard=["reference"]
hard ids disagree though reference agrees :: a|5|A|INV-1001|ch_111aaa :: 1|5|A|INV-1001|ch_222bbb :: -
mistyped never confirmed by it :: a|J|A|INV-100134 :: 1|5|A|INV-100143 :: -
truncated never confirmed by it :: a|J|A|INV-100134 :: 1|5|A|INV-10013 :: -
zero-padded never confirmed by it :: a|J|A|100134 :: 1|5|A|000100134 :: -
tolerance inclusive :: a|5|10.05|INV-1001 :: 1|5|10.00|INV-1001 :: a~1 :: tolerance.amount="0.05"
percent of ledger: 101 vs 100 :: a|5|101.00|INV-1001 :: 1|5|100.00|INV-1001 :: a~1 :: tolerance.percent="1"
percent of ledger: 100 vs 99 :: a|5|100.00|INV-1001 :: 1|5|99.00|INV-1001 :: - :: tolerance.percent="1"
percent of ledger: 100 vs 101 :: a|5|100.00|INV-1001 :: 1|5|101.00|INV-1001 :: a~1 :: tolerance.percent="1"
percent half: exact :: a|5|100.50|INV-1001 :: 1|5|100.00|INV-1001 :: a~1 :: tolerance.percent="0.5"
percent half: a cent over :: a|5|100.51|INV-1001 :: 1|5|100.00|INV-1001 :: - :: tolerance.percent="0.5"
fraction of cent never rounds up :: a|5|10.06|INV-1001 :: 1|5|10.00|INV-1001 :: - :: tolerance.percent="0.59"
text names two invoices :: a|5|A||INV-1001 and INV-2002 :: 1|5|A|INV-1001;2|5|A|INV-2002 :: -
zero amounts with key :: a|5|0.00|INV-1001 :: 1|5|0.00|INV-1001 :: a~1
sign flip within tolerance :: a|5|0.02|INV-1001 :: 1|5|-0.02|INV-1001 :: - :: tolerance.amount="0.05"
ligature NFKC :: a|J|A|ﬁx-1001 :: 1|5|A|FIX1001 :: a~1
sharp s folding :: a|J|A|Straße-17 :: 1|5|A|STRASSE 17 :: a~1
batch other currency :: ch|5|100.00|batch=po_1001;fee|5|-3.00|batch=po_1001 :: 1|6|97.00|po_1001|currency=EUR :: -
batch mixed currencies :: ch|5|100.00|batch=po_1001;fee|5|-3.00|currency=EUR|batch=po_1001 :: 1|6|97.00|po_1001 :: -
two opposite rows :: ch|5|100.00|batch=po_1001;fee|5|-3.00|batch=po_1001 :: 1|6|97.00|po_1001;2|6|97.00|po_1001 :: -
batch on the right side :: 1|6|97.00|po_1001 :: ch|5|100.00|batch=po_1001;fee|5|-3.00|batch=po_1001 :: 1~ch,fee
negative batch :: ch|5|-100.00|batch=po_1001;fee|5|3.00|batch=po_1001 :: 1|6|-97.00|po_1001 :: ch,fee~1
batch zero-sum without payout :: ch|5|-100.00|batch=po_1001;fee|5|100.00|batch=po_1001 :: 1|6|97.00|po_1001 :: -
void and original by reference :: a|5|A|INV-1001;b|6|-A|INV-1001 :: 1|5|B :: a,b~
contra on the right :: 1|5|B :: a|5|A|INV-1001;b|6|-A|INV-1001 :: ~a,b
keys first :: a|5|A|INV-1001;b|6|-A|INV-1001 :: 1|5|A|INV-1001;2|5|-A|INV-1001 :: a~1 b~2
three rows: ambiguous :: a|5|A|INV-1001;c|5|A|INV-1001;b|6|-A|INV-1001 :: 1|5|B :: -
different references :: a|5|A|INV-1001;b|6|-A|INV-2002 :: 1|5|B :: -
unequal amounts :: a|5|A|INV-1001;b|6|-B|INV-1001 :: 1|5|C :: -
other currency :: a|5|A|INV-1001;b|6|-A|INV-1001|currency=EUR :: 1|5|C :: -
zero amounts are no contra :: a|5|0.00|INV-1001;b|6|0.00|INV-1001 :: 1|5|B :: -
exact unique :: a|5|A :: 1|5|A :: a~1
within tolerance is suggested :: a|5|A :: 1|5|4847.20 :: - ? a~1 :: tolerance.amount="0.03"
tolerance bound exceeded :: a|5|A :: 1|5|4847.20 :: - ? - :: tolerance.amount="0.02"
two on the right :: a|5|A :: 1|5|A|R-7781;2|6|A|R-9912 :: - ? a~1,2 ! AMBIGUOUS
two on the left :: a|5|A|R-7781;b|6|A|R-9912 :: 1|6|A :: - ? a,b~1 ! AMBIGUOUS
rival within tolerance though not exact :: a|5|A :: 1|5|A;2|5|4847.90 :: - :: tolerance.amount="1"
rival with a better partner still counts :: a|5|A;b|5|4847.50 :: 1|5|A;2|5|4847.50 :: - :: tolerance.amount="1"
rival in other currency is none :: a|5|A :: 1|5|A;2|5|A|currency=EUR :: a~1
rival of opposite sign is none :: a|5|A :: 1|5|A;2|5|-A :: a~1
chain of rivals :: a|1|A;b|4|A :: 1|3|A;2|7|A :: -
percent tolerance amount-only :: a|5|101.00 :: 1|5|100.00 :: - ? a~1 :: tolerance.percent="1"
percent tolerance amount-only other way :: a|5|100.00 :: 1|5|99.00 :: - ? - :: tolerance.percent="1"
tolerance never crosses sign :: a|5|0.02 :: 1|5|-0.02 :: - ? - :: tolerance.amount="1"
zero amounts alone :: a|5|0.00 :: 1|5|0.00 :: -
negative amounts :: a|5|-A :: 1|5|-A :: a~1
coincidence of 100.01 :: a|5|100.01 :: 1|5|100.01 :: a~1 ? -
coincidence of 99.99 :: a|5|99.99 :: 1|5|99.99 :: - ? a~1
coincidence of 1000.00 :: a|5|1000.00 :: 1|5|1000.00 :: - ? a~1
coincidence of 99.91 :: a|5|99.91 :: 1|5|99.91 :: - ? a~1
coincidence of 12.34 :: a|5|12.34 :: 1|5|12.34 :: - ? a~1
coincidence of 500000.00 :: a|5|500000.00 :: 1|5|500000.00 :: - ? a~1
coincidence of 4847.00 :: a|5|4847.00 :: 1|5|4847.00 :: - ? a~1
coincidence of 10001.00 :: a|5|10001.00 :: 1|5|10001.00 :: a~1 ? -
coincidence of 99991.00 :: a|5|99991.00 :: 1|5|99991.00 :: a~1 ? -
coincidence of 9999.00 :: a|5|9999.00 :: 1|5|9999.00 :: - ? a~1
coincidence of 100.07 :: a|5|100.07 :: 1|5|100.07 :: a~1 ? -
JPY units :: a|5|10001|currency=JPY;b|5|5500|currency=JPY :: 1|5|10001|currency=JPY;2|5|5500|currency=JPY :: a~1
2v1 twins :: a|5|A||coffee;b|5|A||coffee :: 1|5|A||coffee :: - ? a,b~1 ! DUPLICATE
2v3 twins :: a|5|A||coffee;b|5|A||coffee :: 1|5|A||coffee;2|5|A||coffee;3|5|A||coffee :: - ? a,b~1,2,3 ! DUPLICATE
no twins: descriptions differ :: a|5|A||coffee;b|5|A||tea :: 1|5|A||x;2|5|A||y :: - ? a,b~1,2 ! AMBIGUOUS
not twins: dates differ :: a|5|A;b|6|A :: 1|5|A;2|6|A :: - ? a,b~1,2 ! AMBIGUOUS
twins on one side, different on the other :: a|5|A||coffee;b|5|A||coffee :: 1|5|A||coffee;2|6|A||coffee :: -
twins with same key 2v1 :: a|5|A|INV-1001|coffee;b|5|A|INV-1001|coffee :: 1|5|A|INV-1001 :: - ? a,b~1 ! DUPLICATE
1:N by reference :: a|5|300.00|INV-9001 :: 1|5|100.00|INV-9001;2|5|200.00|INV-9001 :: a~1,2
N:1 by reference :: a|5|100.00|INV-9001;b|5|200.00|INV-9001 :: 1|5|300.00|INV-9001 :: a,b~1
N:M by reference :: a|5|100.00|INV-9001;b|5|200.00|INV-9001 :: 1|5|50.00|INV-9001;2|5|250.00|INV-9001 :: a,b~1,2
by reference but sum off :: a|5|300.00|INV-9001 :: 1|5|100.00|INV-9001;2|5|150.00|INV-9001 :: -
two subsets :: a|5|100.00;b|5|200.00;c|5|150.00;e|5|150.00 :: 1|5|300.00 :: -
single exact beats cover :: a|5|123.47;b|5|234.59;c|5|358.06 :: 1|5|358.06 :: c~1
max_members :: a|5|123.47;b|5|234.59;c|5|345.61 :: 1|5|703.67 :: - ? - :: groups.max_members=2
subset signs agree :: a|5|1123.47;b|5|-765.41 :: 1|5|358.06 :: - ? -
subset outside the window :: a|5|123.47;b|2026-11-05|234.59 :: 1|5|358.06 :: - ? -
subset member is hard-key bound elsewhere :: a|5|123.47|ch_111aaa;b|5|234.59 :: 1|5|358.06;2|D|123.47|ch_111aaa :: a~2
day and channel :: a|5|10|channel=till 1;b|5|20|channel=till 1 :: 1|5|30|channel=till 1 :: a,b~1
by reference with repeated id row :: a|5|300.00|INV-9001 :: 1|5|100.00|INV-9001;1|5|200.00|INV-9001 :: -
subset two targets share a member :: a|5|123.47;b|5|234.59;c|5|345.61 :: 1|5|358.06;2|5|580.20 :: -
subset with identical members interchangeable :: a|5|123.47;b|5|234.59;c|5|234.59 :: 1|5|358.06 :: -
subset where a rival target exists :: a|5|123.47;b|5|234.59 :: 1|5|358.06;2|6|358.06|X-9912 :: -
partial unique key left larger :: a|5|100.00|INV-9001 :: 1|5|60.00|INV-9001 :: a~1 :: groups.partial=true
partial right larger :: a|5|60.00|INV-9001 :: 1|5|100.00|INV-9001 :: a~1 :: groups.partial=true
partial negative with sign :: a|5|-100.00|INV-9001 :: 1|5|60.00|INV-9001 :: a~1 :: groups.partial=true ; sign.left=-1
partial without flag :: a|5|100.00|INV-9001 :: 1|5|60.00|INV-9001 :: - ? a~1 ! AMOUNT_DIFFERENCE
partial not for opposite sign :: a|5|100.00|INV-9001 :: 1|5|-60.00|INV-9001 :: - :: groups.partial=true
partial never on amount alone :: a|5|A :: 1|5|3000.00 :: - ? - :: groups.partial=true
partial batch :: ch|5|100.00|batch=po_1001;fee|5|-3.00|batch=po_1001 :: 1|6|90.00|po_1001 :: - :: groups.partial=true
fuzzy keeps the amount gate :: a|5|55.00||Wanjiku Kamau beans :: 1|5|57.00||Wanjiku Kamau beans :: - ? -
fuzzy keeps the date gate :: a|5|55.00||Wanjiku Kamau beans :: 1|2026-11-05|55.00||Wanjiku Kamau beans :: - ? -
fuzzy with hard disagreement :: a|5|A|ch_111aaa|Wanjiku Kamau beans :: 1|5|A|ch_222bbb|Wanjiku Kamau beans :: -
counterparty text :: a|5|55.00|counterparty=Wanjiku Kamau :: 1|5|55.00|counterparty=Wanjiku Kamau :: -
unique per currency :: a|J|A|IN-1001;b|J|A|IN-1001|currency=EUR :: 1|5|A|IN-1001;2|5|A|IN-1001|currency=EUR :: a~1 b~2
tolerance exceeded :: a|5|10.06|INV-1001 :: 1|5|10.00|INV-1001 :: - ? a~1 :: tolerance.amount="0.05"
larger of the two allows :: a|5|100.80|I-101 :: 1|5|100.00|I-101 :: a~1 :: tolerance={percent="0.8",amount="0.09"}
larger is the absolute :: a|5|10.09|I-101 :: 1|5|10.00|I-101 :: a~1 :: tolerance={percent="0.8",amount="0.09"}
by currency :: a|5|5001|I-101|currency=UGX :: 1|5|5000|I-101|currency=UGX :: a~1 :: tolerance.by_currency={UGX="1"}
by other currency :: a|5|11.00|I-101 :: 1|5|10.00|I-101 :: - ? a~1 :: tolerance.by_currency={UGX="1"}
other number of a scheme that leads :: a|5|A|INV-7001;k|5|B|INV-1001 :: 1|5|A|INV-9002;2|5|B|INV-1001 :: k~2
numbers that meet by accident are no scheme :: a|5|A|INV-7001;k|5|B|INV-1001 :: 1|5|A|INV-9002;2|5|C|INV-1001 :: a~1
account numbers in texts :: a|1|C||rent 60427155;b|29|B||rent 60427155;c|2|A||fee 77120934 :: 1|30|A||fee 77120934 :: -
receipt numbers in texts :: a|1|C||rent 60427155;c|2|A||fee 77120934 :: 1|30|A||fee 77120934 :: c~1
two references fight :: a|5|A|IN-101|about IN-202;b|5|A|IN-202 :: 1|5|A|IN-101;2|5|A|IN-202 :: a~1 b~2
batch :: a|5|100|batch=po_1;b|5|-3|batch=po_1 :: 1|6|97|batch=po_1 :: a,b~1
batch, whatever the dates :: a|5|100|batch=po_1;b|5|-3|batch=po_1 :: 1|D|97|batch=po_1 :: a,b~1
batch by reference :: a|5|100|batch=po_1001;b|5|-3|batch=po_1001 :: 1|6|97|po_1001 :: a,b~1
batch is exact :: a|5|100|batch=po_1;b|5|-3|batch=po_1 :: 1|6|97.01|batch=po_1 :: - :: tolerance.amount="0.05"
zero-sum holds :: a|5|97|batch=po_1;p|5|-97|po_1|kind=payout|batch=po_1 :: 1|6|97|po_1 :: p~1 :: sign.left=-1
zero-sum without kind :: a|5|97|batch=po_1;p|5|-97|po_1|batch=po_1 :: 1|6|97|po_1 :: p~1 :: sign.left=-1
zero-sum fails :: a|5|97|batch=po_1;p|5|-96|po_1|kind=payout|batch=po_1 :: 1|6|96|po_1 :: - :: sign.left=-1
zero-sum fails, no key :: a|5|4900|batch=po_1;p|5|-A|kind=payout|batch=po_1 :: 1|6|A :: - :: sign.left=-1
zero-sum fails, members fit :: a|5|97|batch=po_1;p|5|-96|po_1|kind=payout|batch=po_1 :: 1|6|97|po_1 :: - :: sign.left=-1
twins and a third :: a|5|A||tea;b|5|A||tea :: 1|5|A||tea;2|5|A||tea;3|5|4847.50 :: - :: tolerance.amount="1"
hard twins :: a|5|A|ch_111aaa;b|5|A|ch_111aaa :: 1|5|A|ch_222bbb;2|5|A|ch_222bbb :: -
round twins :: a|5|100||tea;b|5|100||tea :: 1|5|100||tea;2|5|100||tea :: -
twins :: a|5|A||tea;b|5|A||tea :: 1|5|A||tea;2|5|A||tea :: a~1 b~2
partial and a hard disagreement :: a|5|100|IN-901|ch_111a :: 1|5|60|IN-901|ch_222b :: - :: groups.partial=true
partial within tolerance :: a|5|5|IN-901 :: 1|5|4.99|IN-901 :: a~1 :: groups.partial=true ; tolerance.amount="0.05"
search budget :: a|5|123.47;b|5|234.59;c|5|345.61 :: 1|5|580.20 :: - :: groups.search_steps=1
unique subset :: a|5|123.47;b|5|234.59;c|5|345.61 :: 1|5|358.06 :: a,b~1
the same amount outside the window counts as share :: a|5|A :: 1|5|A;2|J|A :: - ? a~1
before the window :: a|5|A :: 1|3|A :: - ? -
first day of the window :: a|5|A :: 1|4|A :: a~1
last day of the window :: a|5|A :: 1|8|A :: a~1
after the window :: a|5|A :: 1|9|A :: - ? -
no date, no key :: a||A :: 1|5|A :: -
no date, but a key :: a||A|INV-1001 :: 1|5|A|INV-1001 :: a~1
instant :: a|2026-10-05T22:30:00Z|A :: 1|6|A :: a~1 :: dates={zone="Africa/Nairobi",before_days=0,after_days=0}
other day :: a|2026-10-05T22:30:00Z|A :: 1|5|A :: - :: dates={zone="Africa/Nairobi",before_days=0,after_days=0}
local :: a|2026-10-05T23:30:00|A :: 1|5|A :: a~1 :: dates={zone="Africa/Nairobi",before_days=0,after_days=0}
offset :: a|2026-10-05T23:30:00-05:00|A :: 1|6|A :: a~1 :: dates={before_days=0,after_days=0}
no currency equals none :: a|5|A|INV-1001|currency= :: 1|5|A|INV-1001|currency= :: -
currency trimmed and upper-cased :: a|5|A|currency= usd :: 1|5|A :: a~1
first by date :: a|7|B|IN-1001;a|5|A|IN-1001 :: 1|5|A|IN-1001 :: a~1
first by amount :: a|5|B|IN-1001;a|5|A|IN-1001 :: 1|5|A|IN-1001 :: - ? a~1
first by all fields :: a|5|A|IN-2002;a|5|A|IN-1001 :: 1|5|A|IN-1001 :: a~1
"""
CASES = [[part.strip() for part in line.split(" :: ")] for line in TABLE.strip().splitlines()]
READ = {  # amount cell -> what it is, None where it is no plain decimal of its currency
    " 10.00 ": "10.00", "1e2": "100.00", "10": "10.00", "-10.5": "-10.50", "10.000": "10.00", "007.10": "7.10",
    "0.30000000000000004": "0.30", "1010.1000000000001": "1010.10", "90000000000000.01": "90000000000000.01",
    "1,000.00": None, "(10.00)": None, "10,00": None, "\u221210.00": None, "\u0661\u0660": None, "NaN": None,
    "inf": None,
    "1_000": None, "$10": None, "": None, "0x10": None, "1e400": None, "10.00-": None, "1 000": None, "10.005": None,
    "10.000000001": None,
}  # fmt: skip
STYLES = [
    ("1,000.00", 'thousands=","', "1000.00"), ("(10.00)", "parentheses=true", "-10.00"),
    ("10.005", 'excess_precision="half_up"', "10.01"), ("-10.005", 'excess_precision="half_up"', "-10.01"),
    ("10.005", 'excess_precision="half_even"', "10.00"), ("10.015", 'excess_precision="half_even"', "10.02"),
    ("-10.001", 'excess_precision="floor"', "-10.01"), ("10.009", 'excess_precision="floor"', "10.00"),
    ("10.001", 'excess_precision="ceil"', "10.01"), ("-10.009", 'excess_precision="ceil"', "-10.00"),
    ("-10.009", 'excess_precision="truncate"', "-10.00"),
    ("0.30000000000000004", 'excess_precision="ceil"', "0.30"),
]  # fmt: skip
REFUSED = [  # configuration, and the word that the message must hold
    ('[tolerance]\namout="1"', "amout"), ('[toleranse]\namount="1"', "toleranse"), ("x=1", "x"),
    ("not toml [", "c.toml"),
    ('[passes]\nenable=["magic"]', "magic"), ('[dates]\nzone="Mars/Phobos"', "Mars/Phobos"), ("[sign]\nleft=2", "sign"),
    ('[tolerance]\namount="-0.01"', "amount"), ('[tolerance]\npercent="-1"', "percent"),
    ('[tolerance]\nby_currency={UGX="-1"}', "UGX"), ('[tolerance]\namount="nan"', "amount"),
    ("[confirm]\nfloor=1.01", "floor"), ("[confirm]\nmargin=-0.1", "margin"),
    ("[dates]\nbefore_days=-1", "before_days"),
    ("[groups]\nmax_members=-1", "max_members"), ('[keys]\nhard=["nosuch"]', "nosuch"),
    ('[amounts]\nexcess_precision="banker"', "excess_precision"), ('[amounts]\nthousands="."', "thousands"),
    ('[columns.left]\nidd="id"', "idd"), ('[columns.left]\namount="Betrag"', "Betrag"),
]  # fmt: skip
UNREADABLE = [  # file content, and the words that the message must hold
    (b"", ["left.csv"]), (None, ["left.csv"]), (b"amount\n1\n", ["left.csv", "id"]),
    (b"id\na\n", ["left.csv", "amount"]),
    (b"id,amount\na,1\nb,2,3\n", ["left.csv", "row 3"]), (b"id,amount\na,1\nb\n", ["left.csv", "row 3"]),
    (b"id,amount\ncaf\xe9,1\n", ["left.csv", "row 2", "UTF-8"]),
    (b"id,amount,amount\na,1,2\n", ["left.csv", "amount"]),
]  # fmt: skip


def table(rows: str, seed: int | None = None) -> str:
    """The CSV of rows as the table writes them."""
    lines = [_line(row) for row in rows.split(";")]
    if seed is not None:
        random.Random(seed).shuffle(lines)
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue()


def _line(row: str) -> dict[str, str]:
    plain = [cell for cell in row.split("|") if "=" not in cell]
    named = dict(cell.split("=") for cell in row.split("|") if "=" in cell)
    line = {"currency": "USD", **dict(zip(PLACES, plain, strict=False)), **named}
    sign, amount = ("-", line["amount"][1:]) if line["amount"].startswith("-") else ("", line["amount"])
    line["amount"] = sign + SHORT.get(amount, amount)
    day = SHORT.get(line["date"], line["date"])
    return line | {"date": f"2026-10-{int(day):02}" if day.isdigit() else day}


class Examiner:
    """Runs the command in a folder and reads what it wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, left: str | bytes | None, right: str, config: str = "") -> int:
        self._write("left.csv", left)
        self._write("right.csv", right)
        self._write("c.toml", config)
        files = [str(self.folder / name) for name in ("left.csv", "right.csv", "x.csv", "c.toml")]
        return main(["match", *files[:2], "--out", files[2], "--config", files[3]])

    def _write(self, name: str, content: str | bytes | None) -> None:
        if content is not None:
            (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    @property
    def matched(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.text("x.csv"))))

    @property
    def unmatched(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.text("x.unmatched.csv"))))

    def groups(self, status: str) -> list[str]:
        found: dict[str, dict[str, list[str]]] = {}
        for row in self.matched:
            if row["status"] == status:
                found.setdefault(row["match_id"], {"left": [], "right": []})[row["side"]].append(row["id"])
        return sorted("~".join(",".join(sorted(ids)) for ids in group.values()) for group in found.values())


@pytest.fixture
def examiner(tmp_path: Path) -> Examiner:
    return Examiner(tmp_path)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_the_table(examiner: Examiner, case: list[str]) -> None:
    _, left, right, wanted, *config = case
    settings = config[0].replace(" ; ", "\n") if config else ""
    wanted, _, reason = wanted.partition(" ! ")
    confirmed, asked, suggested = wanted.partition(" ? ")
    code = examiner(table(left), table(right), settings)
    assert examiner.groups("confirmed") == confirmed.replace("-", "").split()
    if asked:
        assert examiner.groups("suggested") == suggested.replace("-", "").split()
    if reason:
        assert all(row["why"].startswith(reason) for row in examiner.matched if row["status"] == "suggested")
    _check_books(examiner, (left, right), code, partial="partial" in settings)
    if ";" not in left + right:
        return
    first = examiner.text("x.csv"), examiner.text("x.unmatched.csv")
    examiner(table(left, seed=3), table(right, seed=4), settings)
    assert (examiner.text("x.csv"), examiner.text("x.unmatched.csv")) == first


def _check_books(examiner: Examiner, rows: tuple[str, str], code: int, *, partial: bool) -> None:
    """What holds for every result: all rows are somewhere, each in one group, and the exit code tells what is left."""
    matched, unmatched = examiner.matched, examiner.unmatched
    for side, wanted in zip(("left", "right"), rows, strict=True):
        grouped = [row["id"] for row in matched if row["side"] == side]
        alone = [row["id"] for row in unmatched if row["side"] == side]
        assert len(grouped) == len(set(grouped))
        assert len(alone) == len(set(alone))
        assert len({*grouped, *alone}) == len(wanted.split(";"))
        assert partial or not {*grouped} & {*alone}
    left = bool(unmatched) or any(row["status"] == "suggested" for row in matched)
    assert code == int(left)


@pytest.mark.parametrize(("cell", "value"), READ.items())
def test_amount_cells(examiner: Examiner, cell: str, value: str | None) -> None:
    _read(examiner, cell, value)


@pytest.mark.parametrize(("cell", "style", "value"), STYLES)
def test_amount_styles(examiner: Examiner, cell: str, style: str, value: str) -> None:
    _read(examiner, cell, value, f"[amounts]\n{style}\n")


def _read(examiner: Examiner, cell: str, value: str | None, config: str = "") -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([["id", "amount", "reference"], ["a", cell, "INV-1001"]])
    code = examiner(file.getvalue(), f"id,amount,reference\n1,{value or '1.00'},INV-1001\n", config)
    if value is None:
        assert code == 1
        assert [(row["id"], row["reason"], row["failed_gate"]) for row in examiner.unmatched if row["id"] == "a"] == [
            ("a", "INVALID_ROW", "amount")
        ]
    else:
        assert code == 0
        assert [row["allocated"] for row in examiner.matched] == [value, value]


@pytest.mark.parametrize(("config", "word"), REFUSED)
def test_unusable_configuration(examiner: Examiner, capsys: pytest.CaptureFixture[str], config: str, word: str) -> None:
    assert examiner(table("a|5|A"), table("1|5|A"), config) == 2
    assert word in capsys.readouterr().err


@pytest.mark.parametrize(("content", "words"), UNREADABLE)
def test_unusable_files(
    examiner: Examiner, capsys: pytest.CaptureFixture[str], content: bytes | None, words: list[str]
) -> None:
    assert examiner(content, table("1|5|A")) == 2
    message = capsys.readouterr().err
    assert all(word in message for word in words)


@pytest.mark.parametrize(
    ("left", "right", "sign", "allocated", "residual"),
    [("100.00", "60.00", 1, "60.00", "40.00"), ("60.00", "100.00", 1, "60.00", "40.00"),
     ("-100.00", "60.00", -1, "-60.00", "-40.00")],
)  # fmt: skip
def test_a_partial_allocation_leaves_its_residual(
    examiner: Examiner, left: str, right: str, sign: int, allocated: str, residual: str
) -> None:
    config = f"[groups]\npartial=true\n[sign]\nleft={sign}\n"
    assert examiner(table(f"a|5|{left}|INV-9001"), table(f"1|5|{right}|INV-9001"), config) == 1
    assert [row["allocated"] for row in examiner.matched] == [allocated, "60.00"]
    assert [(row["amount_open"], row["reason"]) for row in examiner.unmatched] == [(residual, "PARTIAL")]


def test_occurrences_are_numbered_by_date_then_amount(examiner: Examiner) -> None:
    examiner(table("a|5|10.00;a|5|9.00;a|4|70.00;a|5|-90.00"), table("1|5|A"))
    assert {row["id"]: row["amount_open"] for row in examiner.unmatched if row["side"] == "left"} == {
        "a": "70.00",
        "a#2": "-90.00",
        "a#3": "9.00",
        "a#4": "10.00",
    }


def test_a_broken_batch_says_so(examiner: Examiner) -> None:
    examiner(table("a|5|97|batch=po_1;p|5|-96|po_1|kind=payout|batch=po_1"), table("1|6|96|po_1"), "sign.left=-1")
    assert any(row["why"].startswith("BALANCE_BREAK") for row in examiner.matched)
