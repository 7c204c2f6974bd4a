"""Facts about polls (SIG-11): what was asked, what was answered, and when it was over.

A `ballot` stands for one person in one poll: their user id, or, in an anonymous poll, something that only the server
which made it could find them by. `revision` counts the votes of a poll, so that somebody's latest is known in whatever
order they are delivered.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .payload import PERSONAL, Identifier, Payload, Text, sanitise

MOST_OPTIONS = 10
MOST_STEPS = 10
PollType = Literal["MultipleChoice", "SingleChoice", "YesNo", "Rating", "OpenEnded"]
Question = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(sanitise), PERSONAL]
Option = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(sanitise), PERSONAL]
Choice = Annotated[int, Field(ge=0, lt=MOST_OPTIONS)]
Opinion = Annotated[str, Field(max_length=500), AfterValidator(sanitise), PERSONAL]


class PollCreated(Payload):
    """`live`: everybody sees how it stands while it is open, else once it is closed. `steps` of a Rating from 1 on."""

    type = "poll.created"

    poll_id: Identifier
    poll_type: PollType
    question: Question
    options: Annotated[list[Option], Field(default_factory=list, max_length=MOST_OPTIONS)]
    most_choices: Annotated[int, Field(ge=1, le=MOST_OPTIONS)] = 1
    steps: Annotated[int, Field(ge=2, le=MOST_STEPS)] | None = None
    anonymous: bool = False
    live: bool = True
    user_id: Identifier
    display_name: Text


class PollVoted(Payload):
    """An answer, or another one in place of the earlier. In an anonymous poll the event has no participant."""

    type = "poll.voted"
    personal = False
    withheld = frozenset({"ballot", "choices", "rating", "text"})

    poll_id: Identifier
    revision: Annotated[int, Field(ge=1)]
    ballot: Identifier
    user_id: Identifier | None = None
    display_name: Text | None = None
    choices: Annotated[list[Choice], Field(default_factory=list, max_length=MOST_OPTIONS)]
    rating: Annotated[int, Field(ge=1, le=MOST_STEPS)] | None = None
    text: Opinion | None = None


class PollClosed(Payload):
    type = "poll.closed"

    poll_id: Identifier
