"""Which errors are worth another try, and how long to wait for it."""

from __future__ import annotations

import sqlite3
from random import Random

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from persistence.faults import Fault, backoff_s, fault_of, is_transient


def of_sqlite(code: int) -> OperationalError:
    error = sqlite3.OperationalError("words of the driver")
    error.sqlite_errorcode = code
    return OperationalError("INSERT", {}, error)


def of_postgresql(kind: type[asyncpg.PostgresError]) -> OperationalError:
    return OperationalError("INSERT", {}, kind("words of the server"))


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (of_postgresql(asyncpg.SerializationError), Fault.SERIALIZATION),
        (of_postgresql(asyncpg.DeadlockDetectedError), Fault.DEADLOCK),
        (of_postgresql(asyncpg.ConnectionDoesNotExistError), Fault.CONNECTION),
        (of_postgresql(asyncpg.AdminShutdownError), Fault.CONNECTION),
        (of_postgresql(asyncpg.CannotConnectNowError), Fault.CONNECTION),
        (of_postgresql(asyncpg.ReadOnlySQLTransactionError), Fault.CONNECTION),
        (of_postgresql(asyncpg.QueryCanceledError), Fault.TIMEOUT),
        (of_postgresql(asyncpg.LockNotAvailableError), Fault.BUSY),
        (of_postgresql(asyncpg.DiskFullError), Fault.RESOURCES),
        (of_sqlite(sqlite3.SQLITE_BUSY), Fault.BUSY),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), Fault.BUSY),
        (of_sqlite(sqlite3.SQLITE_FULL), Fault.RESOURCES),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), Fault.SYSTEM),
        (ConnectionRefusedError(), Fault.CONNECTION),
        (TimeoutError(), Fault.TIMEOUT),
        (PoolTimeout(), Fault.TIMEOUT),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_may_pass_is_tried_again(error: Exception, fault: Fault) -> None:
    assert (fault_of(error), is_transient(error)) == (fault, True)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (of_postgresql(asyncpg.UniqueViolationError), Fault.CONSTRAINT),
        (of_postgresql(asyncpg.StringDataRightTruncationError), Fault.OTHER),
        (of_postgresql(asyncpg.UndefinedTableError), Fault.OTHER),
        (of_sqlite(sqlite3.SQLITE_CONSTRAINT_CHECK), Fault.CONSTRAINT),
        (of_sqlite(sqlite3.SQLITE_ERROR), Fault.OTHER),
        (IntegrityError("INSERT", {}, Exception("no code at all")), Fault.OTHER),
        (KeyError("a bug of ours"), Fault.OTHER),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_stays_is_not(error: Exception, fault: Fault) -> None:
    assert (fault_of(error), is_transient(error)) == (fault, False)


def test_only_what_can_be_of_one_meeting_is_ever_laid_to_one() -> None:
    assert {fault for fault in Fault if fault.may_be_of_one} == {
        Fault.TIMEOUT,
        Fault.BUSY,
        Fault.SERIALIZATION,
        Fault.DEADLOCK,
    }


@given(attempt=st.integers(0, 10**6), seed=st.integers())
def test_pauses_grow_to_a_cap_and_differ(attempt: int, seed: int) -> None:
    pause = backoff_s(attempt, base_s=0.1, cap_s=10, rng=Random(seed))
    assert 0 <= pause <= min(10, 0.1 * 2.0 ** min(attempt, 20))
    assert pause != backoff_s(attempt, base_s=0.1, cap_s=10, rng=Random(seed + 1))
