"""`awra-desk sandbox` as another program sees it: one line when ready, answers, a clean end."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from awra_desk.app.cli import DONE, USAGE, main
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.nairobi import NairobiSpec, simulate_nairobi

PATIENCE = 60


def get(url: str, key: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        return json.loads(response.read())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_serves_and_stops(tmp_path: Path, number: signal.Signals) -> None:
    truth, bank = tmp_path / "truth.json", tmp_path / "bank.csv"
    words = [sys.executable, "-m", "awra_desk", "sandbox", "--orders", "20", "--seed", "3"]
    with subprocess.Popen(
        [*words, "--truth", str(truth), "--bank", str(bank)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            ready = json.loads(process.stdout.readline())
            stripe = ready["stripe"]
            url = f"{stripe['base_url']}/v1/charges?limit=100"
            charges = get(url, stripe["credentials"]["api_key"])["data"]
            with pytest.raises(urllib.error.HTTPError) as refused:
                get(f"{ready['quickbooks']['base_url']}/v3/company/1/companyinfo/1", "none")
            refused.value.close()
            process.send_signal(number)
            rest, errors = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, rest, errors) == (DONE, "", "")
    assert refused.value.code == 401
    assert set(ready["quickbooks"]["credentials"]) == {"client_id", "client_secret", "refresh_token", "realm_id"}
    month = simulate(MonthSpec(seed=3, orders=20))
    assert [charge["id"] for charge in charges] == [charge["id"] for charge in reversed(month.stripe.charges)]
    written = json.loads(truth.read_text(encoding="utf-8"))
    assert len(written["groups"]) == len(month.truth.groups)
    assert bank.read_bytes().decode() == month.bank_csv


def test_a_port_in_use_and_an_empty_month_are_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["sandbox", "--orders", "5", "--port", str(port)]) == USAGE
    assert main(["sandbox", "--orders", "0"]) == USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert str(port) in said.err
    assert "--orders 0" in said.err


def test_what_the_demo_does_not_need_is_served_and_statements_are_written(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "awra_desk", "sandbox", "--orders", "40", "--seed", "3", "--mpesa", str(tmp_path)]
    providers = ("paypal", "paystack", "daraja", "quickbooks_nairobi", "mpesa")
    asked = [word for provider in providers for word in ("--provider", provider)]
    with subprocess.Popen([*words, *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            paystack = ready["paystack"]
            url, key = f"{paystack['base_url']}/settlement", paystack["credentials"]["secret_key"]
            settlements = get(url, key)["data"]
            process.send_signal(signal.SIGTERM)
            rest, errors = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, rest, errors) == (DONE, "", "")
    assert set(ready) == set(providers)
    month = simulate_nairobi(NairobiSpec(seed=3, orders=40))
    assert [row["id"] for row in settlements] == [row["id"] for row in reversed(month.paystack.settlements)]
    assert (tmp_path / "paybill.csv").read_bytes().decode() == month.paybill_csv
    assert (tmp_path / "till.csv").read_bytes().decode() == month.till_csv
    assert (tmp_path / "bank.csv").read_bytes().decode() == month.bank_csv
    assert json.loads((tmp_path / "truth.json").read_text())["groups"]


@pytest.mark.parametrize("words", [["--provider", "mpesa"], ["--mpesa", "somewhere"]])
def test_mpesa_needs_a_folder(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", *words]) == USAGE
    assert "go together" in capsys.readouterr().err
