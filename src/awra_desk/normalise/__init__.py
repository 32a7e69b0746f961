"""Interprets raw records by a provider's versioned contract file: raw -> transactions, or a reject that says why.

Pure: no clock, no network, no store. Called by services (pull, replay) and by tests; connectors use its strict JSON.
"""

from awra_desk.normalise.contract import Contract
from awra_desk.normalise.contract_file import load_contract
from awra_desk.normalise.exact_json import JsonRefused, Number, dumps, loads
from awra_desk.normalise.interpret import Normalised, interpret
from awra_desk.normalise.sentinel import Sentinel
from awra_desk.normalise.versions import Versions, versions_of

__all__ = [
    "Contract",
    "JsonRefused",
    "Normalised",
    "Number",
    "Sentinel",
    "Versions",
    "dumps",
    "interpret",
    "load_contract",
    "loads",
    "versions_of",
]
