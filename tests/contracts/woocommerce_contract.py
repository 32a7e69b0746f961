"""Judges WooCommerce-shaped JSON by the official property tables and samples, and by the OpenAPI file held."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_FOLDER = Path(__file__).parent / "woocommerce"
_WRITE_ONLY = {"set_paid", "api_refund", "api_restock"}

BEYOND = {"orderby": "modified"}
"""Parameter -> a value that WooCommerce takes and the OpenAPI file does not know; see SOURCE.md."""
WORDPRESS = {"_fields"}


def samples(page: str) -> list[dict[str, Any]]:
    """The objects in the official samples of a page ("orders", "order-refunds"), lists opened."""
    found: list[dict[str, Any]] = []
    for sample in json.loads((_FOLDER / f"{page}.examples.json").read_text(encoding="utf-8")):
        found += sample if isinstance(sample, list) else [sample]
    return [row for row in found if isinstance(row, dict) and "date_created" in row]


def properties(page: str, heading: str) -> set[str]:
    """What an object must have by the official table, write-only ones left out."""
    return set(_tables()[page][heading]) - _WRITE_ONLY


def declared_parameters() -> dict[str, dict[str, Any]]:
    """Query parameter of `GET /orders` -> its schema."""
    return {one["name"]: one["schema"] for one in _cut()["parameters"]}


def documented_parameters() -> set[str]:
    """Query parameters that the official page names."""
    return set(_tables()["orders"]["Available parameters"])


def order_errors(row: Any) -> list[str]:
    """What is wrong with an order; empty when it fits."""
    lacking = properties("orders", "Order properties") - set(row)
    return sorted(f"{name} is missing" for name in lacking) + _errors("Order", row)


def refund_errors(row: Any, *, listed: bool) -> list[str]:
    """What is wrong with a refund, of `/refunds` if `listed`; empty when it fits."""
    wanted = properties("order-refunds", "Order refund properties") | ({"parent_id"} if listed else set())
    errors = sorted(f"{name} is missing" for name in wanted - set(row))
    errors += [f"{name} is no text" for name in ("amount", "reason") if not isinstance(row.get(name), str)]
    for line in row.get("line_items", ()):
        errors += _errors("OrderLineItem", line)
    return errors


def error_errors(document: Any) -> list[str]:
    """What is wrong with an error object."""
    return _errors("ApiError", document)


def _errors(schema: str, document: Any) -> list[str]:
    validator = OAS30Validator({"$ref": f"urn:woo#/components/schemas/{schema}"}, registry=_registry())
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]


@cache
def _registry() -> Registry[Any]:
    schemas = _cut()["schemas"]
    for schema in schemas.values():
        for name, item in schema.get("properties", {}).items():
            if name.startswith("date_"):
                item["nullable"] = True
    schemas["MetaData"]["properties"]["value"] = {}
    schemas["OrderTaxLine"]["properties"]["rate_id"] = {"type": "integer"}
    whole = {"components": {"schemas": schemas}}
    resource: Resource[Any] = Resource.from_contents(whole, default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resource("urn:woo", resource)
    return registry


@cache
def _cut() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / "openapi.cut.json").read_text(encoding="utf-8"))
    return found


@cache
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = json.loads((_FOLDER / "properties.json").read_text(encoding="utf-8"))
    return found
