"""Painted and composed parts that know no view model: they are given values and emit signals."""
