"""What hosts decided about people is kept beyond the room, as it was decided last."""

from __future__ import annotations

from itertools import permutations

from persistence.events import (
    ParticipantBlocked,
    ParticipantJoined,
    ParticipantRenamed,
    ParticipantUnblocked,
    PermissionsChanged,
    RoleChanged,
)
from persistence.features import Features
from persistence.repositories import NewMeeting
from persistence.store import Store
from tests.persistence.test_chats import event


async def test_whoever_is_blocked_is_known_until_that_is_taken_back(store: Store) -> None:
    for user, name in (("ann", "Ann"), ("bob", "Bob")):
        blocked = ParticipantBlocked(user_id=user, display_name=name)
        await store.emitter.emit("m", blocked, participant_id="host")
    await store.emitter.emit("m", ParticipantUnblocked(user_id="ann"), participant_id="host")
    assert await store.blocks.of("m") == {"bob": "Bob"}
    assert await store.blocks.of("n") == {}


async def test_a_role_and_permissions_that_were_given_stand_beside_the_person(store: Store) -> None:
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="participant")
    role = RoleChanged(target="p1", user_id="ann", from_role="participant", to_role="co_host")
    allowed = {"can_share_screen": False, "can_use_chat": True, "is_presenter": True}
    permissions = PermissionsChanged(target="p1", user_id="ann", **allowed)
    await store.emitter.emit("m", (joined, "p1"), (role, "host"), (permissions, "host"))
    (person,) = await store.queries.participants("m")
    assert person.role == "co_host"
    assert person.permissions == allowed


async def test_a_meeting_keeps_its_lobby_and_features(store: Store) -> None:
    made = await store.meetings.create(NewMeeting(title="Daily", lobby=True, features=Features(chat=False)))
    found = await store.meetings.get(made.id)
    assert found is not None
    assert (found.lobby, found.features) == (True, Features(chat=False))


async def test_the_latest_name_stands_whatever_is_delivered_first(store: Store) -> None:
    joined = ParticipantJoined(user_id="ann", display_name="Ann", role="participant")
    first, last = (
        ParticipantRenamed(target="p1", user_id="ann", from_name="?", display_name=name) for name in ("Anna", "Annie")
    )
    for number, order in enumerate(permutations([joined, first, last])):
        for payload in order:
            minute = [joined, first, last].index(payload)
            await store.emitter.deliver([event(f"m-{number}", payload, minute)])
        (person,) = await store.queries.participants(f"m-{number}")
        assert person.display_name == "Annie"
