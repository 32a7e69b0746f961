"""Judges Xero-shaped JSON against the vendored official contract; the tests' only reading of it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_FOLDER = Path(__file__).parent / "xero"
TWINS = frozenset({"DateString", "UpdatedDateUTCString", "DueDateString", "CreatedDateUTCString"})
"""Readable dates that the service adds and the specification does not declare."""


def example(path: str) -> dict[str, Any]:
    """The specification's own example answer of a list."""
    found: dict[str, Any] = json.loads((_FOLDER / "examples.json").read_text(encoding="utf-8"))[path]
    return found


def declared_parameters(path: str, method: str = "get") -> dict[str, str]:
    """Parameter name -> where it goes ("query", "header", "path")."""
    item = _specification()["paths"][path]
    found = [_resolved(parameter) for parameter in (*item["parameters"], *item[method].get("parameters", []))]
    return {parameter["name"]: parameter["in"] for parameter in found}


def answer_errors(path: str, document: Any, *, method: str = "get", status: str = "200") -> list[str]:
    """What is wrong with an answer, unknown names included; empty when it fits."""
    operation = _specification()["paths"][path][method]
    schema = _resolved(operation["responses"][status])["content"]["application/json"]["schema"]
    return [*_errors(schema, document), *_unknown(schema, document, path)]


def request_errors(path: str, document: Any, *, method: str = "put") -> list[str]:
    """What is wrong with a request's body, unknown names included."""
    schema = _specification()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    return [*_errors(schema, document), *_unknown(schema, document, path)]


def _errors(schema: dict[str, Any], document: Any) -> list[str]:
    pointed = json.loads(json.dumps(schema).replace("#/components", "urn:xero#/components"))
    validator = OAS30Validator(pointed, registry=_registry())
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]


def _unknown(schema: dict[str, Any], document: Any, place: str) -> Iterator[str]:
    """Names that no schema declares: objects are open, but nobody would read what is misspelt."""
    schema = _resolved(schema)
    if isinstance(document, list):
        for item in document:
            yield from _unknown(schema.get("items", {}), item, place)
    properties = schema.get("properties")
    if isinstance(document, dict) and properties:
        for name, value in document.items():
            if name in properties:
                yield from _unknown(properties[name], value, f"{place}/{name}")
            elif name not in TWINS and name not in ("Id", "Status", "ProviderName", "DateTimeUTC"):
                yield f"{place}/{name}: is not declared"


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    pointer = node.get("$ref")
    if pointer is None:
        return node
    section, name = pointer.removeprefix("#/components/").split("/")
    found: dict[str, Any] = _specification()["components"][section][name]
    return _resolved(found)


@cache
def _registry() -> Registry[Any]:
    resource: Resource[Any] = Resource.from_contents(_specification(), default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resource("urn:xero", resource)
    return registry


@cache
def _specification() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / "accounting.cut.json").read_text(encoding="utf-8"))
    return found
