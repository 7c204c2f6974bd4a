"""Tokens of another issuer, and its keys: rotated, away, too many, and not of the kind they claim to be."""

from __future__ import annotations

import asyncio
import base64
import hmac
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from config.settings import AuthSettings
from server.identity import TokenAuthority
from server.tokens.authenticator import Authenticator
from server.tokens.claims import InvalidTokenError
from server.tokens.key_set import MAX_DOCUMENT_BYTES, MAX_KEYS, BadKeySetError, read_key_set
from server.tokens.key_source import ASK_AGAIN_S, FORGET_AFTER_S, KeySource, fetcher
from server.tokens.outside import OneAlgorithm, OutsideIssuer

NOW = 1_800_000_000.0
SECRET = "a secret of more than thirty-two bytes"
RSA = RSAKey.generate_key(2048)
EC = ECKey.generate_key("P-256")
ED = OKPKey.generate_key("Ed25519")
ALGORITHMS = {"RS256": RSA, "ES256": EC, "EdDSA": ED}


def public(key: Any, **fields: Any) -> dict[str, Any]:
    return key.as_dict(private=False) | fields


def signed(key: Any, header: dict[str, Any], **changes: Any) -> str:
    claims = {"sub": "ada", "aud": "folkmoot", "iss": "https://id.example.org", "exp": NOW + 60} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, claims, key, registry=OneAlgorithm(header["alg"]))


class NothingRevoked:
    def holds(self, _token_ids: object) -> bool:
        return False


class Issuer:
    """Answers what it is given to; `asked` counts how often it was."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.away = False
        self.now = 0.0

    async def fetch(self) -> bytes:
        self.asked += 1
        if self.away:
            raise OSError("no route to host")
        return orjson.dumps({"keys": self.keys})

    def source(self) -> KeySource:
        return KeySource(self.fetch, refresh_s=300, now=lambda: self.now)


def authenticator(source: KeySource, **settings: Any) -> Authenticator:
    outside = OutsideIssuer(source, AuthSettings(**settings), now=lambda: NOW)
    return Authenticator(TokenAuthority(SECRET, now=lambda: NOW), revoked=NothingRevoked(), outside=outside)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(public(RSA, kid="rsa"), public(EC, kid="ec"), public(ED, kid="ed"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_token_of_each_algorithm_says_who_somebody_is(issuer: Issuer, algorithm: str) -> None:
    kid = {"RS256": "rsa", "ES256": "ec", "EdDSA": "ed"}[algorithm]
    door = authenticator(issuer.source())
    for header in ({"alg": algorithm, "kid": kid}, {"alg": algorithm}):
        identity = await door.identify(signed(ALGORITHMS[algorithm], header, name="Ada", meeting="m1"))
        assert (identity.user_id, identity.name, identity.meeting) == ("ada", "Ada", "m1")


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({"exp": None}, {}),
        ({"exp": NOW - 31}, {}),
        ({"nbf": NOW + 3600}, {}),
        ({"aud": "another"}, {}),
        ({"aud": "folkmoot"}, {"jwks_audience": "meetings"}),
        ({"iss": "https://evil.example.com"}, {"jwks_issuer": "https://id.example.org"}),
        ({"iss": None}, {"jwks_issuer": "https://id.example.org"}),
        ({"sub": "user:ada"}, {}),
        ({"sub": "guest:ada"}, {}),
        ({"typ": "ID"}, {}),
        ({"token_use": "id"}, {}),
        ({"typ": "Refresh"}, {}),
    ],
    ids=str,
)
async def test_another_issuers_token_is_held_to_the_same_rules(
    issuer: Issuer, changes: dict[str, Any], settings: dict[str, Any]
) -> None:
    door = authenticator(issuer.source(), **settings)
    with pytest.raises(InvalidTokenError):
        await door.identify(signed(RSA, {"alg": "RS256", "kid": "rsa"}, **changes))


@pytest.mark.parametrize("allowed", [True, False])
async def test_whether_an_issuer_makes_operators_is_said_by_ours(issuer: Issuer, allowed: bool) -> None:
    door = authenticator(issuer.source(), jwks_operators=allowed)
    identity = await door.identify(signed(EC, {"alg": "ES256", "kid": "ec"}, operator=True))
    assert identity.operator is allowed


async def test_case_45_a_public_key_is_no_secret_to_sign_with(issuer: Issuer) -> None:
    door = authenticator(issuer.source())
    for secret in (RSA.as_pem(private=False), orjson.dumps(public(RSA)), RSA.as_der(private=False)):
        token = signed(OctKey.import_key("stands in for a library that would sign with anything"), {"alg": "HS256"})
        unsigned = token.rpartition(".")[0]
        signature = hmac.digest(secret, unsigned.encode(), "sha256")
        with pytest.raises(InvalidTokenError):
            await door.identify(f"{unsigned}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")


async def test_case_45_our_secret_and_their_keys_do_not_stand_in_for_one_another(issuer: Issuer) -> None:
    issuer.keys.append({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "oct"})
    door = authenticator(issuer.source())
    oct_key = OctKey.import_key("secret-secret-secret-secret-secret")
    for token in (
        signed(oct_key, {"alg": "HS256", "kid": "oct"}),
        signed(OctKey.import_key(SECRET), {"alg": "HS512"}),
        signed(RSA, {"alg": "RS512", "kid": "rsa"}),
        signed(RSA, {"alg": "PS256", "kid": "rsa"}),
        signed(ECKey.generate_key("P-256"), {"alg": "ES256", "kid": "ec"}),
        signed(EC, {"alg": "ES256", "kid": "rsa"}),
    ):
        with pytest.raises(InvalidTokenError):
            await door.identify(token)


async def test_case_45_a_token_does_not_say_where_its_key_is() -> None:
    """The address in the header is a real server with the right key, and it is never asked."""
    asked: list[str] = []

    async def keys(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"keys": [public(RSA, kid="evil")]})

    app = web.Application()
    app.router.add_get("/keys", keys)
    async with TestServer(app) as evil:
        url = str(evil.make_url("/keys"))
        door = authenticator(Issuer(public(EC, kid="ec")).source())
        for extra in ({"jku": url}, {"x5u": url}, {"jwk": public(RSA)}, {"x5c": ["MIIB"]}, {"kid": url}):
            with pytest.raises(InvalidTokenError):
                await door.identify(signed(RSA, {"alg": "RS256"} | extra))
    assert asked == []


async def test_without_a_configured_issuer_only_our_own_tokens_are_taken() -> None:
    door = Authenticator(TokenAuthority(SECRET, now=lambda: NOW), revoked=NothingRevoked())
    with pytest.raises(InvalidTokenError):
        await door.identify(signed(RSA, {"alg": "RS256"}))
    await door.identify(signed(OctKey.import_key(SECRET), {"alg": "HS256"}))


async def test_keys_that_changed_are_found_and_nobody_can_make_us_ask_for_them_often(issuer: Issuer) -> None:
    source = issuer.source()
    door = authenticator(source)
    await source.find("RS256", "rsa")
    new = RSAKey.generate_key(2048)
    issuer.keys = [public(new, kid="next")]
    fresh = signed(new, {"alg": "RS256", "kid": "next"})
    with pytest.raises(InvalidTokenError):
        await door.identify(fresh)
    issuer.now += ASK_AGAIN_S
    await asyncio.gather(*(door.identify(fresh) for _ in range(20)))
    for n in range(50):
        with pytest.raises(InvalidTokenError):
            await door.identify(signed(RSA, {"alg": "RS256", "kid": f"guess{n}"}))
    assert issuer.asked == 2
    with pytest.raises(InvalidTokenError):
        await door.identify(signed(RSA, {"alg": "RS256", "kid": "rsa"}))


async def test_an_issuer_that_is_away_is_believed_for_a_day(issuer: Issuer) -> None:
    source = issuer.source()
    await source.start()
    issuer.away = True
    issuer.now += FORGET_AFTER_S
    assert await source.find("RS256", "rsa") is not None
    issuer.now += 1
    assert await source.find("RS256", "rsa") is None
    assert source.failures == 1
    await source.stop()


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b'{"keys": {}}',
        b'{"keys": []}',
        orjson.dumps({"keys": [public(RSA)] * (MAX_KEYS + 1)}),
        orjson.dumps({"keys": [RSA.as_dict(private=True)]}),
        orjson.dumps({"keys": [public(RSA, use="enc")]}),
        orjson.dumps({"keys": [public(RSA, alg="RS512")]}),
        orjson.dumps({"keys": [public(RSA, kid="../../etc/passwd")]}),
        orjson.dumps({"keys": [public(RSA, kid=7)]}),
        orjson.dumps({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
        orjson.dumps({"keys": [{"kty": "RSA"}, {"kty": ["EC"]}, {}, 7]}),
        orjson.dumps({"keys": [public(ECKey.generate_key("P-521"))]}),
    ],
)
def test_what_is_no_set_of_public_keys_of_these_kinds_is_refused(document: bytes) -> None:
    with pytest.raises(BadKeySetError):
        read_key_set(document)


async def test_keys_are_read_from_a_file_and_from_an_address_that_leads_nowhere_else(tmp_path: Path) -> None:
    document = orjson.dumps({"keys": [public(RSA, kid="rsa")]})
    (tmp_path / "keys.json").write_bytes(document)
    assert await fetcher(str(tmp_path / "keys.json"))() == document
    (tmp_path / "long.json").write_bytes(b"x" * (MAX_DOCUMENT_BYTES + 1))
    with pytest.raises(BadKeySetError):
        await fetcher(str(tmp_path / "long.json"))()

    async def right(_request: web.Request) -> web.Response:
        return web.Response(body=document)

    async def elsewhere(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/right")

    async def long(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (MAX_DOCUMENT_BYTES + 1))

    app = web.Application()
    for path, handler in (("/right", right), ("/elsewhere", elsewhere), ("/long", long)):
        app.router.add_get(path, handler)
    async with TestServer(app) as server:
        assert await fetcher(str(server.make_url("/right")))() == document
        for path in ("/elsewhere", "/long", "/nowhere"):
            with pytest.raises(BadKeySetError):
                await fetcher(str(server.make_url(path)))()
