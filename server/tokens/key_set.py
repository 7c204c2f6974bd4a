"""The public keys of another issuer, as a JWK set has them (RFC 7517)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

MAX_DOCUMENT_BYTES: Final = 256 * 1024
MAX_KEYS: Final = 64
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
"""Verifying with a larger one would be work that an attacker chooses."""

_ALGORITHM_OF: Final[Mapping[tuple[str, str | None], str]] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
OTHER_NAMES: Final[Mapping[str, str]] = {"Ed25519": "EdDSA"}
"""RFC 9864 names the curve; issuers use both names for the same."""

_KEY_ID: Final = re.compile(r"[A-Za-z0-9._~=+-]{1,128}")

PublicKey = RSAKey | ECKey | OKPKey


@dataclass(frozen=True, slots=True)
class Key:
    """One that verifies signatures of one algorithm, whatever a token says."""

    algorithm: str
    key_id: str | None
    key: PublicKey


class BadKeySetError(Exception):
    """The document is no JWK set, or none of its keys is of use."""


def read_key_set(document: bytes) -> tuple[Key, ...]:
    """What is not for verifying RS256, ES256 or EdDSA is left out, symmetric keys first of all.

    Raises BadKeySetError.
    """
    try:
        parsed = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise BadKeySetError("no JSON") from None
    entries = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise BadKeySetError("no list of keys, or too many of them")
    keys = tuple(key for entry in entries if isinstance(entry, dict) and (key := _read_key(entry)) is not None)
    if not keys:
        raise BadKeySetError("no key that verifies RS256, ES256 or EdDSA")
    return keys


def _read_key(entry: dict[str, Any]) -> Key | None:
    algorithm = _algorithm_of(entry)
    key_id = entry.get("kid")
    if algorithm is None or not (key_id is None or (isinstance(key_id, str) and _KEY_ID.fullmatch(key_id))):
        return None
    try:
        key = JWKRegistry.import_key(entry)
        strong = not isinstance(key, RSAKey) or MIN_RSA_BITS <= _bits(key) <= MAX_RSA_BITS
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return Key(algorithm, key_id, cast("PublicKey", key)) if strong else None


def _algorithm_of(entry: dict[str, Any]) -> str | None:
    kind, curve = entry.get("kty"), entry.get("crv")
    if not isinstance(kind, str) or not (curve is None or isinstance(curve, str)):
        return None
    algorithm = _ALGORITHM_OF.get((kind, curve))
    said = entry.get("alg")
    meant_for_this = said in (None, algorithm) or (isinstance(said, str) and OTHER_NAMES.get(said) == algorithm)
    meant_for_this &= entry.get("use") in (None, "sig")
    # A private key in a public place is nobody's any more.
    return algorithm if meant_for_this and "d" not in entry else None


def _bits(key: RSAKey) -> int:
    return key.public_key.key_size
