"""The chat of a room: its last messages, as they are now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from persistence.repositories import ChatMessage

KEPT: Final = 500
"""Messages a room holds; older ones are in the database."""

PAGE_CHARACTERS: Final = 100_000
"""A page is shorter than asked for rather than longer than this, so that it fits beside other messages on a line."""


class Chat:
    """Made of stored messages, oldest first, and the chat's revision; `older` says that there are more in the database.

    Whoever changes the chat holds `turn`, so that revisions are given, recorded and told in one order.
    """

    def __init__(
        self, messages: Iterable[ChatMessage] = (), *, revision: int = 0, older: bool = False, kept: int = KEPT
    ) -> None:
        self.turn = asyncio.Lock()
        self.revision = revision
        self.older = older
        self._kept = kept
        self._messages: dict[str, ChatMessage] = {}
        self._by_nonce: dict[tuple[str, str], str] = {}
        # Of what is not held here, the last change: who has seen less is not told what changed, but how things are.
        self._forgotten = revision if older else 0
        for message in messages:
            self.keep(message)

    def __len__(self) -> int:
        return len(self._messages)

    def keep(self, message: ChatMessage) -> None:
        """A new message, or another state of one that is there. The oldest is let go when there are too many."""
        if message.message_id not in self._messages and self._messages and message.number < self._first.number:
            # Changed after it was let go: the database has it.
            self._forgotten = max(self._forgotten, message.revision)
        else:
            self._messages[message.message_id] = message
            if message.nonce is not None and message.user_id is not None:
                self._by_nonce[message.user_id, message.nonce] = message.message_id
        self.revision = max(self.revision, message.revision)
        if len(self._messages) > self._kept:
            self._forget_first()

    def get(self, message_id: str) -> ChatMessage | None:
        return self._messages.get(message_id)

    def said(self, user_id: str, nonce: str | None) -> ChatMessage | None:
        """What this user has said already under this mark."""
        return self._messages.get(self._by_nonce.get((user_id, nonce), "")) if nonce is not None else None

    def changed_since(self, revision: int, *, reader: str) -> list[ChatMessage] | None:
        """What the reader has not seen, in the order of the chat; None when that is not known any more, or too much."""
        if not self._forgotten <= revision <= self.revision:
            return None
        changed = [each for each in self._messages.values() if each.revision > revision and each.visible_to(reader)]
        return changed if sum(len(each.text) for each in changed) <= PAGE_CHARACTERS else None

    def before(self, number: int | None, *, reader: str, limit: int) -> tuple[list[ChatMessage], bool]:
        """The last messages before that number, and whether there may be older ones, here or in the database."""
        held = [
            each
            for each in self._messages.values()
            if (number is None or each.number < number) and each.visible_to(reader)
        ]
        page = last_page(held, limit)
        return page, self.older or len(page) < len(held)

    @property
    def _first(self) -> ChatMessage:
        return next(iter(self._messages.values()))

    def _forget_first(self) -> None:
        first = self._messages.pop(self._first.message_id)
        self.older = True
        self._forgotten = max(self._forgotten, first.revision)
        if first.nonce is not None and first.user_id is not None:
            self._by_nonce.pop((first.user_id, first.nonce), None)


def last_page(messages: list[ChatMessage], limit: int) -> list[ChatMessage]:
    """The last of them, at least one, at most `limit`, of at most `PAGE_CHARACTERS`."""
    page: list[ChatMessage] = []
    characters = 0
    for message in reversed(messages[-limit:]):
        characters += len(message.text)
        if page and characters > PAGE_CHARACTERS:
            break
        page.append(message)
    return page[::-1]
