"""What a verification found, in the words of those who read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold.

    Attributes:
        place: record, sheet or cell. what: one sentence.
    """

    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of thing that was checked.

    Attributes:
        name: "trail". checked: how many things were looked at. findings: none when it holds.
    """

    name: str
    checked: int
    findings: tuple[Finding, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings
