"""The bench measures what it says; whether the bar is reached is for `dev.py bench` on a quiet machine."""

import pytest

from awra_desk.app import bench_normalise, bench_reconcile
from awra_desk.app.bench_store import run_store_bench


def test_the_bench_reports_rates_and_their_ratio(capsys: pytest.CaptureFixture[str]):
    found = run_store_bench(300)
    assert found["rows"] == 300
    assert found["ratio"] == pytest.approx(found["store_rows_per_second"] / found["raw_rows_per_second"])
    assert f"ratio {found['ratio']:.2f} (bar 0.5)" in capsys.readouterr().out


def test_the_normalise_bench_reads_every_payload(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bench_normalise, "_ORDERS", 60)
    found = bench_normalise.run_normalise_bench(300)
    measure = found["normalise"]
    assert found["rows"] == 300 < found["transactions"]
    assert measure["ratio"] == pytest.approx(measure["ours"] / measure["base"])
    assert measure["limit"] == 3.0


def test_the_reconcile_bench_proves_what_it_stores():
    found = bench_reconcile.run_reconcile_bench(300)
    assert found["unexplained"] == 0 < found["exceptions"]
    assert {(line["measure"], line["beside"]) for line in found["table"]} == {
        ("reconciled and stored", "matching alone"),
        ("reconciled again", "matching alone"),
    }
