"""Turns what a database driver raises into words for people; everything it does not know stays a defect.

Installed once on every engine, so no repository handles driver errors itself.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext

from awra_desk.domain.errors import Refused, UserError
from awra_desk.store.rule import MARK
from awra_desk.store.rules import RULES

_BY_CODE = {rule.code: rule for rule in RULES}
_RULE = re.compile(re.escape(MARK) + r"(\w+)")

_KNOWN: tuple[tuple[str, type[UserError], str, str], ...] = (
    ("readonly database", Refused, "this unit of work only reads", "Use a writing unit of work."),
    ("read-only transaction", Refused, "this unit of work only reads", "Use a writing unit of work."),
    ("database is locked", UserError, "the workspace is being written to by somebody else", "Try again in a moment."),
    ("lock timeout", UserError, "the workspace is being written to by somebody else", "Try again in a moment."),
    (
        "database or disk is full",
        UserError,
        "the disk is full; nothing of this step was saved",
        "Free some space and repeat the step.",
    ),
    (
        "No space left on device",
        UserError,
        "the disk is full; nothing of this step was saved",
        "Free some space and repeat the step.",
    ),
    (
        "disk I/O error",
        UserError,
        "the disk answered with an error; nothing of this step was saved",
        "Check the disk, then repeat the step.",
    ),
    ("file is not a database", UserError, "the file is not a workspace", "Choose another file."),
    ("disk image is malformed", UserError, "the workspace file is damaged", "Restore the last backup."),
    (
        "unable to open database file",
        UserError,
        "the workspace file cannot be opened",
        "Check that the folder exists and is yours.",
    ),
    (
        "connection failed",
        UserError,
        "the database server cannot be reached",
        "Check its address and that it is running.",
    ),
    (
        "idempotency_key",
        Refused,
        "this idempotency key was already used for this ledger",
        "Edit the write, so that it gets a new one.",
    ),
)


def install(engine: sa.Engine) -> None:
    """Translate every driver error of this engine."""
    event.listen(engine, "handle_error", _handle)


def translated(error: BaseException) -> UserError | None:
    """The error in people's words, or None when it is not one they can do anything about."""
    text = str(error)
    if (found := _RULE.search(text)) and (rule := _BY_CODE.get(found[1])):
        return Refused(rule.words, remedy=rule.remedy)
    for needle, kind, words, remedy in _KNOWN:
        if needle in text:
            return kind(words, remedy=remedy)
    return None


def _handle(context: ExceptionContext) -> None:
    if (error := translated(context.original_exception)) is not None:
        raise error from context.original_exception
