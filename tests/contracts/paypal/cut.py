"""Cuts PayPal's published Customer Disputes document down to the listing that is used.

    python tests/contracts/paypal/cut.py customer_disputes_v1.json

writes `customer_disputes.cut.json` beside this file; SOURCE.md names the input. Nothing is changed but left out: other
paths, what they alone refer to, and prose.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATH = "/v1/customer/disputes"


def without_prose(node: Any) -> Any:
    """The node without texts for people."""
    if isinstance(node, list):
        return [without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_prose(value)
        for key, value in node.items()
        if not (key in ("description", "title", "example") and isinstance(value, str))
    }


def references(node: Any) -> Iterator[str]:
    """Every place that the node refers to."""
    items = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for item in items:
        yield from references(item)


def cut(document: dict[str, Any]) -> dict[str, Any]:
    """The listing and all that it reaches."""
    listing = {"get": without_prose(document["paths"][PATH]["get"])}
    kept: dict[str, dict[str, Any]] = {}
    pending = list(references(listing))
    while pending:
        kind, name = pending.pop().removeprefix("#/components/").split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = without_prose(document["components"][kind][name])
            pending += references(kept[kind][name])
    parts = {kind: dict(sorted(found.items())) for kind, found in sorted(kept.items())}
    return {"openapi": document["openapi"], "paths": {PATH: listing}, "components": parts}


if __name__ == "__main__":
    text = json.dumps(cut(json.loads(Path(sys.argv[1]).read_text("utf-8"))), indent=1, ensure_ascii=False)
    (Path(__file__).parent / "customer_disputes.cut.json").write_text(f"{text}\n", "utf-8")
