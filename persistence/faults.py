"""Whose fault an error is: the event's, which no retry mends, or the surroundings', which may pass."""

from __future__ import annotations

import sqlite3
from random import Random
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

SERIALIZATION_FAILURE: Final = "40001"
DEADLOCK_DETECTED: Final = "40P01"

# 08 connection, 53 resources, 57P0x the server is going away or not up yet, 58 the system below it.
_TRANSIENT_STATES: Final = ("08", "53", "57P", "58", SERIALIZATION_FAILURE, DEADLOCK_DETECTED, "55P03")

_TRANSIENT_SQLITE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_PRIMARY_CODE: Final = 0xFF  # extended SQLite codes keep the primary one in their low byte


def is_transient(error: BaseException) -> bool:
    """True for a lost connection, a lock, a deadlock, a full disk, a time-out: the same batch may succeed later."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, InterfaceError) or _driver_says_transient(error)
    return isinstance(error, OSError | TimeoutError | PoolTimeout)


def backoff_s(attempt: int, *, base_s: float, cap_s: float, rng: Random) -> float:
    """How long to wait before try `attempt` + 1: exponential, with full jitter so that nodes do not return in step."""
    return rng.uniform(0, min(cap_s, base_s * 2.0 ** min(attempt, 32)))


def _driver_says_transient(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(_TRANSIENT_STATES)
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & _PRIMARY_CODE in _TRANSIENT_SQLITE
    return isinstance(error.orig, OSError)
