"""The product's main job with Xero as the ledger, over HTTP."""

from datetime import date
from fractions import Fraction

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.demo import Systems, fresh, job
from awra_desk.domain.entries import WriteState
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.scoring import combine
from awra_desk.sandbox.servers import running_sandbox, xero_line_ids
from awra_desk.services.pull import pull
from awra_desk.system.secrets import MemorySecrets


def test_a_whole_month_against_xero(tmp_path):
    """Pull, reconcile, stage, approve, post and read back; then a payment that vanishes there breaks the control."""
    month = simulate(MonthSpec(seed=2, orders=60))
    with running_sandbox(month, providers=("stripe", "xero")) as box:
        systems = Systems(
            {**box["stripe"], "provider": "stripe"}, {**box["xero"], "provider": "xero"}, "Xero", xero_line_ids(month)
        )
        keys = MemorySecrets()
        with open_desk(
            str(fresh(tmp_path)), company=month.company_name, zone=month.spec.zone, secrets=keys, create=True
        ) as desk:
            result = job(desk, keys, month, systems, out=tmp_path)
            with desk.read() as uow:
                writes = uow.writes.all()
            payments = box.xero.books.documents["Payments"]
            del payments[min(payments)]
            broken = pull(desk, "Xero", days=(date(2026, 10, 31),))
    assert [outcome.statement.unexplained for outcome in result.last] == [0, 0, 0]
    assert all(done.control_ok for done in result.pulls)
    verdict = combine(result.scores.values())
    assert verdict.false_matches == ()
    assert verdict.confirmable_recall >= Fraction(97, 100)
    assert {write.state for write in writes} == {WriteState.VERIFIED}
    assert writes
    assert broken.broken == ("Stripe balance: ledger balance",)
