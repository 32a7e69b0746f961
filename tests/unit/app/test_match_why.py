"""The lines of `match --explain`: the quick way writes what the full way writes."""

import json

import pytest

from awra_desk.app import match_why

KEYED = (
    '{"allowed":0,"currency":"KES","days":%d,"diff":0,"key":"%s","link":"reference",'
    '"parts":[["reference",1.0]],"rule":"keys","version":1}'
)


@pytest.mark.parametrize("key", ["inv1001", "größe77", "7", "\ue000", 'a\\"b', ""])
@pytest.mark.parametrize("days", [0, 3])
def test_a_key_changes_nothing_around_it(key: str, days: int) -> None:
    explanation = KEYED % (days, key)
    assert match_why._shared(explanation) == match_why._rendered(explanation)
    told = json.loads("{" + match_why._shared(explanation))
    assert told["facts"] == json.loads(explanation)
    assert told["waterfall"][0]["value"] == f"reference agrees ({json.loads(explanation)['key']})"


def test_a_sign_of_ours_elsewhere_in_the_explanation_stays() -> None:
    explanation = '{"key":"abc1","note":"\ue000","parts":[["batch",1.0]],"rivals":[["ledger","\ue000",0.5]]}'
    told = json.loads("{" + match_why._shared(explanation))
    assert told["facts"]["note"] == told["candidates"][0]["id"] == "\ue000"
