"""Events that the database would not take: which, why, and once more when their cause is mended. Operators only."""

from __future__ import annotations

from pydantic import Field

from persistence.failed_events import FailedEvent
from persistence.store import Store
from server.api.contract import Access, Answer, Body, Call, Route


class FailedEventQuery(Body):
    """`after`: the `id` of the last one already seen."""

    after: str = Field("", max_length=96)
    limit: int = Field(100, ge=1, le=1000)


class FailedEventList(Answer):
    """`count`: how many there are in all."""

    items: list[FailedEvent]
    count: int


class RetryAnswer(Answer):
    stored: int
    left: int


class FailedEventsApi:
    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        who, base, errors = Access.OPERATOR, "/api/failed-events", ("UNAVAILABLE",)
        return [
            Route(
                "GET",
                base,
                "Events that could not be stored",
                self.page,
                FailedEventList,
                who,
                query=FailedEventQuery,
                errors=errors,
            ),
            Route("POST", f"{base}/retry", "Try to store them once more", self.retry, RetryAnswer, who, errors=errors),
        ]

    async def page(self, call: Call) -> FailedEventList:
        query: FailedEventQuery = call.query
        failed = self._store.failed_events
        items = await failed.page(after=query.after, limit=query.limit)
        return FailedEventList(items=items, count=await failed.count())

    async def retry(self, call: Call) -> RetryAnswer:
        retried = await self._store.failed_events.retry(by=call.caller.user_id)
        return RetryAnswer(stored=retried.stored, left=retried.left)
