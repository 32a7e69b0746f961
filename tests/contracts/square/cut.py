"""Cuts Square's published OpenAPI document down to what the connector asks for and the sandbox serves.

    python tests/contracts/square/cut.py api.json

writes `openapi.cut.json` beside this file; SOURCE.md names the input. Nothing is changed but left out: other paths and
schemas, and prose. The published examples of the lists are kept.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PATHS = (
    "/v2/disputes",
    "/v2/locations",
    "/v2/payments",
    "/v2/payments/{payment_id}",
    "/v2/payouts",
    "/v2/payouts/{payout_id}",
    "/v2/payouts/{payout_id}/payout-entries",
    "/v2/refunds",
    "/v2/refunds/{refund_id}",
)
PROSE = ("description", "x-enum-elements", "x-release-status", "x-unitTests", "x-endpoint-errors", "summary", "tags")


def cut_schema(node: Any, *, names: bool = False) -> Any:
    """Without prose; `names`: the keys are names of properties, not words of the language."""
    if isinstance(node, list):
        return [cut_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if names or key not in PROSE}
    return {
        key: value if key == "example" else cut_schema(value, names=key in ("properties", "schemas"))
        for key, value in kept.items()
    }


def main(path: str) -> None:
    spec = json.loads(Path(path).read_text(encoding="utf-8"))
    paths = {name: {"get": cut_schema(spec["paths"][name]["get"])} for name in PATHS}
    schemas: dict[str, Any] = {}
    pending = [*_references(paths), "ActivityType", "Error", "ObtainTokenRequest", "ObtainTokenResponse"]
    while pending:
        name = pending.pop()
        if name not in schemas:
            schemas[name] = cut_schema(spec["components"]["schemas"][name])
            pending.extend(_references(schemas[name]))
    lines = ",\n".join(f"{json.dumps(name)}:{_compact(schemas[name])}" for name in sorted(schemas))
    head = _compact({"info": {"x-version": "2025-08-20"}, "openapi": spec["openapi"], "paths": paths})
    text = head[:-1] + ',"schemas":{\n' + lines + "\n}}\n"
    (HERE / "openapi.cut.json").write_text(text, encoding="utf-8")


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rsplit("/", 1)[-1]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1])
