"""Cuts Stripe's published OpenAPI document and fixtures down to what the sandbox serves.

    python tests/contracts/stripe/cut.py openapi.spec3.json fixtures3.json

writes `openapi.cut.json` (its schemas lie at the top, under `schemas`) and `fixtures.cut.json` beside this file;
SOURCE.md names the inputs. Nothing is changed but
left out: other paths and schemas, prose, and the details of objects outside the seven resources that an expandable
    field
may hold (there any object will do).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESOURCES = ("balance", "balance_transaction", "charge", "dispute", "event", "payout", "refund")
PATHS = (
    *(
        path
        for plural, singular in (
            ("balance_transactions", "{id}"),
            ("charges", "{charge}"),
            ("disputes", "{dispute}"),
            ("events", "{id}"),
            ("payouts", "{payout}"),
            ("refunds", "{refund}"),
        )
        for path in (f"/v1/{plural}", f"/v1/{plural}/{singular}")
    ),
    "/v1/balance",
)
PROSE = ("description", "title", "x-expandableFields", "x-expansionResources", "x-resourceId")


def cut_schema(node: Any) -> Any:
    """The schema without prose and without expansions that leave the seven resources."""
    if isinstance(node, list):
        return [cut_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if not _is_prose(key, value)}
    if "x-expansionResources" in node:
        kept["anyOf"] = [
            choice if "$ref" not in choice or _name(choice["$ref"]) in RESOURCES else {"type": "object"}
            for choice in node["anyOf"]
        ]
    return {key: cut_schema(value) for key, value in kept.items()}


def cut_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The GET operations of `PATHS` and every schema they reach."""
    paths = {path: {"get": cut_schema(spec["paths"][path]["get"])} for path in PATHS}
    schemas: dict[str, Any] = {}
    pending = [*RESOURCES, *_references(paths)]
    while pending:
        name = pending.pop()
        if name not in schemas:
            schemas[name] = cut_schema(spec["components"]["schemas"][name])
            pending.extend(_references(schemas[name]))
    return {"openapi": spec["openapi"], "paths": paths, "schemas": schemas}


def _is_prose(key: str, value: Any) -> bool:
    """A property may be called `description` too; its value is then a schema, not a sentence."""
    return key in PROSE and not (key in ("description", "title") and isinstance(value, dict))


def _name(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield _name(node["$ref"])
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _write(path: Path, head: dict[str, Any], key: str, entries: dict[str, Any]) -> None:
    """JSON with one line per entry of `key`, so that a change reads well; without a head, the entries alone."""
    lines = ",\n".join(f"{json.dumps(name)}:{_compact(entries[name])}" for name in sorted(entries))
    body = "{\n" + lines + "\n}"
    if head:
        body = _compact(head)[:-1] + "," + json.dumps(key) + ":" + body + "}"
    path.write_text(body + "\n", encoding="utf-8")


def _compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def main(spec_path: str, fixtures_path: str) -> None:
    spec = json.loads(Path(spec_path).read_text(encoding="utf-8"))
    fixtures = json.loads(Path(fixtures_path).read_text(encoding="utf-8"))["resources"]
    cut = cut_spec(spec)
    _write(HERE / "openapi.cut.json", {"openapi": cut["openapi"], "paths": cut["paths"]}, "schemas", cut["schemas"])
    _write(HERE / "fixtures.cut.json", {}, "", {name: fixtures[name] for name in RESOURCES})


if __name__ == "__main__":
    main(*sys.argv[1:3])
