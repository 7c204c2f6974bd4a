"""Tokens: who somebody is, signed (PROTOCOL, "Tokens")."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from signaling.identity import Identity
from signaling.roles import Role

AUDIENCE = "folkmoot"
ALGORITHM = "HS256"
MAX_TOKEN_CHARS = 4096


class InvalidTokenError(Exception):
    """The token is refused. One text for every reason: an attacker learns nothing from it."""

    def __init__(self) -> None:
        super().__init__("The token is missing, malformed, expired or not for this server.")


class Claims(BaseModel):
    """What a token may say; claims this server does not know are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    sub: str = Field(min_length=1, max_length=255)
    name: str = Field("", max_length=1024)
    exp: int
    iat: int | None = None
    nbf: int | None = None
    aud: str | list[str]
    meeting: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    role: str | None = None
    operator: bool = False
    grants: dict[str, Any] | None = None


class TokenAuthority:
    """Issues and verifies tokens with one symmetric key. `now` answers seconds since the epoch."""

    def __init__(self, secret: str, *, now: Callable[[], float], leeway_s: int = 30) -> None:
        self._key = OctKey.import_key(secret)
        self._now = now
        self._leeway_s = leeway_s

    def issue(self, subject: str, *, ttl_s: int, **claims: object) -> str:
        """A signed token; `claims` are those of Claims, None left out."""
        now = int(self._now())
        body = {"sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + ttl_s}
        body |= {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, body, self._key)

    def verify(self, token: str) -> Identity:
        """Raises InvalidTokenError for whatever is wrong with it."""
        if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS:
            raise InvalidTokenError
        try:
            decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
            claims = Claims.model_validate(decoded.claims)
            role = Role(claims.role) if claims.role is not None else None
        except (JoseError, ValidationError, ValueError):
            raise InvalidTokenError from None
        self._check_times_and_audience(claims)
        return Identity(
            user_id=claims.sub,
            name=claims.name or claims.sub,
            meeting=claims.meeting,
            role=role,
            operator=claims.operator,
            grants=claims.grants,
            expires_at=float(claims.exp),
        )

    def _check_times_and_audience(self, claims: Claims) -> None:
        now = self._now()
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.exp + self._leeway_s <= now or AUDIENCE not in audiences:
            raise InvalidTokenError
        if claims.nbf is not None and claims.nbf - self._leeway_s > now:
            raise InvalidTokenError


def guest_id() -> str:
    """A user id nobody can guess, so that nobody can take another guest's place."""
    return f"guest:{secrets.token_urlsafe(12)}"
