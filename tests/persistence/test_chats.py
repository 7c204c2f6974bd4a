"""What people wrote is kept as it is now, in whatever order the facts of it come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from persistence.errors import InvalidEventError
from persistence.events import ChatMessageDeleted, ChatMessageEdited, ChatMessageSent, Event, Payload
from persistence.store import Store, new_event_id

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def sent(revision: int, text: str, *, to: str | None = None) -> ChatMessageSent:
    return ChatMessageSent(
        message_id=f"m{revision}",
        revision=revision,
        message_type="Text",
        user_id="ann",
        display_name="Ann",
        text=text,
        to_participant_id=to,
        to_user_id=to,
        nonce=f"n{revision}",
    )


def event(meeting_id: str, payload: Payload, minute: int) -> Event:
    return Event.of(
        payload,
        event_id=new_event_id(),
        meeting_id=meeting_id,
        participant_id="p1",
        timestamp=NOON + timedelta(minutes=minute),
    )


async def test_a_message_is_read_as_it_was_written(store: Store) -> None:
    await store.emitter.emit("m", sent(1, "Hello\n<b>"), participant_id="p1")
    (message,), revision = await store.chats.latest("m", 10)
    assert (message.text, message.number, message.type, message.user_id) == ("Hello\n<b>", 1, "Text", "ann")
    assert (message.nonce, message.participant_id, message.deleted, revision) == ("n1", "p1", False, 1)
    assert await store.chats.latest("n", 10) == ([], 0)


async def test_changes_give_the_same_chat_in_whatever_order_they_are_delivered(store: Store) -> None:
    edits: list[Payload] = [
        sent(1, "Helo"),
        ChatMessageEdited(message_id="m1", revision=2, text="Hello"),
        ChatMessageEdited(message_id="m1", revision=3, text="Hello you"),
    ]
    ends: list[Payload] = [*edits[:2], ChatMessageDeleted(message_id="m1", revision=3)]
    for number, order in enumerate([*permutations(edits), *permutations(ends)]):
        meeting_id = f"m-{number}"
        for payload in order:
            minute = edits.index(payload) if payload in edits else 3
            await store.emitter.deliver([event(meeting_id, payload, minute)])
        (message,), revision = await store.chats.latest(meeting_id, 10)
        deleted = any(isinstance(payload, ChatMessageDeleted) for payload in order)
        assert (message.text, message.deleted) == (("", True) if deleted else ("Hello you", False))
        assert (message.number, message.revision, revision, message.display_name) == (1, 3, 3, "Ann")


async def test_a_change_of_a_message_that_is_still_to_come_is_no_message(store: Store) -> None:
    await store.emitter.emit("m", ChatMessageEdited(message_id="m1", revision=2, text="?"), participant_id="p1")
    assert await store.chats.latest("m", 10) == ([], 2)
    assert await store.chats.one("m", "m1") is None


async def test_pages_hold_what_their_reader_may_read(store: Store) -> None:
    for revision in range(1, 7):
        await store.emitter.emit("m", sent(revision, "x", to="bob" if revision % 2 else None), participant_id="p1")
    for reader, numbers in (("ann", [3, 4, 5]), ("bob", [3, 4, 5]), ("cy", [2, 4])):
        page = await store.chats.before("m", 6, reader=reader, limit=3)
        assert [message.number for message in page] == numbers
    latest, _ = await store.chats.latest("m", 2)
    assert [message.number for message in latest] == [5, 6]
    one = await store.chats.one("m", "m3")
    assert one is not None
    assert one.visible_to("bob")
    assert not one.visible_to("cy")


async def test_the_record_tells_that_something_was_said_and_not_what(store: Store) -> None:
    await store.emitter.emit("m", sent(1, "secret", to="bob"), participant_id="p1")
    await store.emitter.emit("m", ChatMessageEdited(message_id="m1", revision=2, text="secret"), participant_id="p1")
    page = await store.queries.events("m")
    assert [item.type for item in page.items] == ["chat.message_sent", "chat.message_edited"]
    assert "secret" not in page.model_dump_json()
    assert page.items[0].payload["to_user_id"] == "bob"


@pytest.mark.parametrize("revision", [0, -1])
async def test_a_revision_is_positive(revision: int) -> None:
    with pytest.raises((InvalidEventError, ValueError)):
        sent(revision, "x")
