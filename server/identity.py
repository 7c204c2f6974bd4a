"""The tokens this server makes itself, with its one symmetric key."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.tokens.claims import AUDIENCE, InvalidTokenError, believed, read_claims
from server.tokens.header import read_header
from signaling.identity import GUEST, Identity

ALGORITHM = "HS256"
ID_BYTES = 12


class TokenAuthority:
    """Issues and verifies tokens. `now` answers seconds since the epoch."""

    def __init__(self, secret: str, *, now: Callable[[], float], leeway_s: int = 30) -> None:
        self._key = OctKey.import_key(secret)
        self._now = now
        self._leeway_s = leeway_s

    def issue(self, subject: str, *, ttl_s: int, **claims: object) -> str:
        """A signed token with an id of its own (`jti`); `claims` are those of Claims, None left out."""
        now = int(self._now())
        body: dict[str, object] = {"sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + ttl_s}
        body["jti"] = secrets.token_urlsafe(ID_BYTES)
        body |= {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, body, self._key)

    def verify(self, token: str) -> Identity:
        """Raises InvalidTokenError for whatever is wrong with it."""
        if read_header(token).algorithm != ALGORITHM:
            raise InvalidTokenError
        try:
            decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            raise InvalidTokenError from None
        return believed(read_claims(decoded.claims), now=self._now(), leeway_s=self._leeway_s)


def guest_id() -> str:
    """A user id nobody can guess, so that nobody can take another guest's place."""
    return f"{GUEST}{secrets.token_urlsafe(ID_BYTES)}"


def is_guest(user_id: str) -> bool:
    return user_id.startswith(GUEST)
