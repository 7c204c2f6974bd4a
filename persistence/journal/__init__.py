"""Durable before the database: an append-only log in segment files, checksummed, synced in groups, bounded."""

from .journal import Journal, JournalLimits
from .record import Record
from .segments import Disk

__all__ = ["Disk", "Journal", "JournalLimits", "Record"]
