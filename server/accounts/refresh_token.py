"""What keeps somebody signed in: a long random text that is good once."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final, Self

FAMILY_BYTES: Final = 16
SECRET_BYTES: Final = 32

_SHAPE: Final = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """`family` names the sign-in and is no secret; only `digest` is stored, so that the table opens no account."""

    family: str
    secret: str

    @classmethod
    def first(cls) -> Self:
        return cls(secrets.token_urlsafe(FAMILY_BYTES), secrets.token_urlsafe(SECRET_BYTES))

    def next(self) -> RefreshToken:
        return RefreshToken(self.family, secrets.token_urlsafe(SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> Self | None:
        match = _SHAPE.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    @property
    def text(self) -> str:
        return f"{self.family}.{self.secret}"

    @property
    def digest(self) -> str:
        """SHA-256, in hex: 256 random bits need no slow hash."""
        return hashlib.sha256(self.secret.encode()).hexdigest()
