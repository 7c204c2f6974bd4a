"""Messages about the token a connection was opened with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from signaling.messages.model import Request, Told


class TokenRefresh(Request):
    """`token`: another one for the same person."""

    token: Annotated[str, Field(min_length=1, max_length=4096)]


class TokenRefreshed(Told):
    """`expires_in`: seconds."""

    expires_in: float


class TokenExpiring(Told):
    """The token lives for `expires_in` more seconds; without a `token:refresh` the connection ends in `ends_in`."""

    expires_in: float
    ends_in: float


class TokenEnded(Told):
    """The last thing a connection is told. `reason`: expired, revoked."""

    reason: Literal["expired", "revoked"]
