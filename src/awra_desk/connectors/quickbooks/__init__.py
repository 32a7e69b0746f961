"""QuickBooks Online: pulls the ledger's documents and balances, and posts approved journal entries.

`QuickBooksLedger` is the connector, `contract-1.toml` says what the documents mean. Intuit's scope reads and writes at
once; that a connection only reads until it is allowed more is `_http`'s rule (`Guard`).
"""

from awra_desk.connectors.quickbooks.ledger import QuickBooksLedger
from awra_desk.connectors.quickbooks.oauth import ACCESS

__all__ = ["ACCESS", "QuickBooksLedger"]
