"""Composition root: entry points and `bootstrap`, the only place that builds adapters."""
