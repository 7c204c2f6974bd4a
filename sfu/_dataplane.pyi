"""Typed surface of the compiled data plane (crate folkmoot-python).

Handles (`transport`, `producer`, `consumer`) are positive integers chosen by the caller, never reused within a process.
Methods that change something wait, without the GIL, until the data-plane thread has done it, and raise DataPlaneError
with a `code` (NOT_FOUND, CONFLICT, VALIDATION, CAPACITY_EXCEEDED) when it refuses, UNAVAILABLE when it has stopped.
Values of a wrong type raise TypeError, numbers out of range OverflowError, missing keys KeyError.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypedDict

SOURCE_DIGEST: str
"""Digest of the Rust sources this module was built from."""

class DataPlaneError(Exception):
    code: str

class Codec(TypedDict):
    """One media codec of a producer or consumer with its own payload types."""

    mime_type: str  # "video/vp8", lower case
    payload_type: int
    clock_rate: int
    rtx_payload_type: int | None
    red_payload_type: int | None
    nack: bool
    pli: bool
    fir: bool
    remb: bool
    twcc: bool

class Encoding(TypedDict):
    """One simulcast layer, lowest first. Either `ssrc` is known or `rid` is."""

    ssrc: int | None
    rtx_ssrc: int | None
    rid: str | None
    spatial_layers: int  # within this encoding (SVC); 1 otherwise
    temporal_layers: int
    max_bitrate: int | None  # bits per second, signalled; twice as much is let through

class HeaderExtension(TypedDict):
    uri: str
    id: int

class ProducerSpec(TypedDict):
    """`content` of a video: a camera gives up sharpness before motion, a screen motion before sharpness."""

    kind: Literal["audio", "video"]
    content: Literal["camera", "screen"]
    mid: str | None
    codec: Codec
    encodings: Sequence[Encoding]
    header_extensions: Sequence[HeaderExtension]
    paused: bool

class ConsumerSpec(TypedDict):
    """`spatial_layer`/`temporal_layer`: preferred; None for the highest."""

    mid: str
    ssrc: int
    rtx_ssrc: int | None
    cname: str
    codec: Codec
    header_extensions: Sequence[HeaderExtension]
    paused: bool
    spatial_layer: int | None
    temporal_layer: int | None

class PipeConsumerSpec(TypedDict):
    """`ssrcs`: one for each encoding of the producer; rising, and above all that were ever used on the pipe."""

    ssrcs: Sequence[int]
    payload_type: int
    red_payload_type: int | None
    header_extensions: Sequence[HeaderExtension]

Event: TypeAlias = tuple[str, int, dict[str, Any]]
"""(name, handle, fields):

("ice_connected", transport, {"remote": "ip:port", "protocol": "udp" | "tcp"})
                                                        the first validated path; again with each move of the path
("dtls", transport, {"datagram": bytes})                from a validated path only, in order of arrival
("consent_expired", transport, {})                      no authenticated check for 30 s (RFC 7675)
("layers_changed", consumer, {"spatial_layer": int, "temporal_layer": int, "reason": str, "estimate": int | None})
("layers_wanted", producer, {"spatial_layers": [bool, ...]})  lowest first; those nobody wants need not be sent
("audio_levels", 0, {"levels": [(producer, level), ...]})  who was audible in the last 250 ms; 127 is the loudest
("stopped", 0, {"reason": str})                         the thread ended by itself; nothing follows
"""

class DataPlane:
    def __init__(
        self,
        listen_ips: Sequence[str],
        udp_port: int,
        tcp_port: int | None = None,
        *,
        initial_bitrate: int = 1_000_000,
        minimum_bitrate: int = 600_000,
    ) -> None:
        """Bind a UDP socket and, unless `tcp_port` is None, a TCP listener on each address; start the thread.

        Port 0 takes any, the same on each address. An IPv6 address takes IPv6 alone. The bitrates, in bits per second:
        what a receiver's path is taken to carry before it has shown it (SFU-2). Raises OSError, ValueError.
        """

    @property
    def udp_port(self) -> int: ...
    @property
    def tcp_port(self) -> int | None: ...
    @property
    def event_fd(self) -> int:
        """Readable while events wait; for `loop.add_reader`."""

    def poll_events(self) -> list[Event]:
        """All waiting events, in order; clears `event_fd`."""

    def add_transport(self, transport: int, ufrag: str, password: str) -> None: ...
    def restart_ice(self, transport: int, ufrag: str, password: str) -> None: ...
    def send_dtls(self, transport: int, datagram: bytes) -> None:
        """To the selected path; silently nothing before there is one."""

    def set_srtp_keys(self, transport: int, profile: str, rx: bytes, tx: bytes) -> None:
        """`profile`: SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM or SRTP_AES128_CM_SHA1_80.

        `rx` and `tx`: master key + master salt.
        """

    def remove_transport(self, transport: int) -> None:
        """With its producers (and their consumers) and its consumers."""

    def add_producer(self, transport: int, producer: int, spec: ProducerSpec) -> None: ...
    def pause_producer(self, producer: int) -> None: ...
    def resume_producer(self, producer: int) -> None: ...
    def remove_producer(self, producer: int) -> None: ...
    def add_consumer(self, transport: int, consumer: int, producer: int, spec: ConsumerSpec) -> None: ...
    def pause_consumer(self, consumer: int) -> None: ...
    def resume_consumer(self, consumer: int) -> None: ...
    def remove_consumer(self, consumer: int) -> None: ...
    def request_keyframe(self, consumer: int) -> None: ...
    def set_layers(self, consumer: int, spatial_layer: int, temporal_layer: int) -> None: ...
    def add_pipe(self, transport: int, remote: str, profile: str, rx: bytes, tx: bytes) -> None:
        """A transport to another worker's data plane at `remote` ("ip:port"), without ICE and DTLS."""

    def add_pipe_consumer(self, transport: int, consumer: int, producer: int, spec: PipeConsumerSpec) -> None:
        """Send all encodings of the producer over the pipe as they are. None flows before `set_wanted`."""

    def set_wanted(self, consumer: int, wanted: int) -> None:
        """Which spatial layers flow: one bit each, the lowest in the lowest bit."""

    def remove_pipe_consumer(self, consumer: int) -> None: ...
    def set_consumer_size(self, consumer: int, width: int, height: int) -> None:
        """How large the picture is shown, in device pixels, each 1 to 65535. VALIDATION otherwise."""

    def set_consumer_priority(self, consumer: int, priority: int) -> None:
        """1 to 255; 100 unless set. VALIDATION otherwise."""

    def set_producer_priority(self, producer: int, priority: int) -> None:
        """0 to 255, on top of that of each of its consumers; 0 unless set."""

    def statistics(self) -> dict[str, Any]:
        """A snapshot.

        `{"transports": {handle: {...}}, "producers": {...}, "consumers": {...}, "pipe_consumers": {...},
        "drops": {reason: n}, "packets_in": n, "packets_out": n, "bytes_in": n, "bytes_out": n, "tcp_connections": n,
        "cpu_s": seconds of the thread}`.
        """

    def transport_statistics(self, transport: int) -> dict[str, Any]:
        """As `statistics()`, of one transport, its producers and its consumers; drops and sums are the transport's too.

        Costs nothing for what other transports hold.
        """

    def totals(self) -> dict[str, Any]:
        """The sums of `statistics()`, whose cost does not grow with what there is.

        `transports`, `producers` and `consumers` are numbers here; `drops` and the rest are as there. Beyond them:
        `nacks_sent`, `nacks_received` (sequence numbers), `keyframe_requests_sent`, `keyframe_requests_received`.
        """

    def close(self) -> None:
        """Stop the thread and close the socket; idempotent."""
