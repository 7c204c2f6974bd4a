"""One SCTP association over a DTLS association. With `dtls.py` the only place that touches aiortc's private parts.

Of aiortc 1.16.0's RTCSctpTransport the protocol itself is used: packets, reassembly, acknowledgement, congestion,
partial reliability. Not used are its data channels (streams are agreed through signaling, and whoever opens one in
band is not answered) and its own beginning: a client always sends INIT, so we only ever answer. What it leaves open to
a hostile peer is closed here: packets are checked before it sees them, and what it keeps for a peer is bounded.
`selfcheck.py` proves at start-up that its private parts still mean what they meant.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

import structlog
from aiortc import rtcsctptransport as aiortc_sctp
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcsctptransport import RTCSctpTransport
from aiortc.utils import uint32_gte

from sfu.ortc.sctp import SCTP_PORT, STREAM_LIMIT
from sfu.worker.outbox import Message, Outbox, Parcel
from sfu.worker.sctp_packet import BadPacketError, check_packet

WINDOW_BYTES = 384 * 1024
"""Told the peer as what it may send before it hears of us again; nothing while a receiver of its messages lags."""
HELD_BYTES = 1024 * 1024
HELD_CHUNKS = 1024
"""What is kept of messages that are not whole yet. Beyond, chunks that come ahead of a missing one are not taken, so
that they are sent again; at twice as much the peer is not one who keeps to any window."""
TSN_WINDOW = 4096
"""No chunk this far ahead of the last one in order is taken."""
INIT_LIMIT = 64
"""INITs answered; a browser sends nine at most."""
FLIGHT_CHUNKS = 512
"""Chunks on their way, not acknowledged: each message sent looks at all of them."""
GAPS_LIMIT = 250
"""Gap blocks told, so that a SACK fits a packet; the nearest are those that count."""
TURN = 64
"""Deliveries after which others on this loop get their turn."""

State = RTCSctpTransport.State
MODULO = 2**32

log = structlog.get_logger()


class Received(NamedTuple):
    stream_id: int
    message: Message


class ViolationError(Exception):
    """The peer does what no honest one does; the association is aborted. The message is the reason, one word."""


class _Sctp(RTCSctpTransport):
    """aiortc's association, passive, within bounds, and with messages instead of channels."""

    def __init__(self, carrier: RTCDtlsTransport, owner: SctpAssociation) -> None:
        super().__init__(carrier, SCTP_PORT)
        self._owner = owner
        self._remote_port = SCTP_PORT
        self._advertised_rwnd = HELD_BYTES
        self._inbound_streams_max = self._outbound_streams_count = STREAM_LIMIT
        self._inits = 0
        self._begun = False
        self._held_chunks = 0
        self._recount = False
        self._overrun = 0
        self._ours_reset: set[int] = set()
        self._theirs_reset: set[int] = set()
        self._sending: deque[tuple[int, Parcel]] = deque()

    @property
    def established(self) -> bool:
        return bool(self._association_state == State.ESTABLISHED)

    @property
    def ready(self) -> bool:
        """Whether it takes a message: what waits, waits in the outbox, where it can still be forgotten."""
        return self.established and not self._outbound_queue and len(self._sent_queue) < FLIGHT_CHUNKS

    def reset_of(self, stream_id: int) -> bool:
        """Whether the peer closed the stream since it was last opened."""
        return stream_id in self._theirs_reset

    def reopen(self, stream_id: int) -> None:
        """For a new channel on the stream; a reset of the last one that has not gone out must not meet it."""
        if stream_id in self._reconfig_queue:
            self._reconfig_queue.remove(stream_id)
        self._ours_reset.discard(stream_id)
        self._theirs_reset.discard(stream_id)

    def reset(self, stream_id: int) -> None:
        """Close our half, once; the peer then closes its own (RFC 8831 section 6.7)."""
        if stream_id not in self._ours_reset:
            self._ours_reset.add(stream_id)
            self._reconfig_queue.append(stream_id)

    async def begin(self) -> None:
        await self._init()

    async def take(self, packet: bytes) -> None:
        await self._handle_data(packet)

    async def send_resets(self) -> None:
        if self.established:
            await self._transmit_reconfig()

    async def tell_window(self) -> None:
        if self.established:
            await self._send_sack()

    async def give(self, parcel: Parcel, now: float) -> None:
        reliability = parcel.stream.parameters
        # aiortc judges the age of what it sends again by the wall clock.
        await self._send(
            reliability.stream_id,
            parcel.message.ppid,
            parcel.message.data,
            expiry=None if parcel.expires is None else time.time() + parcel.expires - now,
            max_retransmits=reliability.max_retransmits,
            ordered=reliability.ordered,
        )
        self._sending.append(((self._local_tsn - 1) % MODULO, parcel))

    async def _send_chunk(self, chunk: aiortc_sctp.Chunk) -> None:
        if isinstance(chunk, aiortc_sctp.SackChunk):
            chunk.gaps = chunk.gaps[:GAPS_LIMIT]
            chunk.duplicates = []
            chunk.advertised_rwnd = 0 if self._owner.pausing else min(chunk.advertised_rwnd, WINDOW_BYTES)
        try:
            await super()._send_chunk(chunk)
        except ConnectionError:
            self._owner.drops["sctp_not_sent"] += 1

    async def _receive_chunk(self, chunk: aiortc_sctp.Chunk) -> None:
        if isinstance(chunk, aiortc_sctp.InitChunk) and not self._takes_init():
            self._owner.drops["sctp_init"] += 1
        elif isinstance(chunk, _ONLY_ESTABLISHED) and self._association_state not in _CARRYING:
            self._owner.drops["sctp_out_of_state"] += 1
        else:
            await super()._receive_chunk(chunk)

    def _takes_init(self) -> bool:
        """A second one would make us forget what has come; nobody who shares this DTLS association needs one."""
        self._inits += 1
        return not self._begun and self._inits <= INIT_LIMIT

    async def _receive_data_chunk(self, chunk: aiortc_sctp.DataChunk) -> None:
        if chunk.stream_id >= STREAM_LIMIT:
            raise ViolationError("stream")
        if self._runs_over(len(chunk.user_data)):
            self._sack_needed = True
            self._owner.drops["sctp_window"] += 1
            return
        held = HELD_BYTES - self._advertised_rwnd
        ahead = (chunk.tsn - (self._last_received_tsn or 0)) % MODULO
        if 1 < ahead < MODULO // 2:
            if ahead > TSN_WINDOW or held > HELD_BYTES or self._held_chunks > HELD_CHUNKS:
                self._sack_needed = True
                self._owner.drops["sctp_window"] += 1
                return
        elif held > 2 * HELD_BYTES or self._held_chunks > 2 * HELD_CHUNKS:
            raise ViolationError("window")
        stream = self._get_inbound_stream(chunk.stream_id)
        before = len(stream.reassembly)
        await super()._receive_data_chunk(chunk)
        self._held_chunks += len(stream.reassembly) - before
        self._count_held()

    def _runs_over(self, size: int) -> bool:
        """Whether it sends on though it was told to pause: what was on its way then is taken, and no more."""
        if not self._owner.pausing:
            self._overrun = 0
            return False
        self._overrun += size
        return self._overrun > WINDOW_BYTES

    async def _receive_forward_tsn_chunk(self, chunk: aiortc_sctp.ForwardTsnChunk) -> None:
        if any(stream_id >= STREAM_LIMIT for stream_id, _ in chunk.streams):
            raise ViolationError("stream")
        self._recount = True
        await super()._receive_forward_tsn_chunk(chunk)
        self._count_held()

    def _count_held(self) -> None:
        """After what may have let go of chunks on any stream."""
        if self._recount:
            self._recount = False
            self._held_chunks = sum(len(stream.reassembly) for stream in self._inbound_streams.values())

    async def _receive_sack_chunk(self, chunk: aiortc_sctp.SackChunk) -> None:
        """Of what was never sent nothing can have come."""
        outstanding = (self._local_tsn - 1 - chunk.cumulative_tsn) % MODULO
        if outstanding < MODULO // 2 and (not chunk.gaps or chunk.gaps[-1][1] <= outstanding):
            await super()._receive_sack_chunk(chunk)
        else:
            raise ViolationError("sack")

    async def _receive_reconfig_param(self, param: Any) -> None:
        if isinstance(param, aiortc_sctp.StreamAddOutgoingParam):
            self._owner.drops["sctp_more_streams"] += 1
            return
        if isinstance(param, aiortc_sctp.StreamResetOutgoingParam):
            param.streams = [stream_id for stream_id in dict.fromkeys(param.streams) if stream_id < STREAM_LIMIT]
        await super()._receive_reconfig_param(param)

    async def _reset_deferred_streams(self) -> None:
        request = self._reconfig_deferred
        if request is None:
            return
        streams = [self._inbound_streams.get(stream_id) for stream_id in request.streams]
        await super()._reset_deferred_streams()
        if self._reconfig_deferred is not None:
            return
        # What was held of messages that now never end is free again.
        self._advertised_rwnd += sum(
            len(chunk.user_data) for stream in streams if stream for chunk in stream.reassembly
        )
        self._recount = True
        for stream_id in request.streams:
            self._theirs_reset.add(stream_id)
            self.reset(stream_id)
        await self._transmit_reconfig()

    def _data_channel_reset(self, stream_id: int) -> None:
        """There are no channels of aiortc's to close."""

    _data_channel_closed = _data_channel_reset

    async def _data_channel_flush(self) -> None:
        """Called when there is room again."""
        self._owner.go_on()

    def _update_advanced_peer_ack_point(self) -> None:
        super()._update_advanced_peer_ack_point()
        while self._sending and uint32_gte(self._advanced_peer_ack_tsn, self._sending[0][0]):
            self._owner.outbox.settled(self._sending.popleft()[1])

    async def _receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        await self._owner.deliver(Received(stream_id, Message(pp_id, data)))

    def _set_state(self, state: Any) -> None:
        was = self._association_state
        super()._set_state(state)
        self._begun = self._begun or self.established
        if state == State.CLOSED and was != State.CLOSED:
            self._owner.closed_by_peer()


_ONLY_ESTABLISHED = (
    aiortc_sctp.DataChunk,
    aiortc_sctp.SackChunk,
    aiortc_sctp.ForwardTsnChunk,
    aiortc_sctp.ReconfigChunk,
    aiortc_sctp.ShutdownChunk,
    aiortc_sctp.ErrorChunk,
)
_CARRYING = (State.ESTABLISHED, State.COOKIE_ECHOED)


class SctpAssociation:
    """From the first packet of the peer until `stop()`, or until `ended` is called with a reason, once.

    `received` takes each message and answers to how many it went. Nothing is sent before the peer has begun.
    """

    def __init__(
        self,
        carrier: RTCDtlsTransport,
        outbox: Outbox,
        *,
        received: Callable[[Received], int],
        ended: Callable[[str], None],
        drops: Counter[str],
    ) -> None:
        self.outbox = outbox
        self.drops = drops
        self._received = received
        self._ended = ended
        self.pausing = False
        self._over = False
        self._resumed = False
        self._work = 0
        self._wake = asyncio.Event()
        self._sctp = _Sctp(carrier, self)
        self._clock = asyncio.get_running_loop().time
        self._pump = asyncio.create_task(self._send_waiting(), name="sctp")

    async def connect(self) -> None:
        """Begin ourselves, which only the peers in self-checks and tests do."""
        await self._sctp.begin()

    async def receive(self, packet: bytes) -> None:
        """One decrypted packet. Never raises: what is wrong with it ends at most this association."""
        if self._over:
            self.drops["sctp_closed"] += 1
            return
        try:
            check_packet(packet)
            await self._sctp.take(packet)
        except BadPacketError:
            self.drops["sctp_malformed"] += 1
        except ViolationError as violation:
            self.drops["sctp_violation"] += 1
            await self._fail(str(violation))
        except Exception:
            log.exception("sctp_failed")
            await self._fail("failed")

    async def deliver(self, received: Received) -> None:
        self._work += 1 + self._received(received)
        if self._work >= TURN:
            self._work = 0
            await asyncio.sleep(0)

    def go_on(self) -> None:
        """There is something to send, or room to send it."""
        self._wake.set()

    def pause(self) -> None:
        """Ask the peer to send nothing for a while; what it sends regardless is not taken for long."""
        self.pausing = True

    def resume(self) -> None:
        if self.pausing:
            self.pausing = False
            self._resumed = True
            self._wake.set()

    def opened(self, stream_id: int) -> None:
        self._sctp.reopen(stream_id)

    def closed(self, stream_id: int) -> None:
        """The peer is told once it is there."""
        self._sctp.reset(stream_id)
        self._wake.set()

    def closed_there(self, stream_id: int) -> bool:
        """Whether the peer has closed the channel that was on this stream."""
        return self._sctp.reset_of(stream_id)

    def closed_by_peer(self) -> None:
        self._end("peer_closed")

    async def stop(self) -> None:
        """Sends ABORT if there is somebody to send it to. `ended` is not called any more. Idempotent."""
        self._over = True
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        await self._sctp.stop()

    async def _fail(self, reason: str) -> None:
        self._end(reason)
        await self._sctp.stop()

    def _end(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self._pump.cancel()
            self._ended(reason)

    async def _send_waiting(self) -> None:
        try:
            await self._send_for_ever()
        except Exception:
            log.exception("sctp_failed")
            await self._fail("failed")

    async def _send_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._resumed:
                self._resumed = False
                await self._sctp.tell_window()
            await self._sctp.send_resets()
            while self._sctp.ready and (parcel := self.outbox.next(now := self._clock())) is not None:
                await self._sctp.give(parcel, now)
