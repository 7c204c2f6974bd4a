"""A route as data: what it takes, what it answers and who may ask. Dispatch and OpenAPI are both made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict

from signaling.identity import Identity


class Access(Enum):
    PUBLIC = "public"
    USER = "user"  # any valid token
    OPERATOR = "operator"  # a token with `operator: true`


class Body(BaseModel):
    """What comes from outside: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class Nothing(Body):
    """A request without a body, or without a query."""


@dataclass(frozen=True)
class Call:
    """One authenticated, validated request."""

    identity: Identity | None
    path: dict[str, str]
    body: Any
    query: Any

    @property
    def caller(self) -> Identity:
        if self.identity is None:
            raise RuntimeError("a public route has no caller")
        return self.identity


Handler = Callable[[Call], Awaitable[BaseModel]]


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
