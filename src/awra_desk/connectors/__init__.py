"""Adapters to providers, one package each, and `_http`, which they share.

To add one: a package with a class of `ports.connections.Source` (or `Ledger`) built on `_http`, and a contract file
`contract-1.toml` that says what its records mean (language: `normalise.contract_file`); then its lines in the
composition root's tables. Adapters never import each other.
"""
