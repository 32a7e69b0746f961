"""Cuts Xero's published OpenAPI document down to what the connector and the sandbox use.

    python tests/contracts/xero/cut.py xero_accounting.yaml

writes `accounting.cut.json` beside this file; SOURCE.md names the input. Nothing is changed but left out: other paths
and methods, prose and examples, and the schemas that are reached by none of what is kept. The examples of a few
documents are kept apart, in `examples.json`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
METHODS = {
    "/BankTransactions": ("get", "put"),
    "/BankTransactions/{BankTransactionID}": ("get",),
    "/BankTransfers": ("get",),
    "/CreditNotes": ("get",),
    "/Invoices": ("get",),
    "/Journals": ("get",),
    "/ManualJournals": ("get", "put"),
    "/ManualJournals/{ManualJournalID}": ("get",),
    "/Payments": ("get",),
    "/Accounts": ("get",),
    "/Organisation": ("get",),
    "/Reports/TrialBalance": ("get",),
}
EXAMPLES = (
    "/BankTransactions",
    "/BankTransfers",
    "/CreditNotes",
    "/Invoices",
    "/ManualJournals",
    "/Payments",
    "/Journals",
)
PROSE = frozenset({"description", "example", "examples", "summary", "tags", "externalDocs", "security", "title"})


def cut(node: Any, *, names: bool = False) -> Any:
    """Without prose; under `properties` every key is a name and stays."""
    if isinstance(node, list):
        return [cut(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if names or not (key in PROSE or key.startswith("x-"))}
    return {key: cut(value, names=key == "properties" and not names) for key, value in kept.items()}


def references(node: Any) -> Iterator[tuple[str, str]]:
    """Every (section, name) of the components that is pointed at."""
    if isinstance(node, dict):
        pointer = node.get("$ref")
        if isinstance(pointer, str):
            section, name = pointer.removeprefix("#/components/").split("/")
            yield section, name
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def main(source: str) -> None:
    spec = yaml.load(Path(source).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    paths = {
        path: {"parameters": spec["paths"][path].get("parameters", []), **{m: spec["paths"][path][m] for m in methods}}
        for path, methods in METHODS.items()
    }
    paths = cut(paths, names=True)
    components: dict[str, dict[str, Any]] = {}
    pending = list(references(paths))
    while pending:
        section, name = pending.pop()
        if name not in components.setdefault(section, {}):
            components[section][name] = cut(spec["components"][section][name])
            pending.extend(references(components[section][name]))
    whole = {
        "openapi": spec["openapi"],
        "info": {"version": spec["info"]["version"]},
        "paths": paths,
        "components": components,
    }
    lines = ",\n".join(f"{json.dumps(key)}:{_lined(value)}" for key, value in whole.items())
    (HERE / "accounting.cut.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    media = {path: spec["paths"][path]["get"]["responses"]["200"]["content"]["application/json"] for path in EXAMPLES}
    found = {path: content["example"] for path, content in media.items() if "example" in content}
    (HERE / "examples.json").write_text(
        json.dumps(found, default=str, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


def _lined(value: Any) -> str:
    """One line for each entry, so that a change reads well."""
    if not isinstance(value, dict):
        return json.dumps(value)
    compact = {
        key: json.dumps(item, separators=(",", ":"), sort_keys=True, default=str) for key, item in sorted(value.items())
    }
    return "{\n" + ",\n".join(f"{json.dumps(key)}:{text}" for key, text in compact.items()) + "\n}"


if __name__ == "__main__":
    main(sys.argv[1])
