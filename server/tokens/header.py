"""The header of a token, read before its signature is: only what cannot choose the key for us is let through."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

import orjson

from server.tokens.claims import InvalidTokenError

MAX_TOKEN_CHARS: Final = 4096
MAX_HEADER_CHARS: Final = 1024

_KEY_ID: Final = re.compile(r"[A-Za-z0-9._~=+-]{1,128}")
"""A name and nothing else: no path, no query, no quotes."""

_BRINGS_ITS_OWN_KEY: Final = frozenset({"jku", "x5u", "jwk", "x5c"})
_NOT_UNDERSTOOD: Final = frozenset({"crit", "b64", "zip"})
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})


@dataclass(frozen=True, slots=True)
class Header:
    algorithm: str
    key_id: str | None


def read_header(token: object) -> Header:
    """Raises InvalidTokenError for a header that is malformed, brings a key along, or marks another kind of token."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS or token.count(".") != 2:
        raise InvalidTokenError
    fields = _decode(token.split(".", 1)[0])
    if not isinstance(fields, dict) or fields.keys() & (_BRINGS_ITS_OWN_KEY | _NOT_UNDERSTOOD):
        raise InvalidTokenError
    algorithm, key_id, kind = fields.get("alg"), fields.get("kid"), fields.get("typ", "JWT")
    if not isinstance(algorithm, str) or not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise InvalidTokenError
    if key_id is not None and not (isinstance(key_id, str) and _KEY_ID.fullmatch(key_id)):
        raise InvalidTokenError
    return Header(algorithm, key_id)


def _decode(part: str) -> object:
    if len(part) > MAX_HEADER_CHARS:
        raise InvalidTokenError
    try:
        return orjson.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, UnicodeEncodeError):
        raise InvalidTokenError from None
