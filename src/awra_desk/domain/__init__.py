"""Frozen values and rules of the field; standard library only, so that every other package may rest on them."""
