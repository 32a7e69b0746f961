"""Xero: rebuilds the ledger from its documents, reads its trial balance, and posts approved entries.

`XeroLedger` is the connector, `contract-1.toml` says what the documents mean. The endpoint of ready journals is open to
few apps, so nothing depends on it.
"""

from awra_desk.connectors.xero.api import ACCESS
from awra_desk.connectors.xero.ledger import XeroLedger

__all__ = ["ACCESS", "XeroLedger"]
