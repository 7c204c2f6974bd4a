"""People for the tests of this folder; everybody is seen off at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio

from tests.support.person import Person
from tests.support.server import RunningServer

Enter = Callable[..., Awaitable[Person]]
GRANTS = {"room_create": True, "room_join": True}


@pytest_asyncio.fixture
async def enter(server: RunningServer) -> AsyncIterator[Enter]:
    """`await enter("ada", "meeting")`: connected and joined, the meeting made when it is not there yet."""
    people: list[Person] = []

    async def enter(name: str, meeting_id: str | None = None, role: str = "host") -> Person:
        token = server.token(name, meeting=meeting_id, role=role, grants=GRANTS)
        person = await Person(server.url, token).connect()
        people.append(person)
        return await person.join(meeting_id, display_name=name.title()) if meeting_id else person

    yield enter
    for person in people:
        await person.disconnect()
