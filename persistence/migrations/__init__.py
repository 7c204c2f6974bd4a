"""The schema's history. `migrate` brings a database to its end."""

from .runner import migrate, require_migrated

__all__ = ["migrate", "require_migrated"]
