"""Shopify's official schemas, cut to what is asked: they judge queries, and execute them over plain data."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLSchema, build_client_schema, execute_sync, parse, validate

from awra_desk.connectors.shopify.queries import PROVEN

_FOLDER = Path(__file__).parent / "shopify"
VERSIONS = PROVEN


@cache
def _document(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / f"admin_{version}.cut.json").read_text(encoding="utf-8"))
    return found


@cache
def schema(version: str) -> GraphQLSchema:
    """The schema of an API version."""
    document = _document(version)
    whole = {"queryType": document["queryType"], "mutationType": None, "subscriptionType": None, "directives": []}
    return build_client_schema({"__schema": {**whole, "types": document["types"]}}, assume_valid=True)


def scopes(version: str, type_name: str) -> list[str]:
    """Access scopes of which an offline token needs one for this type; empty: it needs none."""
    found: list[str] = _document(version)["scopes"].get(type_name, [])
    return found


def every_scope(version: str) -> dict[str, list[str]]:
    """Type -> its access scopes, for all types that the connector's queries reach and that need one."""
    found: dict[str, list[str]] = _document(version)["scopes"]
    return found


def enum_values(version: str, name: str) -> set[str]:
    """The words of an enum."""
    return {
        value["name"] for kind in _document(version)["types"] if kind["name"] == name for value in kind["enumValues"]
    }


@cache
def query_errors(version: str, query: str) -> list[str]:
    """What is wrong with a query, empty when it is valid. Do not change the list."""
    return [error.message for error in validate(schema(version), parse(query))]


def execute(version: str, query: str, variables: dict[str, Any], root: Any) -> ExecutionResult:
    """The answer to a query over plain data; values that the schema does not admit are errors."""
    return execute_sync(schema(version), _parsed(query), root_value=root, variable_values=variables)


@cache
def _parsed(query: str) -> DocumentNode:
    return parse(query)
