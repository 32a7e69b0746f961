"""Interprets raw records by a provider's versioned contract file: raw -> transactions, or a reject that says why.

Pure: no clock, no network, no store. Called by services (pull, replay) and by tests; connectors use its strict JSON
reader.
"""

from awra_desk.normalise.exact_json import JsonRefused, Number, dumps, loads

__all__ = ["JsonRefused", "Number", "dumps", "loads"]
