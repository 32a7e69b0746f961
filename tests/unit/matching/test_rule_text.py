"""The TOML of rules: read, refused with place and remedy, and written so that it reads the same."""

import pytest

from awra_desk.domain.errors import UsageError
from awra_desk.matching import parse_rules, rules_toml

WHOLE = """
[[rules]]
name = "everything"
words = 'Says "all" of it \\ é'
action = "confirm"
shapes = ["N:1", "1:1"]
enabled = false
[rules.when.source]
kinds = ["charge", "tip"]
sources = ["shop"]
accounts = ["till"]
currencies = ["KES"]
sign = "in"
amount_from = "1"
amount_to = 250.50
text = { contains = ["a"], starts = ["b", "c"], regex = '(?P<order>\\d+)' }
[rules.when.ledger]
counterparty = { regex = '(?i)safaricom' }
[rules.key]
source = ["order", "kind"]
ledger = ["references", "channel"]
[rules.tolerance]
amount = "0.05"
percent = "0.5"
direction = "less"
offset = "-34"
[rules.dates]
before_days = 0
after_days = 3
calendar = "ke"

[calendars.ke]
weekend = ["sunday"]
holidays = [2026-12-25, 2026-12-12]

[[aliases]]
source = "SAFARICOM PLC"
ledger = "M-PESA TILL"
enabled = false
"""
RULE = '[[rules]]\nname = "r"\n[rules.when.source]\nkinds = ["charge"]\n'


def test_what_is_written_reads_the_same():
    rules = parse_rules(WHOLE)
    again = parse_rules(rules_toml(rules))
    assert again == rules
    assert rules_toml(again) == rules_toml(rules)
    assert parse_rules(rules_toml(parse_rules(""))) == parse_rules("")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rules]]", r"rules\[1\]: the rule has no name"),
        ('[[rules]]\nname = "a;b"', "'a;b' is no name"),
        ('[[rules]]\nname = "r"', "rule 'r' has no condition. Say under when.source"),
        ('[[rules]]\nname = "r"\n[rules.when.source]\nkinds = []', "has no condition"),
        (RULE + "[rules.when.ledger]\nkind = 1", r"rules\[1\].when.ledger.kind: this key is unknown"),
        (RULE + "[rules.when.ledger]\nkinds = [1]", "1 is not a text"),
        (RULE + "[rules.when.ledger]\nsign = 'plus'", r"when.ledger.sign: 'plus' is unknown. Known are"),
        (RULE + "[rules.when.ledger]\namount_from = '2'\namount_to = '1'", "amount_from is above amount_to"),
        (
            RULE + "[rules.when.ledger]\ntext = { regex = '(' }",
            r"text.regex: this is no regular.*missing \)",
        ),
        (RULE + "[rules.when.ledger]\ntext = { regex = '(a)' }", "unnamed groups.*Name each group"),
        (RULE + "[rules.when.ledger]\ntext = { regex = '(?=a)' }", "look-around and back-references are not available"),
        (RULE + f"[rules.when.ledger]\ntext = {{ regex = '{'a' * 1001}' }}", "longer than 1000 characters"),
        (RULE + '[rules.key]\nsource = "references"', "key of the ledger side is missing"),
        (
            RULE + '[rules.key]\nsource = "order"\nledger = "id"',
            "'order' is neither a column nor a named group",
        ),
        (RULE + "[rules.tolerance]\namount = -1", r"tolerance.amount: -1 is negative"),
        (RULE + "[rules.tolerance]\ndirection = 'up'", "Known are both, less, more"),
        (RULE + "[rules.dates]\nafter_days = 40000", "more than 36525 days"),
        (RULE + "[rules.dates]\ncalendar = 'ke'", r"calendar 'ke', which is not there. Add \[calendars.ke\]"),
        (RULE + "shape = 1", "this key is unknown"),
        (RULE.replace('"r"', '"r"\nshapes = []'), "no shape is allowed"),
        (RULE + RULE, "rule 'r' comes twice"),
        ("[calendars.x]\nweekend = ['funday']", "calendars.x.weekend: 'funday' is unknown"),
        ("[calendars.x]\nholidays = ['2026-12-25']", "calendars.x.holidays: '2026-12-25' is not a date"),
        ("[calendars.x]\nholidays = [2026-12-25T10:00:00]", "is not a date"),
        ("[[aliases]]\nsource = 'a'", r"aliases\[1\]: an alias needs both names"),
        ("rules = 3", "rules: 3 is not a list of tables"),
        ("rules = [3]", r"rules\[1\]: 3 is not a table"),
        ("[[rules]\n", "this is not TOML"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text, words):
    with pytest.raises(UsageError, match=words) as refused:
        parse_rules(text, "my.toml")
    assert refused.value.text.startswith("my.toml")
    assert refused.value.remedy
