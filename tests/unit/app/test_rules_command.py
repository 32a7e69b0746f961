"""`awra-desk rules` and `awra-desk fees`: what they say, what they leave, and with which exit code."""

import io
import json
from contextlib import contextmanager

import pytest

from awra_desk.app import cli, fees_command, rules_command
from awra_desk.services.review import match_by_hand
from tests.unit.services.conftest import NAME, PASSWORD
from tests.unit.services.doubles import row
from tests.unit.services.test_fees import SCHEDULE
from tests.unit.services.test_rules import RULE, many_by_hand


@pytest.fixture
def say(scene, monkeypatch, capsys, tmp_path):
    """Runs a command on the scene's desk; gives exit code and output."""

    @contextmanager
    def desk(url, *, company=""):
        yield scene.desk

    for module in (rules_command, fees_command):
        monkeypatch.setattr(module, "open_desk", desk)
    (tmp_path / "r.toml").write_text(RULE, encoding="utf-8")
    (tmp_path / "f.toml").write_text(SCHEDULE, encoding="utf-8")

    def run(*words: str, who: str = "", password: str = PASSWORD) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        signed = ["--as", who, "--password-stdin"] if who else []
        code = cli.main([word.replace("TMP", str(tmp_path)) for word in words] + signed)
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def test_a_rule_from_its_file_to_its_counts(scene, say):
    scene.source.rows.append(row("m1", 70_000, reference="QJK12AB34C"))
    scene.ledger.rows.append(row("T1", 70_000, kind="ledger_line", account="35", text="xTILL-QJK12AB34Cx"))
    scene.pull()
    assert say("rules", "list", NAME) == (0, "No rule yet. `rules sets` lists ready-made ones.\n")
    code, told = say("rules", "test", NAME, "--file", "TMP/r.toml")
    assert (code, "books/lines/T1 + shop/balance/m1 (confirmed by rule:till)" in told) == (0, True), told
    assert "Matches gained: 0; lost: 0; of another status: 1." in told
    assert say("rules", "add", NAME, "TMP/r.toml", who="amina") == (0, "No rule is in force.\n")
    code, told = say("rules", "enable", NAME, "till", "--json", who="amina")
    document = json.loads(told)
    assert (code, document["rules"][0]["enabled"], len(document["back_test"]["changed"])) == (0, True, 1)
    scene.reconcile()
    code, told = say("rules", "counts", NAME, "--json")
    counts = {each["rule"]: each["confirmed"] for each in json.loads(told)["counts"]}
    assert (code, counts["rule:till"]) == (0, 1)
    assert "enable till" in say("rules", "history", NAME)[1]
    assert "TILL-(?P<receipt>" in say("rules", "show", NAME)[1]
    assert "Version 2." in say("rules", "list", NAME)[1]


def test_a_test_that_finds_contradictions_ends_with_one(scene, say):
    scene.source.rows += [row("m1", 70_000, reference="QJK12AB34C"), row("m2", 70_000)]
    scene.ledger.rows.append(row("T1", 70_000, kind="ledger_line", account="35", text="xTILL-QJK12AB34Cx"))
    scene.pull()
    scene.reconcile()
    match_by_hand(scene.desk, NAME, (("ledger", "books/lines/T1"), ("source", "shop/balance/m2")), who="joseph")
    code, told = say("rules", "test", NAME, "--file", "TMP/r.toml")
    assert (code, "people matched books/lines/T1 + shop/balance/m2" in told) == (1, True)
    say("rules", "add", NAME, "TMP/r.toml", who="amina")
    code, told = say("rules", "enable", NAME, "till", who="amina")
    assert (code, "it would contradict decisions of people, 1 in all" in told) == (3, True)
    assert say("rules", "enable", NAME, "till", "--note", "they erred", who="amina")[0] == 0


def test_suggestions_are_shown_and_added_switched_off(scene, say):
    many_by_hand(scene, [41_217, 52_331, 63_449], text="Waiter tips", fee=3_400)
    code, told = say("rules", "suggest", NAME)
    assert (code, "tip-tips-34.00" in told, "Nothing is changed" in told) == (0, True, True)
    code, told = say("rules", "suggest", NAME, "--add", who="amina")
    assert (code, "Added, switched off" in told) == (0, True)
    code, told = say("rules", "list", NAME, "--json")
    assert [(rule["name"], rule["enabled"]) for rule in json.loads(told)["rules"]] == [("tip-tips-34.00", False)]
    assert say("rules", "suggest", NAME)[1] == "People's decisions so far point to no rule.\n"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("rules", "add", NAME, "TMP/none.toml"), 2, "cannot be read"),
        (("rules", "enable", NAME, "none"), 2, "there is no such rule"),
        (("rules", "adopt", NAME, "none"), 2, "no such rule set"),
        (("fees", "set", "shop", "TMP/none.toml"), 2, "cannot be read"),
        (("fees", "adopt", "shop", "none"), 2, "no such tariff"),
    ],
)
def test_what_cannot_be_is_said(say, words, code, says):
    found, told = say(*words, who="amina")
    assert (found, says in told) == (code, True)


def test_nobody_changes_rules_with_a_wrong_password(scene, say):
    code, told = say("rules", "add", NAME, "TMP/r.toml", who="amina", password="guessed it all")
    assert (code, "do not fit together" in told) == (3, True)
    assert say("rules", "history", NAME)[1] == "No rule was ever laid down.\n"


def test_sets_and_tariffs_can_be_read(say):
    assert "mpesa-paybill-ledger" in say("rules", "sets")[1]
    assert "receipt-in-text" in say("rules", "sets", "mpesa-paybill-ledger")[1]
    assert "paystack-kenya" in say("fees", "tariffs")[1]
    assert "cited" in say("fees", "tariffs", "paystack-kenya")[1]


def test_fees_from_their_file_to_the_charges_that_are_off(scene, say):
    scene.source.rows.append(row("c1", 10_000, fee=400))
    scene.pull()
    code, told = say("fees", "set", "shop", "TMP/f.toml", who="amina")
    assert (code, told) == (0, "In force for shop, version 1: Cards.\n")
    code, told = say("fees", "check", "shop")
    assert (code, "3.20 USD" in told, "4.00 USD" in told, "5 off" in told) == (1, True, True, True)
    code, told = say("fees", "check", "shop", "--json")
    assert {each["difference"] for each in json.loads(told)["variances"]} >= {"0.80"}
    assert "Cards" in say("fees", "list", "shop")[1]
    assert "percent" in say("fees", "show", "shop")[1]
