"""What a token says, and when that is believed. Whoever signed it, the same rules hold."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from signaling.identity import Identity
from signaling.roles import Role

AUDIENCE: Final = "folkmoot"
ACCESS_KINDS: Final = frozenset({"access", "bearer", "jwt", "at+jwt"})
"""What issuers call a token that is for access, and not an ID token, a refresh token or a link to a recording."""


Moment = Annotated[float, Field(allow_inf_nan=False)]
"""Seconds since the epoch, whole or not (RFC 7519, NumericDate). JSON of Python's knows a NaN, which is never past."""


class InvalidTokenError(Exception):
    """The token is refused. One text for every reason: an attacker learns nothing from it."""

    def __init__(self) -> None:
        super().__init__("The token is missing, malformed, expired or not for this server.")


class Claims(BaseModel):
    """What a token may say; claims this server does not know are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    sub: str = Field(min_length=1, max_length=255)
    name: str = Field("", max_length=1024)
    exp: Moment
    iat: Moment | None = None
    nbf: Moment | None = None
    aud: str | list[str]
    iss: str | None = None
    jti: str | None = Field(None, min_length=1, max_length=255)
    sid: str | None = Field(None, min_length=1, max_length=255)
    meeting: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    role: str | None = None
    operator: bool = False
    grants: dict[str, Any] | None = None
    # What kind of token this is, as different issuers name the claim.
    typ: str = "access"
    type: str = "access"
    token_type: str = "access"  # noqa: S105 - a kind, no secret
    token_use: str = "access"  # noqa: S105

    @property
    def for_access(self) -> bool:
        return {kind.lower() for kind in (self.typ, self.type, self.token_type, self.token_use)} <= ACCESS_KINDS


def read_claims(claims: object) -> Claims:
    """Raises InvalidTokenError for what is no set of claims."""
    try:
        return Claims.model_validate(claims)
    except ValidationError:
        raise InvalidTokenError from None


def believed(claims: Claims, *, now: float, leeway_s: float, audience: str = AUDIENCE) -> Identity:
    """Whom the claims name. Raises InvalidTokenError when they are expired, too early, or for somebody else."""
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if not claims.for_access or audience not in audiences or claims.exp + leeway_s <= now:
        raise InvalidTokenError
    if claims.nbf is not None and claims.nbf - leeway_s > now:
        raise InvalidTokenError
    try:
        role = Role(claims.role) if claims.role is not None else None
    except ValueError:
        raise InvalidTokenError from None
    return Identity(
        user_id=claims.sub,
        name=claims.name or claims.sub,
        meeting=claims.meeting,
        role=role,
        operator=claims.operator,
        grants=claims.grants,
        expires_at=float(claims.exp),
        token_ids=frozenset(token_id for token_id in (claims.jti, claims.sid) if token_id is not None),
        sign_in=claims.sid,
    )
