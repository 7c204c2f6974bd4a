"""What participants are told of STUN and TURN servers."""

from __future__ import annotations

from pydantic import SecretStr

from config.rtc import RtcSettings
from signaling.ice_servers import IceServers

TURN = ("turn:turn.example:3478?transport=udp", "turns:turn.example:443?transport=tcp")


def test_without_servers_there_are_none() -> None:
    assert IceServers(RtcSettings(), lambda: 0.0).of("ada") == []


def test_a_credential_is_the_participants_own_and_ends() -> None:
    settings = RtcSettings(turn_urls=TURN, turn_secret=SecretStr("north"), turn_ttl_s=3600)
    [server] = IceServers(settings, lambda: 1_700_000_000.9).of("ada")
    assert server["urls"] == list(TURN)
    assert server["username"] == "1700003600:ada"
    # printf 1700003600:ada | openssl dgst -sha1 -hmac north -binary | base64
    assert server["credential"] == "xnSlQG4JwD6eDlwPBFdbTt6sTJk="
    [other] = IceServers(settings, lambda: 1_700_000_000.9).of("bob")
    assert other["credential"] != server["credential"]


def test_a_fixed_credential_is_the_same_for_everybody() -> None:
    settings = RtcSettings(
        stun_urls=("stun:stun.example",), turn_urls=TURN, turn_username="all", turn_password=SecretStr("of us")
    )
    assert IceServers(settings, lambda: 0.0).of("ada") == [
        {"urls": ["stun:stun.example"]},
        {"urls": list(TURN), "username": "all", "credential": "of us"},
    ]
