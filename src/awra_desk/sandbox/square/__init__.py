"""The cafés of the simulated merchant's US company, whose tills are Square's: two that are open, and one that closed.

`simulate_cafes` gives what happened as the API's objects; no bank and no ledger of theirs is simulated.
"""

from awra_desk.sandbox.square.account import simulate_cafes
from awra_desk.sandbox.square.model import CafeSpec, SquareBooks

__all__ = ["CafeSpec", "SquareBooks", "simulate_cafes"]
