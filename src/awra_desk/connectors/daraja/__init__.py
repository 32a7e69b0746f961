"""Safaricom's Daraja, read only: what customers paid to a short code, as its Pull Transactions API tells it.

`DarajaSource` pulls and holds the unsigned callbacks against it, `contract-1.toml` says what the records mean. Charges
and balances are not in this API: the organisation statement (`files.mpesa`) has them.
"""

from awra_desk.connectors.daraja.source import ACCESS, DarajaSource

__all__ = ["ACCESS", "DarajaSource"]
