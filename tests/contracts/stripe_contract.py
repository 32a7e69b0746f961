"""Judges Stripe-shaped JSON against the vendored official contract; the tests' only reading of it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_FOLDER = Path(__file__).parent / "stripe"


def fixture(resource: str) -> dict[str, Any]:
    """The official fixture of a resource, e.g. `charge`."""
    found: dict[str, Any] = json.loads((_FOLDER / "fixtures.cut.json").read_text(encoding="utf-8"))[resource]
    return found


def declared_parameters(path: str) -> dict[str, dict[str, Any]]:
    """Query parameter name -> its schema, as the specification declares them for GET on `path`."""
    operation = _specification()["paths"][path]["get"]
    return {item["name"]: item["schema"] for item in operation["parameters"] if item["in"] == "query"}


def resource_errors(resource: str, document: Any) -> list[str]:
    """What is wrong with one object, as `path: message`; empty when it fits."""
    return _errors(f"#/components/schemas/{resource}", document)


def answer_errors(path: str, document: Any, *, status: str = "200") -> list[str]:
    """What is wrong with the whole answer of GET on `path`, a template such as `/v1/charges/{charge}`."""
    known = status if status == "200" else "default"
    pointer = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    return _errors(f"#/paths/{pointer}/get/responses/{known}/content/application~1json/schema", document)


def _errors(pointer: str, document: Any) -> list[str]:
    validator = OAS30Validator({"$ref": f"urn:stripe{pointer}"}, registry=_registry())
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]


@cache
def _registry() -> Registry[Any]:
    resource: Resource[Any] = Resource.from_contents(_specification(), default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resource("urn:stripe", resource)
    return registry


@cache
def _specification() -> dict[str, Any]:
    cut = json.loads((_FOLDER / "openapi.cut.json").read_text(encoding="utf-8"))
    whole = {"paths": cut["paths"], "components": {"schemas": cut["schemas"]}}
    _admit_null(whole)
    return whole


def _admit_null(node: Any) -> None:
    """OAS 3.0 `nullable` says nothing beside anyOf, enum or $ref, though the provider means it to."""
    if isinstance(node, list):
        for item in node:
            _admit_null(item)
    if not isinstance(node, dict):
        return
    for value in list(node.values()):
        _admit_null(value)
    if node.get("nullable") is not True:
        return
    null = {"enum": [None], "nullable": True}
    if "anyOf" in node:
        node["anyOf"].append(null)
    if isinstance(node.get("enum"), list) and None not in node["enum"]:
        node["enum"].append(None)
    if "$ref" in node:
        node["anyOf"] = [{"$ref": node.pop("$ref")}, null]
