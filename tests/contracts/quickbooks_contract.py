"""Judges QuickBooks-shaped JSON against the vendored official XML schemas; the tests' only reading of them."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from xmlschema import XMLSchema, XMLSchemaValidationError
from xmlschema.validators import XsdComplexType, XsdElement, XsdGroup

NAMESPACE = "http://schema.intuit.com/finance/v3"
FOLDER = Path(__file__).parent / "quickbooks"


def declared_parameters(endpoint: str) -> frozenset[str]:
    """Query parameter names the provider knows; endpoint is `query`, `cdc`, `read`, `write` or `report`."""
    return frozenset(json.loads((FOLDER / "parameters.json").read_text(encoding="utf-8"))[endpoint])


def oauth_fixture(name: str) -> dict[str, Any]:
    """One of the official OAuth answers; the files begin with a byte order mark."""
    found: dict[str, Any] = json.loads((FOLDER / "oauth" / f"{name}.json").read_text(encoding="utf-8-sig"))
    return found


def errors(element: str, document: Any) -> list[str]:
    """What is wrong with `document` as the global element (`JournalEntry`, `IntuitResponse` ...); empty when it
    fits.
    """
    declaration = _schema().maps.elements[f"{{{NAMESPACE}}}{element}"]
    found = declaration.iter_encode(_to_xml(document, declaration), validation="lax", namespaces={"": NAMESPACE})
    return [
        f"{fault.path or element}: {fault.reason}" for fault in found if isinstance(fault, XMLSchemaValidationError)
    ]


@cache
def _schema() -> XMLSchema:
    return XMLSchema(FOLDER / "IntuitRestServiceDef.xsd")


def _to_xml(value: Any, declaration: XsdElement) -> Any:
    """The JSON value as xmlschema's converter wants it: attributes marked, references as text, keys in sequence
    order.
    """
    if isinstance(value, list):
        return [_to_xml(item, declaration) for item in value]
    if not isinstance(value, dict):
        return _text(value)
    kind = declaration.type
    if not isinstance(kind, XsdComplexType):
        return value
    marked = {f"@{key}": _text(item) for key, item in value.items() if key in kind.attributes}
    if kind.has_simple_content():
        return marked | {f"@{key}" if key != "value" else "$": item for key, item in value.items()}
    children = {child.local_name: child for child in _elements(kind)}
    inner = {key: item for key, item in value.items() if key not in kind.attributes}
    order = {name: place for place, name in enumerate(children)}
    for key in sorted(inner, key=lambda name: order.get(name, len(order))):
        marked[key] = _to_xml(inner[key], children[key]) if key in children else inner[key]
    return marked


def _elements(kind: XsdComplexType) -> list[XsdElement]:
    """The element declarations of the content in sequence order, with those that may stand in for an abstract one."""
    found: list[XsdElement] = []
    if not isinstance(kind.content, XsdGroup):
        return found
    for item in kind.content.iter_elements():
        if isinstance(item, XsdElement):
            found.append(item)
            found.extend(item.iter_substitutes())
    return found


def _text(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value


def unknown_properties(element: str, names: set[str]) -> set[str]:
    """Which of the names are neither child nor attribute of the global element's type."""
    kind = _schema().maps.elements[f"{{{NAMESPACE}}}{element}"].type
    assert isinstance(kind, XsdComplexType)
    return names - {str(child.local_name) for child in _elements(kind)} - set(map(str, kind.attributes))


def unknown_type_properties(name: str, names: set[str]) -> set[str]:
    """Which of the names are neither child nor attribute of the named complex type."""
    kind = _schema().maps.types[f"{{{NAMESPACE}}}{name}"]
    assert isinstance(kind, XsdComplexType)
    return names - {str(child.local_name) for child in _elements(kind)} - set(map(str, kind.attributes))
