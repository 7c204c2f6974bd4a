"""Media that looks real to a forwarding unit and costs nothing to make: VP8 (RFC 7741) and Opus with stamps inside."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterator
from typing import Any

from server.loadtest import stamp as stamps
from sfu.ortc.capabilities import AUDIO_LEVEL

VIDEO_PAYLOAD_TYPE = 96
AUDIO_PAYLOAD_TYPE = 111
VIDEO_CLOCK = 90_000
AUDIO_CLOCK = 48_000
AUDIO_INTERVAL_S = 0.02
AUDIO_BYTES = 80
"""32 kbit/s in frames of 20 ms."""
AUDIO_LEVEL_ID = 10
LARGEST_PAYLOAD = 1150
WIDTH, HEIGHT = 1280, 720

_HEADER = struct.Struct("!BBHII")
_NTP_EPOCH_S = 2_208_988_800


class Stream:
    """The numbers of one RTP stream."""

    def __init__(self, payload_type: int, clock_rate: int) -> None:
        self.ssrc = secrets.randbits(31) + 1
        self.packets = 0
        self.payload_bytes = 0
        self._payload_type = payload_type
        self._clock_rate = clock_rate
        self._sequence = secrets.randbits(15)
        self._first_timestamp = secrets.randbits(31)

    def timestamp(self, now_ns: int) -> int:
        return (self._first_timestamp + now_ns * self._clock_rate // 1_000_000_000) & 0xFFFFFFFF

    def packet(self, payload: bytes, now_ns: int, *, marker: bool, extension: bytes = b"") -> bytes:
        header = _HEADER.pack(
            0x90 if extension else 0x80,
            (0x80 if marker else 0) | self._payload_type,
            self._sequence,
            self.timestamp(now_ns),
            self.ssrc,
        )
        self._sequence = self._sequence + 1 & 0xFFFF
        self.packets += 1
        self.payload_bytes += len(payload)
        return header + extension + payload

    def sender_info(self, now_ns: int) -> dict[str, int]:
        """The fields of a sender report (RFC 3550 section 6.4.1)."""
        seconds, nanos = divmod(now_ns, 1_000_000_000)
        return {
            "ntp_timestamp": (seconds + _NTP_EPOCH_S) << 32 | (nanos << 32) // 1_000_000_000,
            "rtp_timestamp": self.timestamp(now_ns),
            "packet_count": self.packets & 0xFFFFFFFF,
            "octet_count": self.payload_bytes & 0xFFFFFFFF,
        }


class Encoding:
    """One simulcast encoding: frames of equal size, a key frame first and whenever one is asked for."""

    def __init__(self, kbps: int, frames_per_s: int) -> None:
        self.kbps = kbps
        self.stream = Stream(VIDEO_PAYLOAD_TYPE, VIDEO_CLOCK)
        self._frame_bytes = max(kbps * 1000 // 8 // frames_per_s, 3 * stamps.BYTES)
        self._picture = secrets.randbits(15)
        self._key_wanted = True

    def want_key_frame(self) -> None:
        self._key_wanted = True

    def frame(self, now_ns: int) -> Iterator[bytes]:
        """The packets of the next frame."""
        key, self._key_wanted = self._key_wanted, False
        self._picture = self._picture + 1 & 0x7FFF
        descriptor = bytes([0x80, 0x80, 0x80 | self._picture >> 8, self._picture & 0xFF])
        left, first = self._frame_bytes, True
        while left > 0:
            size = min(left, LARGEST_PAYLOAD)
            left -= size
            head = bytes([descriptor[0] | (0x10 if first else 0)]) + descriptor[1:]
            if first:
                head += _key_header() if key else b"\x11\x02\x00"
            filler = bytes(max(size - len(head) - stamps.BYTES, 0))
            yield self.stream.packet(head + filler + stamps.stamp(now_ns), now_ns, marker=left <= 0)
            first = False


def _key_header() -> bytes:
    """RFC 6386 section 9.1: frame tag, start code, width and height."""
    return b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", WIDTH, HEIGHT)


class VideoSource:
    """A camera with one or several encodings, lowest first."""

    def __init__(self, kbps: tuple[int, ...], frames_per_s: int) -> None:
        self.encodings = [Encoding(rate, frames_per_s) for rate in kbps]
        self.interval_s = 1 / frames_per_s

    def rtp_parameters(self) -> dict[str, Any]:
        return {
            "codecs": [
                {
                    "mimeType": "video/VP8",
                    "payloadType": VIDEO_PAYLOAD_TYPE,
                    "clockRate": VIDEO_CLOCK,
                    "parameters": {},
                    "rtcpFeedback": [{"type": "nack", "parameter": "pli"}],
                }
            ],
            "encodings": [
                {"ssrc": encoding.stream.ssrc, "maxBitrate": encoding.kbps * 1000} for encoding in self.encodings
            ],
            "headerExtensions": [],
            "rtcp": {"cname": "load-test"},
        }

    def packets(self, now_ns: int) -> Iterator[bytes]:
        for encoding in self.encodings:
            yield from encoding.frame(now_ns)

    def want_key_frame(self, ssrc: int) -> None:
        for encoding in self.encodings:
            if encoding.stream.ssrc == ssrc:
                encoding.want_key_frame()

    def streams(self) -> list[Stream]:
        return [encoding.stream for encoding in self.encodings]


class AudioSource:
    """Somebody who talks without pause."""

    interval_s = AUDIO_INTERVAL_S

    def __init__(self) -> None:
        self._stream = Stream(AUDIO_PAYLOAD_TYPE, AUDIO_CLOCK)

    def rtp_parameters(self) -> dict[str, Any]:
        return {
            "codecs": [
                {
                    "mimeType": "audio/opus",
                    "payloadType": AUDIO_PAYLOAD_TYPE,
                    "clockRate": AUDIO_CLOCK,
                    "channels": 2,
                    "parameters": {},
                    "rtcpFeedback": [],
                }
            ],
            "encodings": [{"ssrc": self._stream.ssrc}],
            "headerExtensions": [{"uri": AUDIO_LEVEL, "id": AUDIO_LEVEL_ID}],
            "rtcp": {"cname": "load-test"},
        }

    def packets(self, now_ns: int) -> Iterator[bytes]:
        # RFC 6464 in the one-byte form of RFC 8285: voice, 30 dB below the loudest.
        extension = b"\xbe\xde\x00\x01" + bytes([AUDIO_LEVEL_ID << 4, 0x80 | 30, 0, 0])
        payload = b"\x78" + bytes(AUDIO_BYTES - 1 - stamps.BYTES) + stamps.stamp(now_ns)
        yield self._stream.packet(payload, now_ns, marker=False, extension=extension)

    def want_key_frame(self, ssrc: int) -> None:
        """There are none in sound."""

    def streams(self) -> list[Stream]:
        return [self._stream]
