"""What people wrote and voted is a function of what happened, too: any order, repetition and split gives the same."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.events import (
    ChatMessageDeleted,
    ChatMessageEdited,
    ChatMessageSent,
    Event,
    Payload,
    PollClosed,
    PollCreated,
    PollVoted,
)
from persistence.tables import ChatMessageRow, PollResponseRow, PollRow

from .story import event
from .test_projections import split, tables_after

PROJECTED = (ChatMessageRow, PollRow, PollResponseRow)


@st.composite
def conversations(draw: st.DrawFn) -> list[Event]:
    """Messages that are changed and taken back, polls that are answered twice and closed; revisions count on."""
    told: list[Payload] = []
    for number in range(draw(st.integers(0, 3))):
        message = f"c{number}"
        said = ChatMessageSent(
            message_id=message,
            revision=len(told) + 1,
            message_type="Text",
            user_id="ann",
            display_name="Ann",
            text=f"said {number}",
            to_user_id=draw(st.sampled_from([None, "bob"])),
        )
        told.append(said)
        for change in draw(st.lists(st.sampled_from(["edit", "delete"]), max_size=3)):
            if change == "edit":
                told.append(ChatMessageEdited(message_id=message, revision=len(told) + 1, text=f"now {len(told)}"))
            else:
                told.append(ChatMessageDeleted(message_id=message, revision=len(told) + 1))
                break  # what was taken back is changed no more
    for number in range(draw(st.integers(0, 2))):
        poll = f"p{number}"
        told.append(
            PollCreated(
                poll_id=poll,
                poll_type="SingleChoice",
                question="When?",
                options=["now", "later"],
                user_id="ann",
                display_name="Ann",
            )
        )
        for ballot, choice in draw(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 1)), max_size=4)):
            told.append(
                PollVoted(poll_id=poll, revision=len(told) + 1, ballot=ballot, user_id=ballot, choices=[choice])
            )
        if draw(st.booleans()):
            told.append(PollClosed(poll_id=poll))
    return [event(number, payload, actor="p1") for number, payload in enumerate(told)]


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=conversations(), rng=st.randoms(use_true_random=False))
async def test_any_order_repetition_and_batching_gives_the_same_conversation(
    migrated: AsyncEngine, told: list[Event], rng: random.Random
) -> None:
    expected = await tables_after(migrated, [told], PROJECTED)
    heard = [*told, *rng.sample(told, rng.randint(0, len(told)))]
    rng.shuffle(heard)
    assert await tables_after(migrated, split(heard, rng), PROJECTED) == expected
