"""Protocols and shared table shapes between the pure core and the adapters; numpy and the domain only."""
