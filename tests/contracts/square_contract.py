"""Judges Square-shaped JSON against the vendored official contract; the tests' only reading of it."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_FOLDER = Path(__file__).parent / "square"
VERSION = "2025-08-20"
LISTS = {
    "payments": "ListPaymentsResponse",
    "refunds": "ListPaymentRefundsResponse",
    "disputes": "ListDisputesResponse",
    "payouts": "ListPayoutsResponse",
    "payout_entries": "ListPayoutEntriesResponse",
}
"""Lists of which the document has an example answer."""


def published(resource: str) -> list[dict[str, Any]]:
    """The objects of the document's own example answer of a list."""
    found: list[dict[str, Any]] = copy.deepcopy(_specification()["schemas"][LISTS[resource]]["example"][resource])
    return found


def words(schema: str) -> list[str]:
    """What an enumeration may say."""
    found: list[str] = _specification()["schemas"][schema]["enum"]
    return found


def declared_parameters(path: str) -> dict[str, dict[str, Any]]:
    """Query parameter name -> its schema, of GET on the path."""
    stated = _specification()["paths"][path]["get"]["parameters"]
    return {item["name"]: item["schema"] for item in stated if item["in"] == "query"}


def permissions(path: str) -> list[str]:
    """The OAuth permissions that GET on the path needs, as far as the document says."""
    return [name for choice in _specification()["paths"][path]["get"]["security"] for name in choice["oauth2"]]


def answer_errors(path: str, document: Any) -> list[str]:
    """What is wrong with the answer of GET on the path; fields that the document does not name are, too."""
    pointer = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    return _errors(f"#/paths/{pointer}/get/responses/200/content/application~1json/schema", document)


def schema_errors(name: str, document: Any) -> list[str]:
    """What is wrong with a document of this schema; fields that it does not name are, too."""
    return _errors(f"#/components/schemas/{name}", document)


def _errors(pointer: str, document: Any) -> list[str]:
    validator = OAS30Validator({"$ref": f"urn:square{pointer}"}, registry=_registry())
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]


@cache
def _registry() -> Registry[Any]:
    whole = copy.deepcopy(_specification())
    for schema in whole["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    document = {"paths": whole["paths"], "components": {"schemas": whole["schemas"]}}
    resource: Resource[Any] = Resource.from_contents(document, default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resource("urn:square", resource)
    return registry


@cache
def _specification() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / "openapi.cut.json").read_text(encoding="utf-8"))
    return found
