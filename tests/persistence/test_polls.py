"""Polls and the latest answer of each person, in whatever order the facts of them come."""

from __future__ import annotations

from itertools import permutations

from persistence.events import Event, Payload, PollClosed, PollCreated, PollVoted
from persistence.store import Store
from tests.persistence.test_chats import event

CREATED = PollCreated(
    poll_id="p", poll_type="SingleChoice", question="Lunch?", options=["Soup", "Salad"], user_id="ann", display_name="A"
)


def voted(revision: int, choice: int, ballot: str = "bob") -> PollVoted:
    return PollVoted(poll_id="p", revision=revision, ballot=ballot, user_id=ballot, display_name="B", choices=[choice])


async def test_any_order_of_facts_gives_the_same_poll(store: Store) -> None:
    facts: list[Payload] = [CREATED, voted(1, 0), voted(2, 1), PollClosed(poll_id="p")]
    for number, order in enumerate(permutations(facts)):
        events: list[Event] = [event(f"m-{number}", fact, facts.index(fact)) for fact in order]
        await store.emitter.deliver(events)
        ((poll, responses),) = await store.polls.of(f"m-{number}")
        assert (poll.question, poll.options, poll.participant_id) == ("Lunch?", ["Soup", "Salad"], "p1")
        assert poll.closed_at is not None
        assert [(each.ballot, each.revision, each.choices) for each in responses] == [("bob", 2, [1])]


async def test_a_poll_that_is_still_to_come_is_none(store: Store) -> None:
    await store.emitter.emit("m", voted(1, 0), PollClosed(poll_id="p"), participant_id="p1")
    assert await store.polls.of("m") == []


async def test_answers_come_as_they_were_given(store: Store) -> None:
    facts = (CREATED, voted(1, 0, "bob"), voted(2, 1, "cy"), voted(3, 1, "bob"))
    await store.emitter.emit("m", *facts, participant_id="p1")
    ((_, responses),) = await store.polls.of("m")
    assert [each.ballot for each in responses] == ["cy", "bob"]


async def test_the_record_tells_that_somebody_answered_and_not_what(store: Store) -> None:
    open_ended = PollVoted(poll_id="p", revision=1, ballot="hash", text="Too long")
    await store.emitter.emit("m", (open_ended, None))
    (item,) = (await store.queries.events("m")).items
    assert (item.participant_id, item.type) == (None, "poll.voted")
    assert set(item.payload) == {"poll_id", "revision", "user_id", "display_name"}
