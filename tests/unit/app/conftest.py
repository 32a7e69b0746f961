"""The use cases' scene, for commands."""

from tests.unit.services.conftest import scene

__all__ = ["scene"]
