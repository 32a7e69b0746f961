"""Re-normalising: the differences first, then the same differences applied; no decision is ever lost."""

from dataclasses import replace

import pytest

from awra_desk.domain.errors import Refused
from awra_desk.normalise import loads
from awra_desk.services.renormalise import differences, renormalise
from awra_desk.services.review import exclude
from tests.unit.services.conftest import NAME
from tests.unit.services.doubles import mapping


def changed(scene, edit):
    """The same desk with a contract that reads the shop's rows otherwise."""

    def other(connection):
        first = mapping(connection)
        if connection.name != "shop":
            return first

        def interpret(records, read):
            edited = [replace(record, payload=edit(record)) for record in records]
            result = first.interpret(edited, None)
            by_text = dict(zip((record.raw_id for record in edited), records, strict=True))
            table = result.table.with_columns(raw_id=result.table["raw_id"].copy())
            table["raw_id"][:] = [by_text[raw_id].raw_id for raw_id in table["raw_id"]]
            for record in records if read else ():
                read(record)
            rejects = [replace(reject, raw_id=by_text[reject.raw_id].raw_id) for reject in result.rejects]
            return type(result)(table, rejects)

        return replace(first, version="scripted-2", interpret=interpret)

    return replace(scene.desk, mapping=other)


def as_refund(record):
    return record.payload.replace('"kind": "charge"', '"kind": "adjustment"')


def transactions(desk):
    with desk.read() as uow:
        return {row["id"]: row for row in uow.records.transactions("shop").dicts()}


def test_the_same_contract_makes_nothing_different(scene):
    scene.pull()
    assert not differences(scene.desk, "shop").any


def test_preview_equals_what_is_applied(scene):
    scene.pull()
    desk = changed(scene, as_refund)
    before = transactions(desk)
    seen = differences(desk, "shop")
    assert seen.counts == {"changes": 4}
    assert {change.record_id: change.fields for change in seen.changes} == {
        f"shop/balance/ch_{n}a": {"kind": ("charge", "adjustment")} for n in range(1, 5)
    }
    assert transactions(desk) == before
    assert renormalise(desk, "shop", who="amina") == seen
    after = transactions(desk)
    assert {name: row["kind"] for name, row in after.items() if row["kind"] != before[name]["kind"]} == {
        change.record_id: change.fields["kind"][1] for change in seen.changes
    }
    assert not differences(desk, "shop").any
    last = scene.trail()[-1]
    assert (last.action, last.actor, last.subject) == ("records.renormalise", "amina", "shop")
    assert loads(last.detail["changes"]) == 4


def test_a_pull_waits_until_somebody_has_seen_the_differences(scene):
    scene.pull()
    scene.desk = changed(scene, as_refund)
    scene.source.rows.append({**scene.source.rows[0], "id": "ch_9a", "reference": "ch_9a"})
    with pytest.raises(Refused, match="awra-desk renormalise shop"):
        scene.pull()
    assert "shop/balance/ch_9a" not in transactions(scene.desk)
    renormalise(scene.desk, "shop", who="amina")
    assert "shop/balance/ch_9a" in transactions(scene.desk)
    scene.pull()


def test_a_contract_that_changes_nothing_needs_nobody(scene):
    scene.pull()
    scene.desk = changed(scene, lambda record: record.payload)
    scene.pull()
    assert not differences(scene.desk, "shop").records


def test_records_that_no_longer_fit_are_counted_and_quarantined(scene):
    scene.pull()
    desk = changed(scene, lambda record: record.payload.replace('"kind": "fee"', '"kind": "unknown"'))
    seen = renormalise(desk, "shop", who="amina")
    assert (seen.rejected, seen.counts) == (3, {"vanishes": 3})
    with desk.read() as uow:
        assert len(uow.records.rejects("shop")) == 3


def test_a_decided_record_never_vanishes(scene):
    scene.pull()
    scene.reconcile()
    exclude(scene.desk, NAME, ("source", "shop/balance/fee_1"), who="amina", note="billed twice")
    desk = changed(scene, lambda record: record.payload.replace('"kind": "fee"', '"kind": "unknown"'))
    assert differences(desk, "shop").lost == ("shop/balance/fee_1",)
    before = transactions(desk)
    with pytest.raises(Refused, match="people decided about would vanish"):
        renormalise(desk, "shop", who="amina")
    assert transactions(desk) == before
