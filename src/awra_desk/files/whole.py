"""Writing a text file so that it appears whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from awra_desk.domain.errors import UserError


class WholeFile:
    """A text file that takes its name only when it is complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._half = path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> Any:
        try:
            self._file = self._half.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise self._refused(error) from error
        return self._file

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            self._file.close()
            if kind is None:
                self._half.replace(self._path)
        except OSError as problem:
            raise self._refused(problem) from problem
        finally:
            self._half.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> UserError:
        return UserError(
            f"the file cannot be written: {error.strerror or error}",
            record=str(self._path),
            remedy="Choose another folder or make room.",
        )
