"""DTLS associations over datagrams in memory: roles, loss, the wrong peer, the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable

import pytest
from aiortc import rtcdtlstransport

from sfu.ortc.model import DtlsFingerprint
from sfu.worker import selfcheck
from sfu.worker.dtls import (
    QUEUE_LIMIT,
    RESEND_LIMIT,
    DtlsAssociation,
    HandshakeError,
    SrtpKeys,
    fingerprints,
    new_certificate,
)

CERTIFICATES = [new_certificate(), new_certificate()]
CLIENT, SERVER = (tuple(fingerprints(certificate)) for certificate in CERTIFICATES)
Filter = Callable[[bytes], object]
"""Falsy for a datagram that is lost."""


class Ends:
    """A client and a server; `to_client` and `to_server` may lose what they are shown."""

    def __init__(self) -> None:
        self.to_client: Filter = lambda _datagram: True
        self.to_server: Filter = lambda _datagram: True
        self.sent_by_server: list[bytes] = []
        self.sent_by_client: list[bytes] = []
        self.client = DtlsAssociation(CERTIFICATES[0], "client", self._from_client)
        self.server = DtlsAssociation(CERTIFICATES[1], "server", self._from_server)

    def _from_client(self, datagram: bytes) -> None:
        self.sent_by_client.append(datagram)
        if self.to_server(datagram):
            self.server.receive(datagram)

    def _from_server(self, datagram: bytes) -> None:
        self.sent_by_server.append(datagram)
        if self.to_client(datagram):
            self.client.receive(datagram)

    async def shake_hands(self) -> tuple[SrtpKeys, SrtpKeys]:
        client, server = await asyncio.gather(self.client.handshake(SERVER), self.server.handshake(CLIENT))
        return client, server


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    made = Ends()
    yield made
    await made.client.stop()
    await made.server.stop()


async def test_both_roles_export_the_same_keys_the_other_way_round(ends: Ends) -> None:
    client, server = await ends.shake_hands()
    assert (client.rx, client.tx) == (server.tx, server.rx)
    assert client.rx != client.tx


async def test_the_cheapest_profile_is_agreed_on(ends: Ends) -> None:
    client, server = await ends.shake_hands()
    assert client.profile == server.profile == "SRTP_AEAD_AES_128_GCM"
    assert len(client.rx) == 16 + 12


async def test_a_repeated_hello_brings_a_lost_first_flight_back_without_a_timer(ends: Ends) -> None:
    lost: list[bytes] = []

    def lose_the_first(datagram: bytes) -> bool:
        if lost:
            return True
        lost.append(datagram)
        # What a browser does 50 ms later: its first datagram again.
        asyncio.get_running_loop().call_soon(ends.server.receive, ends.sent_by_client[0])
        return False

    ends.to_client = lose_the_first
    async with asyncio.timeout(0.9):  # OpenSSL's own timer would take a second
        await ends.shake_hands()
    assert ends.sent_by_server[1] == lost[0]


def in_two_fragments(hello: bytes) -> list[bytes]:
    """The same ClientHello as a browser with a large key share sends it: in two datagrams (RFC 6347 section 4.2.3)."""
    record, handshake, body = hello[:11], hello[13:25], hello[25:]
    half = len(body) // 2
    datagrams = []
    # Record number 40: the client goes on at 1, and the server takes each number once.
    for number, offset, part in [(0, 0, body[:half]), (40, half, body[half:])]:
        fragment = handshake[:6] + offset.to_bytes(3, "big") + len(part).to_bytes(3, "big") + part
        header = record[:10] + bytes([number]) + len(fragment).to_bytes(2, "big")
        datagrams.append(header + fragment)
    return datagrams


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0, 1), (0, 1, 0, 1)])
async def test_a_hello_in_two_datagrams_is_put_together(ends: Ends, order: tuple[int, ...]) -> None:
    def split_the_hello(datagram: bytes) -> bool:
        if len(ends.sent_by_client) > 1:
            return True
        fragments = in_two_fragments(datagram)
        for index in order:
            ends.server.receive(fragments[index])
        return False

    ends.to_server = split_the_hello
    async with asyncio.timeout(0.9):
        client, server = await ends.shake_hands()
    assert (client.rx, client.tx) == (server.tx, server.rx)


async def test_a_flight_is_not_repeated_without_end(ends: Ends) -> None:
    answered = asyncio.Event()
    ends.to_client = lambda _datagram: answered.set()
    server = asyncio.create_task(ends.server.handshake(CLIENT))
    client = asyncio.create_task(ends.client.handshake(SERVER))
    await answered.wait()
    for _ in range(RESEND_LIMIT * 2):
        assert ends.server.receive(ends.sent_by_client[0])
    assert len(ends.sent_by_server) == 1 + RESEND_LIMIT
    await ends.client.stop()
    await ends.server.stop()
    await asyncio.gather(server, client, return_exceptions=True)


@pytest.mark.parametrize("liar", ["client", "server"])
async def test_a_peer_with_another_certificate_gets_no_keys(ends: Ends, liar: str) -> None:
    stranger = tuple(fingerprints(new_certificate()))
    results = await asyncio.gather(
        ends.client.handshake(stranger if liar == "server" else SERVER),
        ends.server.handshake(stranger if liar == "client" else CLIENT),
        return_exceptions=True,
    )
    judge = results[0] if liar == "server" else results[1]
    assert isinstance(judge, HandshakeError)
    assert judge.reason == "fingerprint"


async def test_one_wrong_fingerprint_among_right_ones_is_enough(ends: Ends) -> None:
    mixed = (CLIENT[0], DtlsFingerprint(algorithm="sha-512", value=":".join(["00"] * 64)))
    results = await asyncio.gather(ends.client.handshake(SERVER), ends.server.handshake(mixed), return_exceptions=True)
    assert isinstance(results[1], HandshakeError)


@pytest.mark.parametrize("leaver", ["client", "server"])
async def test_close_notify_ends_the_other_side(ends: Ends, leaver: str) -> None:
    await ends.shake_hands()
    stays = ends.server if leaver == "client" else ends.client
    await (ends.client if leaver == "client" else ends.server).stop()
    async with asyncio.timeout(5):
        await stays.wait_closed()


async def test_stopping_ends_a_handshake_that_waits(ends: Ends) -> None:
    waiting = asyncio.create_task(ends.server.handshake(CLIENT))
    await asyncio.sleep(0)
    await ends.server.stop()
    with pytest.raises(HandshakeError):
        await asyncio.wait_for(waiting, 5)


async def test_a_flood_before_the_handshake_is_dropped_beyond_the_limit(ends: Ends) -> None:
    accepted = [ends.server.receive(bytes([22]) * 60) for _ in range(QUEUE_LIMIT + 5)]
    assert accepted == [True] * QUEUE_LIMIT + [False] * 5


async def test_garbage_between_the_flights_does_no_harm(ends: Ends) -> None:
    def with_garbage(_datagram: bytes) -> bool:
        for garbage in (b"\x16", bytes([20]) * 40, b"\x3f" * 2000, b"\x16\xfe\xfd" + b"\0" * 30):
            ends.server.receive(garbage)
        return True

    ends.to_server = with_garbage
    await ends.shake_hands()


async def test_the_self_check_passes_with_what_is_installed() -> None:
    await selfcheck.check()


async def test_the_self_check_notices_keys_that_were_exported_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    def unlike_any_other(profile: object, _material: bytes, _side: int) -> bytes:
        return os.urandom(profile.key_length + profile.salt_length)  # type: ignore[attr-defined]

    monkeypatch.setattr(rtcdtlstransport.SRTPProtectionProfile, "get_key_and_salt", unlike_any_other)
    with pytest.raises(selfcheck.SelfCheckError, match="different SRTP keys"):
        await selfcheck.check()


async def test_the_self_check_notices_a_fingerprint_that_is_no_longer_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtcdtlstransport.RTCDtlsTransport, "_validate_peer_identity", lambda _self, _remote: None)
    with pytest.raises(selfcheck.SelfCheckError, match="not refused"):
        await selfcheck.check()


async def test_the_self_check_notices_a_private_name_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(rtcdtlstransport.RTCDtlsTransport, "_set_role")
    with pytest.raises(selfcheck.SelfCheckError, match="_set_role"):
        await selfcheck.check()
