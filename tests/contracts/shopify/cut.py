"""Cuts Shopify's published introspection results down to the types that the connector's queries reach.

    python -m tests.contracts.shopify.cut FOLDER

reads `FOLDER/admin_<version>.json.gz` (SOURCE.md names them) and writes `admin_<version>.cut.json` beside this file.
Nothing is changed but left out: types that no query reaches, fields and arguments that lead to them, deprecations, and
descriptions, except those of the search filters. Enums are whole. `scopes` keeps which access scopes the types need.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, build_client_schema, parse, visit
from graphql.language import FieldNode

from awra_desk.connectors.shopify import queries

HERE = Path(__file__).parent
Json = dict[str, Any]
LEAVES = ("SCALAR", "ENUM")


def all_queries() -> list[str]:
    """The connector's queries."""
    return [
        value
        for name, value in vars(queries).items()
        if isinstance(value, str) and value.lstrip().startswith("query ") and not name.startswith("_")
    ]


class _Reached(Visitor):
    """Collects (type, field) of every selection."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.fields: set[tuple[str, str]] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, field = self.info.get_parent_type(), self.info.get_field_def()
        if parent is None or field is None:
            raise ValueError(f"the schema has no field {node.name.value}")
        self.fields.add((parent.name, node.name.value))


def reached(schema: GraphQLSchema) -> set[tuple[str, str]]:
    """Every (type, field) that the queries name."""
    found: set[tuple[str, str]] = set()
    for text in all_queries():
        info = TypeInfo(schema)
        visitor = _Reached(info)
        visit(parse(text), TypeInfoVisitor(info, visitor))
        found |= visitor.fields
    return found


def cut(document: Json) -> Json:
    """The cut introspection result with its scopes."""
    whole = document["data"]["__schema"]
    fields = reached(build_client_schema(document["data"], assume_valid=True))
    objects = {parent for parent, _ in fields}
    types = {kind["name"]: kind for kind in whole["types"]}
    kept = [_cut_object(types[name], fields, types) for name in sorted(objects)]
    leaves = {_named(part) for kind in kept for part in _parts(kind)} - objects
    kept += [_cut_leaf(types[name]) for name in sorted(leaves)]
    scopes = {
        item["typeName"]: item["offlineScopes"]
        for item in document["offline_scopes"]["items"]
        if item["type"] == "type" and item["typeName"] in objects
    }
    return {"queryType": whole["queryType"], "types": kept, "scopes": scopes}


def _cut_object(kind: Json, fields: set[tuple[str, str]], types: Json) -> Json:
    """The object with the fields that are asked for, and with its other leaves."""
    name, chosen = kind["name"], []
    for field in kind["fields"]:
        asked = (name, field["name"]) in fields
        if asked or (name != "QueryRoot" and types[_named(field["type"])]["kind"] in LEAVES):
            args = [_cut_argument(arg) for arg in field["args"] if types[_named(arg["type"])]["kind"] in LEAVES]
            chosen.append({"name": field["name"], "type": field["type"], "args": args, "isDeprecated": False})
    return {"kind": "OBJECT", "name": name, "fields": chosen, "interfaces": []}


def _cut_argument(arg: Json) -> Json:
    words = {"description": arg["description"]} if arg["name"] == "query" else {}
    return {"name": arg["name"], "type": arg["type"], "defaultValue": arg.get("defaultValue"), **words}


def _cut_leaf(kind: Json) -> Json:
    if kind["kind"] == "SCALAR":
        return {"kind": "SCALAR", "name": kind["name"]}
    values = [{"name": value["name"], "isDeprecated": False} for value in kind["enumValues"]]
    return {"kind": "ENUM", "name": kind["name"], "enumValues": values}


def _parts(kind: Json) -> list[Json]:
    return [part["type"] for field in kind["fields"] for part in (field, *field["args"])]


def _named(reference: Json) -> str:
    while reference.get("ofType"):
        reference = reference["ofType"]
    name: str = reference["name"]
    return name


def main(folder: str) -> None:
    """Cut every version; one line per type, so that a change reads well."""
    for version in queries.PROVEN:
        whole = json.loads(gzip.decompress((Path(folder) / f"admin_{version}.json.gz").read_bytes()))
        small = cut(whole)
        head = json.dumps({"queryType": small["queryType"], "scopes": small["scopes"]}, sort_keys=True)
        lines = ",\n".join(json.dumps(kind, separators=(",", ":"), sort_keys=True) for kind in small["types"])
        (HERE / f"admin_{version}.cut.json").write_text(f'{head[:-1]}, "types": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
