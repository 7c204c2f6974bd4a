"""What a server that comes back reads of the meetings it left."""

from __future__ import annotations

from persistence.events import AudioMuted, HandRaised, MeetingEnded, MeetingStarted, ParticipantJoined, ReactionSent
from persistence.store import Store

JOINED = ParticipantJoined(user_id="ann", display_name="Ann", role="host")


async def told(store: Store, meeting_id: str, *types: str) -> list[str]:
    return [event.type async for event in store.runs.last(meeting_id, types)]


async def test_meetings_that_began_and_did_not_end_are_unfinished(store: Store) -> None:
    for meeting_id in ("a", "b", "c"):
        await store.emitter.emit(meeting_id, MeetingStarted(title="Daily", node=store.node))
    await store.emitter.emit("b", MeetingEnded(reason="empty"))
    assert await store.runs.unfinished() == ["a", "c"]


async def test_a_run_is_told_from_its_beginning_in_order_and_only_what_was_asked_for(store: Store) -> None:
    await store.emitter.emit("m", MeetingStarted(title="Daily"), (JOINED, "p0"), (HandRaised(), "p0"))
    await store.emitter.emit("m", MeetingEnded(reason="empty"))
    await store.emitter.emit(
        "m", MeetingStarted(title="Daily", node="n"), (JOINED, "p1"), (ReactionSent(reaction="x"), "p1")
    )
    await store.emitter.emit("m", (AudioMuted(), "p1"))
    wanted = (JOINED.type, AudioMuted.type, HandRaised.type)
    assert await told(store, "m", *wanted) == ["meeting.started", "participant.joined", "audio.muted"]
    events = [event async for event in store.runs.last("m", wanted)]
    assert events[1].participant_id == "p1"
    assert events[1].payload == JOINED


async def test_a_long_run_is_told_whole(store: Store) -> None:
    await store.emitter.emit("m", MeetingStarted(title="Daily"))
    for _ in range(5):
        await store.emitter.emit("m", *((HandRaised(), f"p{number}") for number in range(500)))
    assert len(await told(store, "m", HandRaised.type)) == 2501


async def test_a_meeting_that_never_began_has_no_run(store: Store) -> None:
    assert await told(store, "m", HandRaised.type) == []
