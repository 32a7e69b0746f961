"""AWRA Desk: proves that the ledger says what the shops and payment providers say."""

__version__ = "0.1.0"
"""The same as in pyproject.toml."""
