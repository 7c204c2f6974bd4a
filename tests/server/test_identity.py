"""Tokens: what is accepted, and every confusion that is not."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from server.identity import InvalidTokenError, TokenAuthority
from signaling.roles import Role

SECRET = "a secret of more than thirty-two bytes"
NOW = 1_800_000_000.0


def authority() -> TokenAuthority:
    return TokenAuthority(SECRET, now=lambda: NOW)


def signed(secret: str = SECRET, header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {"sub": "ada", "aud": "folkmoot", "exp": NOW + 60} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "HS256"} | (header or {}), claims, OctKey.import_key(secret))


def test_a_token_says_who_somebody_is() -> None:
    token = authority().issue("ada", ttl_s=60, name="Ada", meeting="m1", role="host", grants={"room_create": True})
    identity = authority().verify(token)
    assert (identity.user_id, identity.name, identity.meeting, identity.role) == ("ada", "Ada", "m1", Role.HOST)
    assert identity.may("room_create")
    assert not identity.operator


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed(exp=NOW - 31), id="expired, leeway included"),
        pytest.param(signed(exp=None), id="without an expiry"),
        pytest.param(signed(nbf=NOW + 3600), id="not valid yet"),
        pytest.param(signed(aud="another"), id="for another audience"),
        pytest.param(signed(aud=None), id="for no audience"),
        pytest.param(signed(sub=None), id="for nobody"),
        pytest.param(signed(sub=""), id="for an empty name"),
        pytest.param(signed(role="emperor"), id="with a role nobody has"),
        pytest.param(signed(operator="yes"), id="with an operator claim that is not true or false"),
        pytest.param(signed(meeting="../etc"), id="with an impossible meeting"),
        pytest.param(signed(secret="another secret of more than 32 bytes!"), id="signed by somebody else"),
        pytest.param(signed(header={"crit": ["b64"], "b64": False}), id="with a critical header we do not know"),
        pytest.param(signed() + "x", id="with a broken signature"),
        pytest.param(
            f"{part({'alg': 'none'})}.{part({'sub': 'ada', 'aud': 'folkmoot', 'exp': NOW + 60})}.", id="alg none"
        ),
        pytest.param("", id="empty"),
        pytest.param("a" * 5000, id="far too long"),
    ],
)
def test_a_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        authority().verify(token)


@given(st.text())
def test_no_text_at_all_breaks_verification(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        authority().verify(token)


def test_every_refusal_reads_the_same() -> None:
    texts = set()
    for token in (signed(exp=NOW - 100), "rubbish", signed(aud="another")):
        with pytest.raises(InvalidTokenError) as refused:
            authority().verify(token)
        texts.add(str(refused.value))
    assert len(texts) == 1
