"""Adapters to providers, one package each, and `_http`, which they share.

A package offers `open_source(connection, secret, *, clock, rng, save_secret, transport)` and its contract files
`contract-N.toml`. Adapters never import each other; the composition root opens them by name, so that httpx is not
loaded before something is pulled.
"""
