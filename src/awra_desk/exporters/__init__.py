"""Writes what other packages describe as data into files for people."""
