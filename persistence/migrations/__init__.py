"""The schema's history. `migrate` brings a database to its end."""

from .runner import migrate

__all__ = ["migrate"]
