"""Endpoints that listen for real, and stores on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.persistence.conftest import open_store, postgres_socket, store, url
from tests.support.receiver import Receiver

__all__ = ["open_store", "postgres_socket", "receiver", "store", "url"]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()
