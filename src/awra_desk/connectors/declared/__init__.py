"""Any REST system, connected by one declared TOML file and no code.

`declaration` says what the file's table `[api]` may hold; the rest of the file is a contract (`normalise`). ERPNext and
AWRA's own books ship as such files in `profiles/`; an in-house system's file is kept whole in the connection's option
`declaration`. `open_declared` gives the connector: a `Ledger` where the file declares how to write, else a `Source`.
"""

from awra_desk.connectors.declared.declaration import Declaration, load_declaration
from awra_desk.connectors.declared.profiles import OPTION, PROFILES, declaration_text, earlier_texts, is_earlier
from awra_desk.connectors.declared.source import DeclaredSource, open_declared

__all__ = [
    "OPTION",
    "PROFILES",
    "Declaration",
    "DeclaredSource",
    "declaration_text",
    "earlier_texts",
    "is_earlier",
    "load_declaration",
    "open_declared",
]
