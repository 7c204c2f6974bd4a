"""A DTLS client that may be as wrong as it likes: any certificate or none, any SRTP profile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from sfu.ortc.model import DtlsFingerprint

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def certificate(key: Key, *, days: int = 30) -> x509.Certificate:
    """Self-signed; with negative `days` it ended so long ago."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    begin = end - dt.timedelta(days=365)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
    return made.sign(key, hashes.SHA256())


def fingerprint(of: x509.Certificate) -> DtlsFingerprint:
    return DtlsFingerprint(algorithm="sha-256", value=of.fingerprint(hashes.SHA256()).hex(":").upper())


class Stranger:
    def __init__(
        self,
        send: Callable[[bytes], object],
        key: Key | None = None,
        shown: x509.Certificate | None = None,
        profiles: bytes = b"SRTP_AES128_CM_SHA1_80",
    ) -> None:
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_cipher_list(b"ALL:@SECLEVEL=0")
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        if profiles:
            context.set_tlsext_use_srtp(profiles)
        if key is not None and shown is not None:
            context.use_certificate(shown)
            context.use_privatekey(key)
        self._send = send
        self.ssl = SSL.Connection(context, None)
        self.ssl.set_connect_state()
        self.connected = False
        self.refused = False

    def go_on(self) -> None:
        """The next flight, if there is one."""
        if not self.connected:
            try:
                self.ssl.do_handshake()
                self.connected = True
            except SSL.WantReadError:
                pass
            except SSL.Error:
                self.refused = True
        while True:
            try:
                self._send(self.ssl.bio_read(1500))
            except SSL.WantReadError:
                return

    def receive(self, datagram: bytes) -> None:
        self.ssl.bio_write(datagram)
        self.go_on()
