"""QuickBooks Online over a simulated month: the objects as the provider would hold them, and the API that serves them.

`quickbooks_objects` and `quickbooks_line_ids` work without HTTP; `QuickBooksApplication` answers calls over a
`Company`. Called by `servers.serve`, by scoring and by tests. Only loopback clients ever see it.
"""

from awra_desk.sandbox.servers.quickbooks._api import PARAMETERS, PROPERTIES, QuickBooksApplication
from awra_desk.sandbox.servers.quickbooks._company import DEFAULT_REALM_ID, Company
from awra_desk.sandbox.servers.quickbooks._render import STREAMS, quickbooks_line_ids, quickbooks_objects
from awra_desk.sandbox.servers.quickbooks._tokens import Tokens

__all__ = [
    "DEFAULT_REALM_ID",
    "PARAMETERS",
    "PROPERTIES",
    "STREAMS",
    "Company",
    "QuickBooksApplication",
    "Tokens",
    "quickbooks_line_ids",
    "quickbooks_objects",
]
