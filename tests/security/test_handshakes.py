"""Cases 16 and 18 to 22: DTLS with somebody who does it wrong, or never ends it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sfu.ortc import DtlsParameters
from sfu.ortc.model import DtlsFingerprint
from sfu.worker import transport as transport_module
from sfu.worker.dtls import fingerprints, new_certificate
from sfu.worker.transport import State, Surroundings, Transport
from tests.security.stranger import Stranger, certificate, fingerprint

KEY = ec.generate_private_key(ec.SECP256R1())
GOOD = certificate(KEY)
WORKER = new_certificate()


class Door:
    """A worker's transports towards strangers. `told` is everything that became of them, `keyed` who got keys."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[int, State, str]] = asyncio.Queue()
        self.keyed: list[int] = []
        self.strangers: dict[int, Stranger] = {}
        self.around = Surroundings(
            plane=self,
            certificate=WORKER,
            handshakes=asyncio.Semaphore(8),
            changed=lambda transport, state, reason: self.told.put_nowait((transport.handle, state, reason)),
            drops=Counter(),
        )
        self.transports: list[Transport] = []

    def restart_ice(self, _transport: int, _ufrag: str, _password: str) -> None:
        raise AssertionError("nobody restarts ICE here")

    def send_dtls(self, transport: int, datagram: bytes) -> None:
        if transport in self.strangers:
            self.strangers[transport].receive(datagram)

    def set_srtp_keys(self, transport: int, _profile: str, _rx: bytes, _tx: bytes) -> None:
        self.keyed.append(transport)

    def open(self, *expected: DtlsFingerprint) -> Transport:
        handle = len(self.transports) + 1
        transport = Transport(handle, f"t{handle}", "room", "send", self.around)
        self.transports.append(transport)
        transport.connect(DtlsParameters(fingerprints=expected, role="client"))
        transport.path_validated()
        return transport

    async def outcome(self) -> tuple[int, State, str]:
        while True:
            told = await asyncio.wait_for(self.told.get(), 5)
            if told[1] != "connecting":
                return told


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    made = Door()
    yield made
    for transport in made.transports:
        await transport.close()


async def test_case_16_keys_are_not_there_before_the_fingerprint_is_right(door: Door) -> None:
    """Media that comes right after the handshake of somebody else finds no keys: it is never forwarded."""
    transport = door.open(fingerprint(certificate(ec.generate_private_key(ec.SECP256R1()))))
    stranger = door.strangers[1] = Stranger(transport.datagram_received, KEY, GOOD)
    stranger.go_on()
    assert await door.outcome() == (1, "failed", "fingerprint")
    assert door.keyed == []


async def test_case_18_who_shows_no_certificate_gets_no_keys(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "HANDSHAKE_DEADLINE_S", 0.3)
    transport = door.open(fingerprint(GOOD))
    door.strangers[1] = Stranger(transport.datagram_received)
    door.strangers[1].go_on()
    assert (await door.outcome())[1] == "failed"
    assert door.keyed == []


async def test_case_18_who_shows_a_certificate_without_its_key_gets_no_keys(door: Door) -> None:
    """The certificate of somebody else is public; only its key proves anything."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    transport = door.open(fingerprint(GOOD))
    door.strangers[1] = Stranger(transport.datagram_received, other, certificate(other))
    door.strangers[1].go_on()
    assert await door.outcome() == (1, "failed", "fingerprint")
    assert door.keyed == []


async def test_case_18_the_fingerprint_decides_and_not_the_date(door: Door) -> None:
    expired = certificate(KEY, days=-3)
    transport = door.open(fingerprint(expired))
    door.strangers[1] = Stranger(transport.datagram_received, KEY, expired)
    door.strangers[1].go_on()
    assert await door.outcome() == (1, "connected", "")


@pytest.mark.parametrize("profiles", [b"SRTP_AES128_CM_SHA1_32", b""], ids=["a tag of four bytes", "none at all"])
async def test_case_19_a_profile_that_protects_too_little_is_refused(
    door: Door, profiles: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "HANDSHAKE_DEADLINE_S", 0.3)
    transport = door.open(fingerprint(GOOD))
    door.strangers[1] = Stranger(transport.datagram_received, KEY, GOOD, profiles)
    door.strangers[1].go_on()
    assert (await door.outcome())[1] == "failed"
    assert door.keyed == []


@pytest.mark.parametrize(
    "profile", [b"SRTP_AEAD_AES_256_GCM", b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80"], ids=str
)
async def test_case_19_the_three_strong_profiles_are_taken(door: Door, profile: bytes) -> None:
    transport = door.open(fingerprint(GOOD))
    door.strangers[1] = Stranger(transport.datagram_received, KEY, GOOD, profile)
    door.strangers[1].go_on()
    assert await door.outcome() == (1, "connected", "")


async def test_case_20_handshakes_that_never_end_are_few_at_a_time_and_end_by_themselves(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait outside with a few datagrams each, and get their turn."""
    monkeypatch.setattr(transport_module, "HANDSHAKE_DEADLINE_S", 0.02)
    for _ in range(200):
        transport = door.open(fingerprint(GOOD))
        for _ in range(100):
            transport.datagram_received(b"\x16\xfe\xfd" + bytes(8) + b"\x00\x20\x01" + bytes(31))
    assert door.around.drops["dtls_queue_full"] >= 200 * (100 - 64 - transport_module.EARLY_LIMIT)
    honest = door.open(fingerprint(GOOD))
    door.strangers[honest.handle] = Stranger(honest.datagram_received, KEY, GOOD)
    ended: Counter[str] = Counter()
    most = 0
    while honest.handle not in door.keyed:
        handle, state, _ = await asyncio.wait_for(door.told.get(), 10)
        ended[state] += 1
        most = max(most, ended["connecting"] - ended["failed"])
        if handle == honest.handle and state == "connecting":
            door.strangers[handle].go_on()
    assert most <= 8
    assert ended["failed"] >= 190


async def test_case_22_a_second_hello_after_the_handshake_changes_nothing(door: Door) -> None:
    transport = door.open(fingerprint(GOOD))
    hellos: list[bytes] = []

    def send(datagram: bytes) -> None:
        hellos.append(datagram)
        transport.datagram_received(datagram)

    door.strangers[1] = Stranger(send, KEY, GOOD)
    door.strangers[1].go_on()
    assert await door.outcome() == (1, "connected", "")
    other = Stranger(transport.datagram_received, KEY, GOOD)
    for datagram in [*hellos, *hellos]:
        transport.datagram_received(datagram)
    other.go_on()
    for _ in range(10):
        await asyncio.sleep(0)
    assert door.told.empty()
    assert transport.state == "connected"
    assert door.keyed == [1], "keys are made once"


async def test_case_21_each_start_has_a_key_of_its_own() -> None:
    assert len({fingerprints(new_certificate())[0].value for _ in range(3)}) == 3
