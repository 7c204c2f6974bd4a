"""What can go wrong here, each with the public code it is answered with (MGT-15).

Messages are safe to show: they name our own limits and states, never a driver's text, a path or a row.
"""

from __future__ import annotations

from typing import ClassVar


class PersistenceError(Exception):
    """Base of everything this package raises on purpose."""

    code: ClassVar[str] = "INTERNAL"


class InvalidEventError(PersistenceError):
    """An event that breaks the schema of its type."""

    code = "VALIDATION"


class MeetingExistsError(PersistenceError):
    """A meeting with this id was already made."""

    code = "CONFLICT"


class EmailTakenError(PersistenceError):
    """There is an account with this e-mail address."""

    code = "CONFLICT"


class CapacityError(PersistenceError):
    """There are as many of these as there may be."""

    code = "CAPACITY_EXCEEDED"


class ArchiveDamagedError(PersistenceError):
    """A file of old events is not what it should be; what it was made from was kept."""


class UnavailableError(PersistenceError):
    """Nothing was stored; the same call may succeed later."""

    code = "UNAVAILABLE"


class JournalFullError(UnavailableError):
    """The database is behind by as many bytes as the journal may hold."""


class JournalFailedError(UnavailableError):
    """The disk refused a write or a sync, so nothing was acknowledged."""


class StoreClosedError(UnavailableError):
    """The store is closing or closed."""


class StoreBehindError(UnavailableError):
    """The database did not catch up with the journal in the time a reader may wait."""


class StartRefusedError(PersistenceError):
    """The store would not keep what it promises, so it does not open: unsafe database, foreign or corrupt journal."""
