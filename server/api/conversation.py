"""What was written and asked in a meeting, for everybody who took part in it (REQUIREMENTS SIG-10, SIG-11)."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from persistence.repositories import ChatMessage, Poll, PollResponse
from persistence.store import Store
from server.api.contract import Answer, Body, Call, Route
from server.api.record_access import RecordAccess
from signaling.chat import last_page
from signaling.polls import RunningPoll

MOST_WORDS: Final = 200
_LAST: Final = 2**63 - 1


class ChatQuery(Body):
    """`before`: the `number` of the first message already seen."""

    before: int | None = Field(None, ge=1, le=_LAST)
    limit: int = Field(50, ge=1, le=100)


class ChatHistory(Answer):
    """Messages the caller may read, oldest first; private ones are for those two. `next_before`: null at the start."""

    items: list[ChatMessage]
    next_before: int | None


class PollRecord(Answer):
    """A poll as it stands. Without `counts` the results are not shown yet; `words` are answers to an OpenEnded one.

    `counts` follow `options`, or the steps of a Rating.
    """

    poll: Poll
    votes: int
    counts: list[int] | None
    average: float | None
    words: list[str]


class PollHistory(Answer):
    items: list[PollRecord]


class ConversationApi:
    def __init__(self, store: Store, access: RecordAccess) -> None:
        self._store = store
        self._access = access

    def routes(self) -> list[Route]:
        errors = ("ACCESS_DENIED", "NOT_FOUND")
        base = "/api/meetings/{id}"
        return [
            Route("GET", f"{base}/chat", "What was written", self.chat, ChatHistory, query=ChatQuery, errors=errors),
            Route("GET", f"{base}/polls", "What was asked and answered", self.polls, PollHistory, errors=errors),
        ]

    async def chat(self, call: Call) -> ChatHistory:
        meeting = await self._access.shared(call)
        query: ChatQuery = call.query
        found = await self._store.chats.before(
            meeting.id, query.before or _LAST, reader=call.caller.user_id, limit=query.limit + 1
        )
        page = last_page(found, query.limit)
        return ChatHistory(
            items=[each.model_copy(update={"nonce": None}) for each in page],
            next_before=page[0].number if len(page) < len(found) else None,
        )

    async def polls(self, call: Call) -> PollHistory:
        meeting = await self._access.shared(call)
        hosting = await self._access.may_read(call.caller, meeting)
        return PollHistory(
            items=[
                _record(poll, responses, shown=hosting or poll.live or poll.closed_at is not None)
                for poll, responses in await self._store.polls.of(meeting.id)
            ]
        )


def _record(poll: Poll, responses: list[PollResponse], *, shown: bool) -> PollRecord:
    running = RunningPoll(poll, responses)
    words = [each.text for each in running.answers() if each.text is not None][:MOST_WORDS]
    return PollRecord(
        poll=poll,
        votes=len(responses),
        counts=running.counts() if shown else None,
        average=running.average() if shown else None,
        words=words if shown else [],
    )
