"""Whose fault an error is: the event's, which no retry mends, or the surroundings', which may pass."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from random import Random
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

SERIALIZATION_FAILURE: Final = "40001"
DEADLOCK_DETECTED: Final = "40P01"


class Fault(StrEnum):
    """What a database error is about. All but the last two may pass, so the same transaction is worth another try."""

    CONNECTION = "connection"  # lost, refused, not up yet, going away, gone to a standby
    TIMEOUT = "timeout"  # ours or the server's: no answer in the time given
    SERIALIZATION = "serialization"
    DEADLOCK = "deadlock"
    BUSY = "busy"  # somebody else holds the lock
    RESOURCES = "resources"  # disk, memory or connections have run out
    SYSTEM = "system"  # the machine below the database: input, output, files
    CONSTRAINT = "constraint"
    OTHER = "other"

    @property
    def passes(self) -> bool:
        return self not in {Fault.CONSTRAINT, Fault.OTHER}

    @property
    def may_be_of_one(self) -> bool:
        """One meeting's rows or events can be the cause: a full disk or a lost connection is everybody's."""
        return self in {Fault.TIMEOUT, Fault.BUSY, Fault.SERIALIZATION, Fault.DEADLOCK}


# The longest prefix that fits decides.
_STATES: Final = {
    SERIALIZATION_FAILURE: Fault.SERIALIZATION,
    DEADLOCK_DETECTED: Fault.DEADLOCK,
    "08": Fault.CONNECTION,
    "57P": Fault.CONNECTION,
    "25006": Fault.CONNECTION,  # read-only: connected to a standby, as during a failover
    "57014": Fault.TIMEOUT,
    "55P03": Fault.BUSY,
    "53": Fault.RESOURCES,
    "58": Fault.SYSTEM,
    "23": Fault.CONSTRAINT,
}
_STATE_PREFIXES: Final = sorted(_STATES, key=len, reverse=True)

_SQLITE_CODES: Final = {
    sqlite3.SQLITE_BUSY: Fault.BUSY,
    sqlite3.SQLITE_LOCKED: Fault.BUSY,
    sqlite3.SQLITE_PROTOCOL: Fault.BUSY,
    sqlite3.SQLITE_FULL: Fault.RESOURCES,
    sqlite3.SQLITE_NOMEM: Fault.RESOURCES,
    sqlite3.SQLITE_IOERR: Fault.SYSTEM,
    sqlite3.SQLITE_CANTOPEN: Fault.SYSTEM,
    sqlite3.SQLITE_READONLY: Fault.SYSTEM,
    sqlite3.SQLITE_CONSTRAINT: Fault.CONSTRAINT,
}
_PRIMARY_CODE: Final = 0xFF  # extended SQLite codes keep the primary one in their low byte


def fault_of(error: BaseException) -> Fault:
    """What an error of SQLAlchemy, a driver or the system is about."""
    if isinstance(error, TimeoutError | PoolTimeout):
        return Fault.TIMEOUT
    if isinstance(error, OSError):
        return Fault.CONNECTION
    if not isinstance(error, DBAPIError):
        return _by_code(error)
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return Fault.CONNECTION
    return fault_of(error.orig) if error.orig is not None else Fault.OTHER


def is_transient(error: BaseException) -> bool:
    """True for a lost connection, a lock, a deadlock, a full disk, a time-out: the same batch may succeed later."""
    return fault_of(error).passes


def backoff_s(attempt: int, *, base_s: float, cap_s: float, rng: Random) -> float:
    """How long to wait before try `attempt` + 1: exponential, with full jitter so that nodes do not return in step."""
    return rng.uniform(0, min(cap_s, base_s * 2.0 ** min(attempt, 32)))


def _by_code(error: BaseException) -> Fault:
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return next((_STATES[prefix] for prefix in _STATE_PREFIXES if state.startswith(prefix)), Fault.OTHER)
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _SQLITE_CODES.get(code & _PRIMARY_CODE, Fault.OTHER)
    return Fault.OTHER
