"""Square, read only: payments, refunds, disputes, payouts with their entries, and locations.

`SquareSource` pulls, `contract-1.toml` says what the records mean.
"""

from awra_desk.connectors.square.oauth import ACCESS
from awra_desk.connectors.square.source import SquareSource

__all__ = ["ACCESS", "SquareSource"]
