"""Proof, at every start, that aiortc's private parts still mean what `dtls.py` and `sctp.py` take them for.

Two associations in memory shake hands and must come out with each other's keys, one that is not who it should be must
be refused, and messages must cross as they were sent. It costs some milliseconds and turns a silent change of a
dependency into a clear refusal to start.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiortc.rtcdtlstransport import RTCDtlsTransport

from sfu.ortc.model import DtlsFingerprint
from sfu.ortc.sctp import SctpStreamParameters
from sfu.worker.data import BYTES, TEXT
from sfu.worker.dtls import DtlsAssociation, HandshakeError, MakeReceiver, SrtpKeys, fingerprints, new_certificate
from sfu.worker.outbox import Message, Outbox
from sfu.worker.sctp import Received, SctpAssociation

DEADLINE_S = 5.0
STREAM = 3


class Ends(NamedTuple):
    client: DtlsAssociation
    server: DtlsAssociation
    client_prints: list[DtlsFingerprint]
    server_prints: list[DtlsFingerprint]


class SelfCheckError(Exception):
    """The installed aiortc, pyOpenSSL or cryptography is not one this worker can run with."""


async def check() -> None:
    """Raises SelfCheckError."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            await _check_keys()
            await _check_refusal()
            await _check_data()
    except SelfCheckError:
        raise
    except Exception as error:
        raise SelfCheckError(f"the self-check broke: {type(error).__name__}: {error}") from error


async def _check_keys() -> None:
    client, server = await _shake_hands(deceive=False)
    if isinstance(client, HandshakeError) or isinstance(server, HandshakeError):
        raise SelfCheckError("two honest endpoints did not complete a DTLS handshake")
    if (client.profile, client.rx, client.tx) != (server.profile, server.tx, server.rx):
        raise SelfCheckError("two endpoints of one DTLS association exported different SRTP keys")


async def _check_refusal() -> None:
    _client, server = await _shake_hands(deceive=True)
    if not isinstance(server, HandshakeError) or server.reason != "fingerprint":
        raise SelfCheckError("a certificate with the wrong fingerprint was not refused")


async def _check_data() -> None:
    """Messages of one packet and of several arrive whole, in order, and as what they were sent as."""
    sent = [Message(TEXT, b"text"), Message(BYTES, bytes(range(256)) * 16), Message(TEXT, b"more")]
    heard: asyncio.Queue[Received] = asyncio.Queue()
    client, server = _DataEnd(heard), _DataEnd(heard)
    async with _ends(client.carry, server.carry) as ends:
        outcomes = await _outcomes(ends)
        if any(isinstance(outcome, HandshakeError) for outcome in outcomes):
            raise SelfCheckError("two honest endpoints did not complete a DTLS handshake")
        ends.client.open_data()
        await client.send(sent)
        got = [await heard.get() for _ in sent]
    if got != [Received(STREAM, message) for message in sent]:
        raise SelfCheckError("messages over SCTP did not arrive as they were sent")


class _DataEnd:
    """One end of an SCTP association; `heard` is given what it receives."""

    def __init__(self, heard: asyncio.Queue[Received]) -> None:
        self._heard = heard
        self._outbox = Outbox(Counter())
        self._association: SctpAssociation | None = None

    def carry(self, carrier: RTCDtlsTransport) -> SctpAssociation:
        self._association = SctpAssociation(
            carrier, self._outbox, received=self._received, ended=lambda _reason: None, drops=Counter()
        )
        return self._association

    async def send(self, messages: list[Message]) -> None:
        """Begins the association, too."""
        stream = self._outbox.open(SctpStreamParameters(STREAM))
        for message in messages:
            self._outbox.put(stream, message, now=0.0)
        if self._association is not None:
            await self._association.connect()

    def _received(self, received: Received) -> int:
        self._heard.put_nowait(received)
        return 1


async def _shake_hands(*, deceive: bool) -> list[SrtpKeys | HandshakeError]:
    async with _ends() as ends:
        return await _outcomes(ends, deceive=deceive)


@asynccontextmanager
async def _ends(client: MakeReceiver | None = None, server: MakeReceiver | None = None) -> AsyncIterator[Ends]:
    """Two associations that hear each other; with what takes their data, if any."""
    certificates = [new_certificate(), new_certificate()]
    ends: list[DtlsAssociation] = []
    ends.append(DtlsAssociation(certificates[0], "client", lambda datagram: _deliver(ends[1], datagram), client))
    ends.append(DtlsAssociation(certificates[1], "server", lambda datagram: _deliver(ends[0], datagram), server))
    try:
        yield Ends(ends[0], ends[1], fingerprints(certificates[0]), fingerprints(certificates[1]))
    finally:
        for end in ends:
            await end.stop()


async def _outcomes(ends: Ends, *, deceive: bool = False) -> list[SrtpKeys | HandshakeError]:
    """With `deceive` the client is not who it says it is."""
    claimed = fingerprints(new_certificate()) if deceive else ends.client_prints
    return list(await asyncio.gather(_outcome(ends.client, ends.server_prints), _outcome(ends.server, claimed)))


def _deliver(end: DtlsAssociation, datagram: bytes) -> None:
    end.receive(datagram)


async def _outcome(end: DtlsAssociation, expected: list[DtlsFingerprint]) -> SrtpKeys | HandshakeError:
    try:
        return await end.handshake(tuple(expected))
    except HandshakeError as failure:
        return failure
