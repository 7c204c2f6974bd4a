"""Messages about polls (SIG-11)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from persistence.events import PollType
from signaling.messages.model import Id, Request, Told

CHOSEN_FROM = frozenset({"MultipleChoice", "SingleChoice"})
MOST_ANSWERS_A_PAGE = 100


Option = Annotated[str, Field(min_length=1, max_length=100)]
Choice = Annotated[int, Field(ge=0, lt=10)]


class PollCreate(Request):
    """`options` belong to MultipleChoice and SingleChoice, `most_choices` to the first (all of them unless said),
    `steps` to Rating: 5 unless said.

    `anonymous`: nobody learns who answered what. `live`: everybody sees how it stands while it is open, else when it is
    closed.
    """

    type: PollType
    question: Annotated[str, Field(min_length=1, max_length=300)]
    options: Annotated[list[Option], Field(default_factory=list, max_length=10)]
    most_choices: Annotated[int, Field(ge=1, le=10)] | None = None
    steps: Annotated[int, Field(ge=2, le=10)] | None = None
    anonymous: bool = False
    live: bool = True

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if (self.type in CHOSEN_FROM) is not (len(self.options) >= 2):
            raise ValueError("options: at least two where there is something to choose from, else none")
        if self.most_choices is not None and (self.type != "MultipleChoice" or self.most_choices > len(self.options)):
            raise ValueError("most_choices: of MultipleChoice, at most as many as there are options")
        if self.steps is not None and self.type != "Rating":
            raise ValueError("steps: of Rating")
        return self


class PollVote(Request):
    """One's answer, in place of the one before: `choices` by their place among the options from 0 on (YesNo: 0 is yes,
    1 is no), a `rating` from 1 on, or a `text`.
    """

    poll_id: Id
    choices: Annotated[list[Choice], Field(default_factory=list, max_length=10)]
    rating: Annotated[int, Field(ge=1, le=10)] | None = None
    text: Annotated[str, Field(max_length=500)] | None = None


class PollClose(Request):
    poll_id: Id


class PollList(Request):
    pass


class PollAnswers(Request):
    """Single answers from the `offset`-th on."""

    poll_id: Id
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_ANSWERS_A_PAGE)] = MOST_ANSWERS_A_PAGE


class PollAnswer(Told):
    choices: list[int]
    rating: int | None = None
    text: str | None = None


class PollAnswerView(PollAnswer):
    """Whose it is, unless the poll is anonymous."""

    user_id: str | None = None
    display_name: str | None = None


class PollResults(Told):
    """How often each option was chosen; of a Rating each step, and the `average`. An OpenEnded poll has no counts."""

    counts: list[int]
    average: float | None = None


class PollUpdated(Told):
    """How a poll stands: how many have answered, and the results for whoever may see them by now."""

    poll_id: str
    votes: int
    results: PollResults | None = None


class PollView(PollUpdated):
    """`own` is one's own answer; `participant_id`, `user_id`, `display_name` are whose poll it is. RFC 3339, UTC."""

    type: PollType
    question: str
    options: list[str]
    most_choices: int
    steps: int | None = None
    anonymous: bool
    live: bool
    open: bool
    participant_id: str
    user_id: str
    display_name: str
    opened_at: str
    closed_at: str | None = None
    own: PollAnswer | None = None


class PollsListed(Told):
    polls: list[PollView]


class PollAnswersListed(Told):
    """`more`: ask again with a higher offset. Answers of an anonymous poll stand in no order."""

    answers: list[PollAnswerView]
    more: bool
