"""Shapes and drifts, on both databases."""

from dataclasses import replace

import pytest

from awra_desk.domain.drift import Drift, DriftKind
from awra_desk.domain.errors import Refused, UserError
from awra_desk.domain.records import RawRecord
from awra_desk.ports.connections import Connection
from tests.store.books import NOW

RAW = RawRecord("shop", "sales", "s1", "{}", NOW)
TOLD = Drift(
    "d1", "shop", "sales", "fees[].type", DriftKind.NEW_WORD, "card", "levy", RAW.raw_id, NOW, "shop-1@0", read=True
)


@pytest.fixture
def books(workspace, company):
    with workspace.write(company) as uow:
        uow.connections.put(Connection(company, "shop", "stripe", "https://api.stripe.com", "UTC"))
        uow.records.append([RAW])
        uow.commit()
    return workspace, company


def test_shapes_are_kept_per_stream_and_replaced(books):
    workspace, company = books
    with workspace.write(company) as uow:
        uow.drifts.put_shapes("shop", {"sales": "{1}", "payouts": "{2}"})
        uow.drifts.put_shapes("shop", {"sales": "{3}"})
        uow.commit()
    with workspace.read(company) as uow:
        assert uow.drifts.shapes("shop") == {"payouts": "{2}", "sales": "{3}"}
        assert uow.drifts.shapes("books") == {}


def test_a_drift_is_kept_once_and_stays_acknowledged(books):
    workspace, company = books
    with workspace.write(company) as uow:
        uow.drifts.add([TOLD, replace(TOLD, drift_id="d0", read=False)])
        uow.drifts.acknowledge("d1", actor="amina", note="a new levy")
        uow.drifts.add([TOLD])
        uow.commit()
    with workspace.read(company) as uow:
        assert [drift.drift_id for drift in uow.drifts.all()] == ["d0"]
        everything = uow.drifts.all(acknowledged=True)
    assert everything[1] == replace(TOLD, acknowledged_by="amina", note="a new levy")


def test_acknowledging_twice_or_nothing_is_refused(books):
    workspace, company = books
    with workspace.write(company) as uow:
        uow.drifts.add([TOLD])
        uow.drifts.acknowledge("d1", actor="amina", note="")
        with pytest.raises(Refused, match="amina has acknowledged"):
            uow.drifts.acknowledge("d1", actor="grace", note="")
        with pytest.raises(UserError, match="this drift is unknown"):
            uow.drifts.acknowledge("d9", actor="grace", note="")
