"""Arrow columns as numpy without pandas, which pyarrow's own conversion would load (half a second for nothing)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from awra_desk.ports.columns import Column

_SAMPLE = 1_000  # texts that show whether a column repeats itself


def texts(array: Any) -> Column:
    """A string array as an object column of str; what comes again and again is one object."""
    column = np.empty(len(array), dtype=object)
    sample = array.slice(0, _SAMPLE)
    if 2 * len(sample.unique()) > len(sample):
        column[:] = array.to_pylist()
        return column
    coded = pc.dictionary_encode(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)
    names = np.array(coded.dictionary.to_pylist(), dtype=object)
    column[:] = names[coded.indices.to_numpy()]
    return column


def mask(array: Any) -> NDArray[np.bool_]:
    """A boolean array without nulls as numpy."""
    octets = pc.cast(array, pa.uint8())
    if not len(octets):
        return np.zeros(0, dtype=bool)
    flags = np.frombuffer(octets.buffers()[1], dtype=np.uint8)[octets.offset : octets.offset + len(octets)]
    return flags.astype(bool)
