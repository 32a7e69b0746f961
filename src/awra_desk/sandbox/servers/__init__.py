"""Loopback servers that speak as Stripe and QuickBooks Online do, over a simulated month.

Called by `demo`, `awra-desk sandbox` and tests through `serve.running_sandbox`. They keep their own parameter tables
and refuse what the provider would refuse; they never listen on anything but the loopback interface.
"""
