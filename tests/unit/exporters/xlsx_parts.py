"""Reads a workbook's parts as the standard says, without any library that writes or repairs them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def decoded(text: str) -> str:
    """A cell's text with the escapes of ECMA-376 part 1, 22.9.2.19 turned back."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def texts(path: Path, sheet: int = 1) -> dict[str, str]:
    """Inline texts of a sheet by address."""
    with ZipFile(path) as archive:
        root = ET.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))
    return {
        str(cell.get("r")): decoded("".join(part.text or "" for part in cell.iter(f"{MAIN}t")))
        for cell in root.iter(f"{MAIN}c")
        if cell.get("t") == "inlineStr"
    }


def formulas(path: Path) -> list[str]:
    """Every formula of every part."""
    found = []
    with ZipFile(path) as archive:
        for name in archive.namelist():
            root = ET.fromstring(archive.read(name))
            found += [str(node.text) for node in root.iter(f"{MAIN}f")]
    return found


def external_relations(path: Path) -> list[str]:
    """Targets outside the file, in any part."""
    found = []
    with ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".rels"):
                found += [
                    str(node.get("Target"))
                    for node in ET.fromstring(archive.read(name))
                    if node.get("TargetMode") == "External"
                ]
    return found
