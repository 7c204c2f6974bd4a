"""Proof, at every start, that aiortc's private parts still mean what `dtls.py` takes them for.

Two associations in memory shake hands and must come out with each other's keys, and one that is not who it should be
must be refused. It costs some milliseconds and turns a silent change of a dependency into a clear refusal to start.
"""

from __future__ import annotations

import asyncio

from sfu.ortc.model import DtlsFingerprint
from sfu.worker.dtls import DtlsAssociation, HandshakeError, SrtpKeys, fingerprints, new_certificate

DEADLINE_S = 5.0


class SelfCheckError(Exception):
    """The installed aiortc, pyOpenSSL or cryptography is not one this worker can run with."""


async def check() -> None:
    """Raises SelfCheckError."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            await _check_keys()
            await _check_refusal()
    except SelfCheckError:
        raise
    except Exception as error:
        raise SelfCheckError(f"the DTLS self-check broke: {type(error).__name__}: {error}") from error


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


async def _shake_hands(*, deceive: bool) -> list[SrtpKeys | HandshakeError]:
    certificates = [new_certificate(), new_certificate()]
    claimed = [fingerprints(certificate) for certificate in certificates]
    if deceive:
        claimed[0] = fingerprints(new_certificate())
    ends: list[DtlsAssociation] = []
    ends.append(DtlsAssociation(certificates[0], "client", lambda datagram: _deliver(ends[1], datagram)))
    ends.append(DtlsAssociation(certificates[1], "server", lambda datagram: _deliver(ends[0], datagram)))
    try:
        return list(
            await asyncio.gather(
                _outcome(ends[0], claimed[1]),
                _outcome(ends[1], claimed[0]),
            )
        )
    finally:
        for end in ends:
            await end.stop()


def _deliver(end: DtlsAssociation, datagram: bytes) -> None:
    end.receive(datagram)


async def _outcome(end: DtlsAssociation, expected: list[DtlsFingerprint]) -> SrtpKeys | HandshakeError:
    try:
        return await end.handshake(tuple(expected))
    except HandshakeError as failure:
        return failure
