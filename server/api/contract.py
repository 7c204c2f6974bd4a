"""A route as data: what it takes, what it answers and who may ask. Dispatch and OpenAPI are both made from it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict

from signaling.identity import Identity


class Access(Enum):
    PUBLIC = "public"
    USER = "user"  # any valid token
    OPERATOR = "operator"  # a token with `operator: true`


class Rate(Enum):
    """How often a route may be asked; the figures are settings (REQUIREMENTS SIG-15)."""

    FREE = "free"
    CREATION = "creation"  # makes something that stays
    STRICT = "strict"  # passwords can be tried here
    GUEST = "guest"  # people arrive by the class, from behind one address
    REFRESH = "refresh"
    REPORT = "report"  # clients tell what they saw, every few seconds


class Body(BaseModel):
    """What comes from outside: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class Nothing(Body):
    """A request without a body, or without a query."""


class Done(Answer):
    """There is nothing to tell but that it is done."""

    success: bool = True


@dataclass(frozen=True)
class Cookie:
    """HttpOnly and SameSite=Strict. An empty one that lives 0 seconds takes it back."""

    name: str
    value: str
    path: str
    lives_s: int
    secure: bool


@dataclass(frozen=True)
class WithCookie:
    answer: BaseModel
    cookie: Cookie


@dataclass(frozen=True)
class Tagged:
    """An answer and its ETag."""

    answer: BaseModel
    tag: str


SERVER_SENT_EVENTS = "text/event-stream"


@dataclass(frozen=True)
class Streamed:
    """An answer without an end: server-sent events (HTML Living Standard, 9.2), each already in its bytes.

    With a `filename` it is a file of any length. A piece is asked for once the one before is on its way, so a reader
    who is slow is waited for and nothing piles up. What goes wrong before the first piece is refused in words.
    """

    pieces: AsyncGenerator[bytes]
    content_type: str = SERVER_SENT_EVENTS
    filename: str | None = None


@dataclass(frozen=True)
class Sender:
    """Where a request comes from. `same_origin`: a browser says that a page of this server sent it.

    `address` is that of the client, also behind a trusted proxy; `secure` whether it came over TLS.
    """

    address: str = ""
    same_origin: bool = False
    secure: bool = False
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One authenticated, validated request. On a public route `identity` is whom a good token names, if any."""

    identity: Identity | None
    path: dict[str, str]
    body: Any
    query: Any
    sender: Sender = field(default_factory=Sender)
    if_match: str | None = None
    last_event_id: str | None = None  # where a stream that was cut goes on

    @property
    def caller(self) -> Identity:
        if self.identity is None:
            raise RuntimeError("a public route has no caller")
        return self.identity


Handler = Callable[[Call], Awaitable[BaseModel | WithCookie | Tagged | Streamed]]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    summary: str
    handler: Handler
    answer: type[BaseModel]
    access: Access = Access.USER
    body: type[Body] = Nothing
    query: type[Body] = Nothing
    status: int = 200
    errors: tuple[str, ...] = field(default=())
    rate: Rate = Rate.FREE
    subject: Callable[[Any], str] | None = None  # of the body: what is limited besides the address, as an account is
    streams: tuple[str, ...] = ()  # media types of an answer in pieces, each of them an `answer`
    conditional: bool = False  # changes only what If-Match names: 428 without, 412 when it was changed since
