"""Loopback servers that speak as Stripe, PayPal, Square, Paystack, Daraja, QuickBooks Online, Xero and WooCommerce,
over a simulated month.

Called by `demo`, `awra-desk sandbox` and tests through `serve.running_sandbox`. They keep their own parameter tables
and refuse what the provider would refuse; they never listen on anything but the loopback interface.
"""

from awra_desk.sandbox.servers.faults import Fault, FaultKind, FaultPlan, Rule
from awra_desk.sandbox.servers.quickbooks import quickbooks_line_ids, quickbooks_objects
from awra_desk.sandbox.servers.serve import (
    CAFE_PROVIDERS,
    MORE_PROVIDERS,
    NAIROBI_PROVIDERS,
    PROVIDERS,
    Sandbox,
    running_sandbox,
)
from awra_desk.sandbox.servers.xero import xero_line_ids

__all__ = [
    "CAFE_PROVIDERS",
    "MORE_PROVIDERS",
    "NAIROBI_PROVIDERS",
    "PROVIDERS",
    "Fault",
    "FaultKind",
    "FaultPlan",
    "Rule",
    "Sandbox",
    "quickbooks_line_ids",
    "quickbooks_objects",
    "running_sandbox",
    "xero_line_ids",
]
