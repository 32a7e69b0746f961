"""A process that asks QuickBooks with eight threads at once whenever a line comes on stdin; run by
`test_tokens_two_processes`.

Its keyring is a JSON file, replaced in one step. With the word "crash" it dies between a token's arrival and its
storing.
"""

import json
import os
import random
import sys
import threading
from pathlib import Path

from awra_desk.connectors._http import Guard
from awra_desk.connectors.quickbooks import QuickBooksLedger
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.store import open_workspace
from awra_desk.system.clock import SystemClock

THREADS = 8


def main(workspace: str, keyring: str, place: str, mode: str) -> None:
    box = json.loads(place)
    file = Path(keyring)

    def save(secret: dict) -> None:
        if mode == "crash":
            os._exit(9)
        new = file.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(secret), encoding="utf-8")
        new.replace(file)

    def load() -> dict:
        return json.loads(file.read_text(encoding="utf-8"))

    opened = open_workspace(workspace, create=False)
    guard = Guard(opened.shared("co"), "co/QuickBooks", load_secret=load)
    connection = Connection("co", "QuickBooks", "quickbooks", box["base_url"], "UTC", box["options"])
    ledger = QuickBooksLedger(
        connection, load(), clock=SystemClock(), rng=random.Random(1), save_secret=save, guard=guard
    )
    print("ready", flush=True)
    for _ in sys.stdin:
        failures: list[str] = []

        def ask(failures: list[str] = failures) -> None:
            try:
                ledger.find("awra:x")
            except TransportError as error:
                failures.append(f"{error.kind}: {error.text}")

        threads = [threading.Thread(target=ask) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(json.dumps(failures), flush=True)
    opened.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
