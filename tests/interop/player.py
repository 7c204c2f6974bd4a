"""Plays a scripted meeting with clients of any kind that can connect, ask and hear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from tests.interop.scripted_meeting import Step, Transcript
from tests.support.eventually import eventually

STEP_WITHIN_S = 20


class Client(Protocol):
    """One connection at a time. `heard` is all that was told on any of them, as (event, data)."""

    heard: list[tuple[str, Any]]

    async def connect(self) -> object: ...

    async def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The whole ack."""
        ...

    async def lose(self) -> None: ...

    async def disconnect(self) -> None: ...


class Player:
    def __init__(self, make: Callable[[str], Client], people: list[str]) -> None:
        self._clients = {who: make(who) for who in people}
        self._known: dict[str, Any] = {}
        self._answers: list[Any] = []

    async def play(self, steps: list[Step]) -> Transcript:
        for step in steps:
            async with asyncio.timeout(STEP_WITHIN_S):
                await self._take(*step)
        for client in self._clients.values():
            await client.disconnect()
        return {"answers": self._answers, "heard": {who: client.heard for who, client in self._clients.items()}}

    async def _take(self, who: str, deed: str, *what: Any) -> None:
        client = self._clients[who]
        if deed == "ask":
            event, payload = what
            answer = await client.ask(event, self._filled_in(payload))
            self._answers.append([who, event, answer])
            self._learn(who, event, answer.get("data", {}))
        elif deed == "told":
            event, count = what
            found = await eventually(lambda: _heard(client, event, count), f"{who} hears {event} {count} times")
            self._learn(who, event, found[count - 1])
        else:
            await getattr(client, deed)()

    def _learn(self, who: str, event: str, data: dict[str, Any]) -> None:
        for name, value in data.items():
            # Whose id a message bears is one's own only when one joins.
            if isinstance(value, str) and (name != "participant_id" or event == "room:join"):
                self._known[f"${who}.{name}"] = value

    def _filled_in(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled_in(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._filled_in(inner) for inner in value]
        return self._known[value] if isinstance(value, str) and value.startswith("$") else value


async def _heard(client: Client, event: str, count: int) -> list[Any]:
    found = [data for name, data in client.heard if name == event]
    return found if len(found) >= count else []
