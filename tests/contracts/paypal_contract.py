"""Judges what goes to PayPal and what comes from it by its own published documents; the tests' only reading of them."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_FOLDER = Path(__file__).parent / "paypal"
_DOCUMENTS = {
    "/v1/reporting/transactions": "reporting_transactions_v1.json",
    "/v1/reporting/balances": "reporting_transactions_v1.json",
    "/v1/customer/disputes": "customer_disputes.cut.json",
}
PATHS = tuple(_DOCUMENTS)


def scopes(path: str) -> set[str]:
    """What the document asks a token to have for GET on the path; one of them is enough."""
    listed = _document(path)["paths"][path]["get"]["security"]
    return {scope for entry in listed for scopes in entry.values() for scope in scopes}


def declared_parameters(path: str) -> dict[str, dict[str, Any]]:
    """Query parameter name -> the parameter, as declared for GET on the path."""
    document = _document(path)
    stated = [_resolved(document, item) for item in document["paths"][path]["get"]["parameters"]]
    return {item["name"]: item for item in stated if item["in"] == "query"}


def request_errors(path: str, pairs: list[tuple[str, str]]) -> list[str]:
    """What is wrong with a request's query; empty when it is as declared."""
    declared = declared_parameters(path)
    given = dict(pairs)
    found = [f"{name}: missing" for name, item in declared.items() if item.get("required") and name not in given]
    for name, text in pairs:
        if name not in declared:
            found.append(f"{name}: not declared")
            continue
        schema = declared[name]["schema"]
        value = int(text) if schema["type"] == "integer" and re.fullmatch(r"-?\d+", text) else text
        found += [f"{name}: {error.message}" for error in OAS30Validator(schema).iter_errors(value)]
    return found


def answer_errors(path: str, document: Any, *, status: int = 200) -> list[str]:
    """What is wrong with the whole answer of GET on the path."""
    stated = _document(path)["paths"][path]["get"]["responses"]
    response = _resolved(_document(path), stated.get(str(status)) or stated["default"])
    return _errors(path, response["content"]["application/json"]["schema"], document)


def _errors(path: str, schema: dict[str, Any], document: Any) -> list[str]:
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:paypal#/'))
    validator = OAS30Validator(absolute, registry=_registry(_DOCUMENTS[path]))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        parts = node["$ref"].removeprefix("#/").split("/")
        node = document
        for part in parts:
            node = node[part]
    return node


@cache
def _registry(name: str) -> Registry[Any]:
    resource: Resource[Any] = Resource.from_contents(_read(name), default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resource("urn:paypal", resource)
    return registry


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return found


def _document(path: str) -> dict[str, Any]:
    return _read(_DOCUMENTS[path])
