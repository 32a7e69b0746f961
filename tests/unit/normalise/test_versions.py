"""Several versions of a contract: each record is read by the one in force for it, and by no other."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.drift import DriftKind
from awra_desk.domain.errors import UsageError
from awra_desk.normalise import Number, load_contract, versions_of
from tests.unit.normalise.samples import CONTRACT, SHOP, record, sale

ZONE = "Africa/Nairobi"
CUT = date(2026, 10, 10)
AT_CUT = int(datetime(2026, 10, 9, 21, tzinfo=UTC).timestamp())  # midnight in Nairobi
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def later(name="shop-2", day=CUT, api="", dated='dated = { unix = "at" }'):
    """The sample contract's next version: it calls the type "sort", and has no stream of lines."""
    head = f'version = "{name}"\n' + (f"effective_from = {day}\n" if day else "")
    head += f"api_version = {api}\n" if api else ""
    body = SHOP.replace('version = "shop-1"', head).replace('of = "{type}"', 'of = "{sort}"')
    lines = body.index("[[streams.lines.legs]]")
    return body[:lines].replace("[streams.sales]", f"[streams.sales]\n{dated}", 1)


def versions(*texts):
    return versions_of([CONTRACT, *(load_contract(text) for text in texts)])


def read(found, *records):
    return found.interpret(records, company="Acme", zone=ZONE)


def by_version(result):
    """External id -> name of the version that read it, of what fits."""
    pairs = zip(result.table["external_id"], result.table["contract"], strict=True)
    return {name: contract.partition("@")[0] for name, contract in pairs if ":" not in name}


def raw(number, **changes):
    return record(sale(id=f"s_{number}", **changes), external_id=f"s_{number}")


def test_a_record_is_read_by_the_version_of_its_day_in_the_connections_zone():
    old, new = raw(1, at=AT_CUT - 1), raw(2, at=AT_CUT, type=None, sort="sale")
    result = read(versions(later()), new, old)
    assert by_version(result) == {"s_1": "shop-1", "s_2": "shop-2"}
    assert result.rejects == []


def test_the_old_form_after_the_day_waits_in_quarantine_with_the_version_that_refused_it():
    result = read(versions(later()), raw(1, at=AT_CUT))
    (reject,) = result.rejects
    assert (reject.contract.partition("@")[0], reject.path) == ("shop-2", "sort")


@given(st.lists(st.integers(-3, 3), max_size=6), st.sets(st.integers(1, 5), min_size=1, max_size=3))
def test_every_record_has_exactly_one_version_and_it_is_the_last_one_begun(offsets, starts):
    begins = [CUT + timedelta(days=start) for start in sorted(starts)]
    several = versions(*(later(f"shop-{place + 2}", day) for place, day in enumerate(begins)))
    records = [raw(place, at=AT_CUT + offset * 86_400, sort="sale") for place, offset in enumerate(offsets)]
    result = read(several, *records)
    expected = {
        f"s_{place}": f"shop-{1 + sum(begin <= CUT + timedelta(days=offset) for begin in begins)}"
        for place, offset in enumerate(offsets)
    }
    assert by_version(result) == expected


def test_a_record_without_the_later_versions_day_has_the_form_of_the_version_before():
    renamed = later(dated='dated = { unix = "created" }')
    assert by_version(read(versions(renamed), raw(1, at=AT_CUT + 1))) == {"s_1": "shop-1"}


def test_the_interface_version_that_a_record_states_goes_before_its_day():
    several = versions(later(api='{ path = "api", in = ["2026-10"] }'))
    early = raw(1, at=AT_CUT - 1, type=None, sort="sale", api="2026-10")
    other = raw(2, at=AT_CUT - 1, api="2025-01")
    assert by_version(read(several, early, other)) == {"s_1": "shop-2", "s_2": "shop-1"}


def test_a_stream_is_read_by_the_versions_that_have_it():
    body = {"id": "b_1", "currency": "KES", "day": "2026-10-20", "account": "35",
            "lines": [{"no": 1, "amount": Number("12.50"), "way": "in", "account": "35"}]}  # fmt: skip
    several = versions(later())
    assert by_version(read(several, record(body, "lines", "b_1"))) == {}
    result = read(several, record(body, "lines", "b_1"))
    assert [name.partition("@")[0] for name in result.table["contract"]] == ["shop-1"]


def test_what_is_no_json_or_of_no_stream_is_still_rejected():
    result = read(versions(later()), record("{", external_id="s_1"), record(sale(), "elsewhere"))
    assert [reject.contract.partition("@")[0] for reject in result.rejects] == ["shop-1", "shop-1"]


def test_a_new_version_reads_everything_anew_and_one_alone_is_itself():
    assert versions().version == CONTRACT.version
    two = versions(later())
    assert two.version.startswith("shop-2@")
    assert two.version != versions(later(day=CUT + timedelta(days=1))).version
    assert two.version != load_contract(later()).version


def test_the_new_form_is_no_drift_from_its_day_on_and_the_old_one_is():
    several = versions(later())
    old, new = raw(1, at=AT_CUT - 1), raw(2, at=AT_CUT, type=None, sort="sale")

    def watched(known, *records):
        sentinel = several.sentinel(ZONE, known, NOW)
        several.interpret(records, company="Acme", zone=ZONE, read=sentinel.read)
        return sentinel

    first = watched({}, old, new)
    assert first.told() == []
    assert sorted(first.shapes()) == ["sales", "sales@shop-2"]
    assert watched(first.shapes(), old, new).told() == []
    back = watched(first.shapes(), raw(3, at=AT_CUT + 1)).told()
    assert [(drift.kind, drift.path, drift.contract.partition("@")[0]) for drift in back] == [
        (DriftKind.NEW_FIELD, "type", "shop-2"),
        (DriftKind.NOW_NULL, "sort", "shop-2"),
    ]


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ([SHOP.replace("shop-1", "shop-2")], "shop-2: does not say from which later day on it is in force"),
        ([later(), later("shop-3")], "shop-3: does not say from which later day"),
        ([later(), later("shop-3", CUT - timedelta(days=1))], "shop-3: does not say from which later day"),
        ([later(), later(day=CUT + timedelta(days=1))], "shop-2: two versions have this name"),
        (
            [
                later(api='{ path = "api", in = ["2026-10", "2026-11"] }'),
                later("shop-3", CUT + timedelta(days=1), api='{ path = "api", in = ["2026-11"] }'),
            ],
            "shop-3: reads interface version 2026-11 in api, as shop-2 does",
        ),
    ],
    ids=["no day", "same day", "earlier day", "same name", "same interface version"],
)
def test_spans_never_overlap(texts, says):
    with pytest.raises(UsageError) as caught:
        versions(*texts)
    assert says in caught.value.text


def test_the_first_version_is_in_force_from_the_beginning():
    with pytest.raises(UsageError, match="is the first version, which is in force from the beginning"):
        versions_of([load_contract(later())])
