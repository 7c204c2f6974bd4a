"""What the record no longer holds: archives of old events, and people whose data was erased. Operators only."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, field_validator, model_validator

from persistence.errors import ArchiveDamagedError
from persistence.events import MeetingId
from persistence.retention import Archive
from persistence.store import Store
from server.accounts.accounts import Accounts
from server.accounts.email_address import InvalidEmailError, normalised_email
from server.api.contract import Access, Answer, Body, Call, Rate, Route
from server.api.errors import ApiError
from server.housekeeping import Housekeeping


class RetentionState(Answer):
    """`days`: after which events are archived, 0 for never. The figures are of all archives there are."""

    days: float
    files: int
    events: int
    bytes: int
    last_run_at: datetime | None
    last_error: str | None


class RetentionRun(Answer):
    """`finished`: nothing more is old enough. Else another run goes on."""

    archives: list[Archive]
    finished: bool


class ArchiveQuery(Body):
    """`after`: the `file` of the last one already seen."""

    meeting_id: MeetingId | None = None
    after: str = Field("", max_length=255)
    limit: int = Field(100, ge=1, le=1000)


class ArchiveList(Answer):
    items: list[Archive]


class ErasureOrder(Body):
    """Whose data: a user id, as tokens carry it, or the address of an account."""

    user_id: str | None = Field(None, min_length=1, max_length=255)
    email: str | None = Field(None, min_length=1, max_length=254)

    @field_validator("user_id")
    @classmethod
    def printable(cls, user_id: str | None) -> str | None:
        if user_id is not None and not user_id.isprintable():
            raise ValueError("must not hold control characters")
        return user_id

    @model_validator(mode="after")
    def _names_one_person(self) -> ErasureOrder:
        if (self.user_id is None) == (self.email is None):
            raise ValueError("give either user_id or email")
        return self


class ErasureAnswer(Answer):
    """What was changed. The person is `pseudonym` from now on, and nobody can tell who that was."""

    pseudonym: str
    events: int
    archived_events: int
    rows: int
    account: bool


class RetentionApi:
    def __init__(self, store: Store, housekeeping: Housekeeping, accounts: Accounts) -> None:
        self._store = store
        self._housekeeping = housekeeping
        self._accounts = accounts

    def routes(self) -> list[Route]:
        who = Access.OPERATOR
        return [
            Route(
                "GET",
                "/api/retention",
                "How long events are kept, and what was archived",
                self.state,
                RetentionState,
                who,
            ),
            Route(
                "POST",
                "/api/retention/run",
                "Archive what is old now",
                self.run,
                RetentionRun,
                who,
                errors=("UNAVAILABLE",),
            ),
            Route("GET", "/api/archives", "Files of old events", self.archives, ArchiveList, who, query=ArchiveQuery),
            Route(
                "POST",
                "/api/erasures",
                "Take a person's data out of everything that is kept",
                self.erase,
                ErasureAnswer,
                who,
                body=ErasureOrder,
                errors=("NOT_FOUND", "UNAVAILABLE"),
                rate=Rate.CREATION,
            ),
        ]

    async def state(self, _call: Call) -> RetentionState:
        files, events, size = await self._housekeeping.retention.totals()
        return RetentionState(
            days=self._housekeeping.days,
            files=files,
            events=events,
            bytes=size,
            last_run_at=self._housekeeping.last_run_at,
            last_error=self._housekeeping.last_error,
        )

    async def run(self, _call: Call) -> RetentionRun:
        try:
            archives, finished = await self._housekeeping.run()
        except (ArchiveDamagedError, OSError):
            raise ApiError("UNAVAILABLE", "The archive cannot be written; nothing was dropped.") from None
        return RetentionRun(archives=archives, finished=finished)

    async def archives(self, call: Call) -> ArchiveList:
        query: ArchiveQuery = call.query
        found = await self._housekeeping.retention.archives(
            meeting_id=query.meeting_id, after=query.after, limit=query.limit
        )
        return ArchiveList(items=found)

    async def erase(self, call: Call) -> ErasureAnswer:
        order: ErasureOrder = call.body
        user_id = order.user_id if order.user_id is not None else await self._owner_of(order.email or "")
        await self._accounts.end_sign_ins(user_id)
        try:
            done = await self._housekeeping.erase(user_id, by=call.caller.user_id)
        except (ArchiveDamagedError, OSError):
            raise ApiError("UNAVAILABLE", "An archive cannot be read or written; do it again.") from None
        return ErasureAnswer(
            pseudonym=done.pseudonym,
            events=done.events,
            archived_events=done.archived_events,
            rows=done.rows,
            account=done.account,
        )

    async def _owner_of(self, email: str) -> str:
        try:
            user = await self._store.users.by_email(normalised_email(email))
        except InvalidEmailError:
            user = None
        if user is None:
            raise ApiError("NOT_FOUND", "There is no account with this address.")
        return user.id
