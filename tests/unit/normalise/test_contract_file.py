"""Contract files are checked when they are loaded; whoever mistypes learns where."""

import pytest

from awra_desk.domain.errors import UsageError
from awra_desk.normalise import load_contract
from tests.unit.normalise.samples import SHOP


def test_the_version_is_name_and_digest():
    contract = load_contract(SHOP)
    assert contract.name == "shop-1"
    assert contract.version == f"shop-1@{contract.digest[:12]}"
    assert load_contract(SHOP + "\n# a comment").version != contract.version


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('version = "shop-1"', "", "contract.version is missing"),
        ('version = "shop-1"', "version = 1", "contract.version must be a str"),
        ('version = "shop-1"', 'version = "x"\nflavour = 1', "contract.flavour is not a word"),
        ('external_id = "{id}"', 'externalid = "{id}"', "external_id is missing"),
        ('external_id = "{id}"', 'external_id = "{id}"\nextra = 1', "extra is not a word"),
        ('sale = "charge"', 'sale = "bargain"', "names the kind 'bargain'"),
        ('map = "kinds"', 'map = "sorts"', "there is no such map"),
        ('unit = "minor" } # gross', 'unit = "cents" } # gross', "unit must be minor or major"),
        ('evidence = "kept as proof"', 'evidence = ""', "needs either legs or the reason"),
        (', in = ["void"]', "", "has no condition in it"),
        ('in = ["void"]', "present = 1", "present must be true or false"),
        ("words = { in = 1, out = -1 }", "words = { in = 2 }", "must map words to 1, -1 or 0"),
        ('unix = "at"', "", "names no path"),
        ("'\\bpo_\\w+'", "'('", "cannot be read"),
        ('patterns = "ids"', 'patterns = "numbers"', "no such list of patterns"),
        ('references = ["number"]', 'references = "number"', "must be a list of texts"),
        ('description = "{note}"', "description = 7", "description must be a text"),
        ("settles = true", 'settles = "yes"', "settles must be a bool"),
        ("[streams.sales]", "[streams.sales", "is not TOML"),
        ("[exponents]", 'effective_from = "2026-07-01"\n[exponents]', "effective_from must be a day"),
        ("[exponents]", "effective_from = 2026-07-01T00:00:00Z\n[exponents]", "effective_from must be a day"),
        ("[exponents]", "effective_from = 2026-07-01\n[exponents]", "streams.sales.dated is needed"),
        ("[streams.sales]", '[streams.sales]\ndated = { day = "day" }', "streams.sales.dated is needed"),
        ("[exponents]", 'api_version = { path = "api", not_in = ["1"] }\n[exponents]', "api_version must be a path"),
    ],
)
def test_a_mistake_is_named_with_its_place(old, new, place):
    assert old in SHOP
    with pytest.raises(UsageError) as caught:
        load_contract(SHOP.replace(old, new, 1))
    assert place in caught.value.text
    assert "Correct the contract file." in caught.value.text
