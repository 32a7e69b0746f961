"""Texts as small numbers, so that what is asked of many rows is asked of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def coded(texts: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """The code of each text, and the distinct texts in order of appearance: a code is a place among them.

    A dictionary is as quick as pandas' `factorize` here, and pandas costs a third of a second to load.
    """
    names = list(dict.fromkeys(texts))
    code = {name: at for at, name in enumerate(names)}
    return np.fromiter(map(code.__getitem__, texts), dtype=np.int64, count=len(texts)), names
