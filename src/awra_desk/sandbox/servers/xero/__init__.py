"""Xero's Accounting API over a simulated month: the documents as the provider would hold them, and the API that serves
them. Only loopback clients ever see it.
"""

from awra_desk.sandbox.servers.xero._api import PARAMETERS, XeroApplication
from awra_desk.sandbox.servers.xero._books import XeroBooks, xero_line_ids

__all__ = ["PARAMETERS", "XeroApplication", "XeroBooks", "xero_line_ids"]
