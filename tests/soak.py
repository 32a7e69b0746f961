"""The share of a big count that a test runs; read by tests marked `soak`, and by nothing else.

`dev.py test` runs a twentieth, so that it stays quick; `dev.py soak` sets AWRA_SOAK=full and runs all.
"""

import os

SHARE = 20


def is_full() -> bool:
    """Whether this run was asked for the whole counts."""
    return os.environ.get("AWRA_SOAK") == "full"


def scaled(full: int) -> int:
    """`full` in a soak run, otherwise a twentieth of it, at least 1."""
    return full if is_full() else max(1, full // SHARE)
