"""Tryton 8: pulls moves, accounts and balances over its REST interface, and posts approved entries.

`TrytonLedger` is the connector, `contract-1.toml` says what the moves mean. The key belongs to a Tryton user, whose
groups say what it may do; that a connection only reads until it is allowed more is the services' rule.
"""

from awra_desk.connectors.tryton.ledger import TrytonLedger
from awra_desk.connectors.tryton.rest import ACCESS

__all__ = ["ACCESS", "TrytonLedger"]
