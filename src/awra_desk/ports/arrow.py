"""Arrow columns from and to numpy and Python, without pandas.

`pyarrow.array`, `pyarrow.scalar` and `to_numpy` load pandas to see whether they were handed a piece of it: a third of a
second for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    column[:] = names[numbers(coded.indices)]
    return column


def numbers(array: Any) -> NDArray[Any]:
    """A numeric array without nulls as numpy, without copying: read it only."""
    return np.from_dlpack(array)


def mask(array: Any) -> NDArray[np.bool_]:
    """A boolean array without nulls as numpy."""
    return numbers(pc.cast(array, pa.uint8())).astype(np.bool_)


def flags(mask: NDArray[np.bool_]) -> Any:
    """A mask as a boolean array."""
    octets = pa.Array.from_buffers(pa.uint8(), len(mask), [None, pa.py_buffer(mask.view(np.uint8))])
    return pc.cast(octets, pa.bool_())


def strings(values: Sequence[str]) -> Any:
    """Texts as an array of large strings.

    Raises:
        UnicodeEncodeError: a text is half of a character of two (a lone surrogate).
    """
    octets = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, octets)], dtype=np.int64)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(octets))]
    return pa.Array.from_buffers(pa.large_string(), len(octets), buffers)
