"""Webhook endpoints: who outside is told what (REQUIREMENTS MGT-22). Operators only."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any

import uuid_utils
from pydantic import Field, field_validator, model_validator

from config.outgoing import WebhookSettings
from persistence.events import (
    CATALOGUE,
    MeetingId,
    WebhookChanged,
    WebhookCreated,
    WebhookDeleted,
    WebhookReplayed,
    WebhookSecretRotated,
)
from persistence.repositories.webhooks import Delivery, Endpoint, NewEndpoint
from persistence.store import Store
from server.api.conditions import required_revision, stale, tag_of
from server.api.contract import Access, Answer, Body, Call, Done, Rate, Route, Tagged
from server.api.errors import ApiError
from server.webhooks.dispatcher import Dispatcher
from server.webhooks.resolver import MAX_URL_CHARACTERS, InvalidTargetError, Targets
from server.webhooks.selection import PATTERN, unknown_patterns
from server.webhooks.signature import SECRET_BYTES, make_secret

Url = Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS)]
Description = Annotated[str, Field(max_length=255)]
Patterns = Annotated[list[Annotated[str, Field(pattern=f"^({PATTERN.pattern})$")]], Field(min_length=1, max_length=64)]


def check_printable(text: str | None) -> str | None:
    """Raises ValueError."""
    if text is not None and not text.isprintable():
        raise ValueError("must not hold control characters")
    return text


def check_known(patterns: list[str] | None) -> list[str] | None:
    """Raises ValueError, which names none of the input."""
    if patterns is not None and unknown_patterns(patterns, CATALOGUE):
        raise ValueError("names a type of event that does not exist")
    return patterns


class NewWebhook(Body):
    """`event_types`: types such as `participant.joined`, all of a subject as `participant.*`, or `*`.

    Without `after` it is told what happens from now on, else everything beyond that position in the log.
    """

    url: Url
    description: Description = ""
    event_types: Patterns
    meeting_id: MeetingId | None = None
    after: int | None = Field(None, ge=0, lt=2**63)

    _printable = field_validator("url", "description")(check_printable)
    _known = field_validator("event_types")(check_known)


class WebhookChanges(Body):
    """What is named is changed. `enabled: true` also tries one at once that was given up or waits for its next try."""

    url: Url | None = None
    description: Description | None = None
    event_types: Patterns | None = None
    meeting_id: MeetingId | None = None
    enabled: bool | None = None

    _printable = field_validator("url", "description")(check_printable)
    _known = field_validator("event_types")(check_known)

    @model_validator(mode="after")
    def _only_a_meeting_may_be_taken_back(self) -> WebhookChanges:
        if any(getattr(self, name) is None for name in self.model_fields_set - {"meeting_id"}):
            raise ValueError("only meeting_id may be null")
        return self


class ReplayFrom(Body):
    """Either a position in the log of all meetings, or an event of one meeting by its `sequence`."""

    after: int | None = Field(None, ge=0, lt=2**63)
    meeting_id: MeetingId | None = None
    sequence: int | None = Field(None, ge=1, lt=2**63)

    @model_validator(mode="after")
    def _names_one_place(self) -> ReplayFrom:
        if (self.after is None) == (self.meeting_id is None) or (self.meeting_id is None) != (self.sequence is None):
            raise ValueError("give either after, or meeting_id and sequence")
        return self


class WebhookView(Answer):
    """`cursor`: the position in the log up to which it took everything; `behind`: how far that is from its end."""

    id: str
    url: str
    description: str
    event_types: list[str]
    meeting_id: str | None
    enabled: bool
    disabled_reason: str | None
    cursor: int
    behind: int
    failures: int
    failing_since: datetime | None
    retry_at: datetime | None
    last_error: str | None
    last_delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime


class WebhookWithSecret(WebhookView):
    """`secret` is told here and never again."""

    secret: str


class WebhookList(Answer):
    items: list[WebhookView]


class DeliveryQuery(Body):
    """`before`: the `id` of the oldest try already seen."""

    before: str | None = Field(None, pattern=r"^[0-9a-f-]{36}$")
    limit: int = Field(100, ge=1, le=1000)


class DeliveryList(Answer):
    items: list[Delivery]


class WebhooksApi:
    def __init__(self, store: Store, dispatcher: Dispatcher, targets: Targets, settings: WebhookSettings) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._targets = targets
        self._settings = settings

    def routes(self) -> list[Route]:
        who, base, one = Access.OPERATOR, "/api/webhooks", "/api/webhooks/{id}"
        missing = ("NOT_FOUND",)
        return [
            Route(
                "POST",
                base,
                "Make a webhook endpoint; the answer holds its secret",
                self.create,
                WebhookWithSecret,
                who,
                body=NewWebhook,
                status=201,
                errors=("CAPACITY_EXCEEDED",),
                rate=Rate.CREATION,
            ),
            Route("GET", base, "Webhook endpoints", self.all, WebhookList, who),
            Route("GET", one, "A webhook endpoint", self.get, WebhookView, who, errors=missing),
            Route(
                "PATCH",
                one,
                "Change, disable or enable a webhook endpoint",
                self.change,
                WebhookView,
                who,
                body=WebhookChanges,
                errors=missing,
                conditional=True,
            ),
            Route("DELETE", one, "Delete a webhook endpoint", self.delete, Done, who, errors=missing, conditional=True),
            Route(
                "POST",
                f"{one}/secret",
                "Another secret; the old one signs as well for a day",
                self.rotate,
                WebhookWithSecret,
                who,
                errors=missing,
            ),
            Route(
                "POST",
                f"{one}/replay",
                "Deliver (again) from a place in the log on",
                self.replay,
                WebhookView,
                who,
                body=ReplayFrom,
                errors=missing,
            ),
            Route(
                "GET",
                f"{one}/deliveries",
                "The last tries, the newest first",
                self.deliveries,
                DeliveryList,
                who,
                query=DeliveryQuery,
                errors=missing,
            ),
        ]

    async def create(self, call: Call) -> Tagged:
        request: NewWebhook = call.body
        await self._check_target(request.url)
        await self._store.flush()
        endpoint_id = f"we_{uuid_utils.uuid7().hex}"
        secret = make_secret(secrets.token_bytes(SECRET_BYTES))
        new = NewEndpoint(
            id=endpoint_id,
            url=request.url,
            description=request.description,
            event_types=request.event_types,
            meeting_id=request.meeting_id,
            secret=secret,
            cursor=await self._cursor(request.after),
        )
        fact = WebhookCreated(endpoint_id=endpoint_id, event_types=request.event_types, by=call.caller.user_id)
        made = await self._store.webhooks.create(new, fact=fact, most=self._settings.max_endpoints)
        self._dispatcher.poke()
        return Tagged(WebhookWithSecret(**self._fields(made), secret=secret), tag_of(made.revision))

    async def all(self, _call: Call) -> WebhookList:
        return WebhookList(items=[self._view(endpoint) for endpoint in await self._store.webhooks.all()])

    async def get(self, call: Call) -> Tagged:
        return self._tagged(await self._find(call))

    async def change(self, call: Call) -> Tagged:
        request: WebhookChanges = call.body
        changes = request.model_dump(exclude_unset=True)
        found = await self._current(call)
        if request.url is not None:
            await self._check_target(request.url)
        if not changes:
            return self._tagged(found)
        fact = WebhookChanged(endpoint_id=found.id, changed=sorted(changes), by=call.caller.user_id)
        changed = await self._store.webhooks.change(found.id, changes, fact=fact, revision=found.revision)
        if changed is None:
            raise stale()
        self._dispatcher.poke()
        return self._tagged(changed)

    async def delete(self, call: Call) -> Done:
        found = await self._current(call)
        fact = WebhookDeleted(endpoint_id=found.id, by=call.caller.user_id)
        if not await self._store.webhooks.delete(found.id, fact=fact, revision=found.revision):
            raise stale()
        self._dispatcher.poke()
        return Done()

    async def rotate(self, call: Call) -> Tagged:
        found = await self._find(call)
        fact = WebhookSecretRotated(endpoint_id=found.id, by=call.caller.user_id)
        secret = make_secret(secrets.token_bytes(SECRET_BYTES))
        changed = await self._store.webhooks.rotate(found.id, secret, fact=fact)
        if changed is None:
            raise _unknown()
        self._dispatcher.poke()
        return Tagged(WebhookWithSecret(**self._fields(changed), secret=secret), tag_of(changed.revision))

    async def replay(self, call: Call) -> Tagged:
        request: ReplayFrom = call.body
        found = await self._find(call)
        after = request.after
        if after is None:
            await self._store.flush()
            place = await self._store.feed.place_of(request.meeting_id or "", request.sequence or 1)
            if place is None:
                raise ApiError("NOT_FOUND", "There is no such event, nor a later one of that meeting.")
            after = place - 1
        after = await self._cursor(after)
        fact = WebhookReplayed(endpoint_id=found.id, after=after, by=call.caller.user_id)
        changed = await self._store.webhooks.change(found.id, {"cursor": after}, fact=fact)
        if changed is None:
            raise _unknown()
        self._dispatcher.poke()
        return self._tagged(changed)

    async def deliveries(self, call: Call) -> DeliveryList:
        found = await self._find(call)
        query: DeliveryQuery = call.query
        items = await self._store.webhooks.deliveries(found.id, before=query.before, limit=query.limit)
        return DeliveryList(items=list(items))

    async def _cursor(self, after: int | None) -> int:
        """Nobody can have taken more than there is."""
        head = await self._store.feed.find_head()
        return head if after is None else min(after, head)

    async def _find(self, call: Call) -> Endpoint:
        found = await self._store.webhooks.get(call.path["id"]) if call.path["id"].isprintable() else None
        if found is None:
            raise _unknown()
        return found

    async def _current(self, call: Call) -> Endpoint:
        """Raises CONFLICT when it is not what the caller read."""
        revision = required_revision(call.if_match)
        found = await self._find(call)
        if found.revision != revision:
            raise stale()
        return found

    async def _check_target(self, url: str) -> None:
        try:
            await self._targets.check(url)
        except InvalidTargetError as error:
            raise ApiError("VALIDATION", f"url: {error}") from None

    def _tagged(self, endpoint: Endpoint) -> Tagged:
        return Tagged(self._view(endpoint), tag_of(endpoint.revision))

    def _view(self, endpoint: Endpoint) -> WebhookView:
        return WebhookView(**self._fields(endpoint))

    def _fields(self, endpoint: Endpoint) -> dict[str, Any]:
        told = endpoint.model_dump(include=set(WebhookView.model_fields))
        return told | {"behind": max(0, self._store.feed.head - endpoint.cursor)}


def _unknown() -> ApiError:
    return ApiError("NOT_FOUND", "There is no such webhook endpoint.")
