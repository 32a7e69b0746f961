"""Writes what other packages describe as data into files for people, and reads a workbook back to have it verified."""
