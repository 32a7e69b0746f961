"""Cuts what the tests need out of the two documents named in SOURCE.md; only leaves out.

Run as `python cut.py FOLDER`, the folder holding wtx-labs.openapi.yml and official-docs/*.md.
"""

import json
import re
import sys
from pathlib import Path

import yaml

SCHEMAS = (
    "Order", "Billing", "Shipping", "OrderLineItem", "OrderTaxLine", "OrderShippingLine", "OrderFeeLine",
    "OrderCouponLine", "OrderRefund", "MetaData", "ApiError",
)  # fmt: skip
ROW = re.compile(r"^\|\s*`([a-z_]+)`\s*\|\s*([a-z-]+)\s*\|")


def without_prose(node):
    if isinstance(node, dict):
        return {
            name: without_prose(item)
            for name, item in node.items()
            if name != "description" or not isinstance(item, str)
        }
    return [without_prose(item) for item in node] if isinstance(node, list) else node


def tables(text):
    """Heading -> attribute or parameter -> type, of the property tables of a page."""
    found, heading = {}, ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.strip("# ").strip()
        elif match := ROW.match(line):
            found.setdefault(heading, {})[match[1]] = match[2]
    return found


def main(folder):
    whole = yaml.safe_load((folder / "wtx-labs.openapi.yml").read_text("utf-8"))
    listed = whole["paths"]["/orders"]["get"]
    cut = {
        "parameters": [{"name": one["name"], "schema": one["schema"]} for one in listed["parameters"]],
        "schemas": {name: whole["components"]["schemas"][name] for name in SCHEMAS},
    }
    Path("openapi.cut.json").write_text(json.dumps(without_prose(cut), indent=1) + "\n", "utf-8")
    pages = ("orders", "order-refunds")
    properties = {page: tables((folder / "official-docs" / f"{page}.md").read_text("utf-8")) for page in pages}
    Path("properties.json").write_text(json.dumps(properties, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
