"""An SCTP peer that says what it likes: chunks of any bytes, in packets whose checksum and tag are right."""

from __future__ import annotations

from collections import Counter
from struct import pack, unpack_from
from typing import Any

from google_crc32c import value as crc32c

from sfu.ortc.sctp import SctpStreamParameters
from sfu.worker.data import DataConsumer, DataProducer, DataStreams
from sfu.worker.sctp import SctpAssociation

TAG = 0x1234
FIRST_TSN = 1000
WHOLE, BEGIN, MIDDLE, END = 3, 2, 0, 1
DATA, INIT, INIT_ACK, SACK, HEARTBEAT, ABORT, SHUTDOWN, COOKIE_ECHO, COOKIE_ACK = 0, 1, 2, 3, 4, 6, 7, 10, 11
RECONFIG, FORWARD_TSN = 130, 192


def chunk(kind: int, body: bytes, *, flags: int = 0, length: int | None = None) -> bytes:
    """With a `length` that may be a lie."""
    told = len(body) + 4 if length is None else length
    return pack("!BBH", kind, flags, told) + body + bytes(-len(body) % 4)


def parameter(kind: int, value: bytes, length: int | None = None) -> bytes:
    return pack("!HH", kind, len(value) + 4 if length is None else length) + value + bytes(-len(value) % 4)


def init(*, tag: int = TAG, streams: int = 65_535, tsn: int = FIRST_TSN, parameters: bytes = b"") -> bytes:
    extensions = parameter(0xC000, b"") + parameter(0x8008, bytes([FORWARD_TSN, RECONFIG]))
    return chunk(INIT, pack("!LLHHL", tag, 1 << 20, streams, streams, tsn) + extensions + parameters)


def data(tsn: int, payload: bytes, *, stream: int = 0, sequence: int = 0, ppid: int = 51, flags: int = WHOLE) -> bytes:
    return chunk(DATA, pack("!LHHL", tsn % 2**32, stream, sequence, ppid) + payload, flags=flags)


class Carrier:
    """The DTLS association, as far as SCTP needs one."""

    state = "connected"
    _role = "server"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    async def _send_data(self, packet: bytes) -> None:
        self.sent.append(packet)

    def _unregister_data_receiver(self, _receiver: object) -> None:
        """There was none."""


class SctpStranger:
    """Opposite it the real streams of one transport; `ended` is what they closed by themselves."""

    def __init__(self) -> None:
        self.drops: Counter[str] = Counter()
        self.ended: list[tuple[str, str]] = []
        self.streams = DataStreams(self._ended, self.drops)
        self.carrier = Carrier()
        self.association: SctpAssociation = self.streams.carry(self.carrier)  # type: ignore[arg-type]
        self.next_tsn = FIRST_TSN
        self.their_tag = 0
        self.their_tsn = 0

    def _ended(self, end: DataProducer | DataConsumer, reason: str) -> None:
        self.ended.append((end.id, reason))
        if isinstance(end, DataProducer):
            self.streams.remove_producer(end)
        else:
            self.streams.remove_consumer(end)

    def produce(self, data_id: str = "d", stream: int = 0) -> DataProducer:
        producer = DataProducer(1, data_id, "room", self.streams, SctpStreamParameters(stream), "", "")
        self.streams.add_producer(producer)
        return producer

    def consume(self, producer: DataProducer, data_id: str = "c") -> DataConsumer:
        out = self.streams.open_consumer(producer.parameters)
        consumer = DataConsumer(1, data_id, "room", producer, self.streams, out)
        self.streams.add_consumer(consumer)
        producer.consumers[data_id] = consumer
        return consumer

    async def send(self, *chunks: bytes, tag: int | None = None, checksum: int | None = None) -> None:
        body = b"".join(chunks)
        header = pack("!HHL", 5000, 5000, self.their_tag if tag is None else tag)
        right = crc32c(header + bytes(4) + body)
        await self.association.receive(header + pack("<L", right if checksum is None else checksum) + body)

    async def shake_hands(self, **claims: Any) -> None:
        await self.send(init(**claims), tag=0)
        answer = self.answers(INIT_ACK)[-1]
        self.their_tag, _, _, _, self.their_tsn = unpack_from("!LLHHL", answer)
        position = 16
        while position < len(answer):
            kind, length = unpack_from("!HH", answer, position)
            if kind == 7:
                await self.send(chunk(COOKIE_ECHO, answer[position + 4 : position + length]))
            position += length + -length % 4
        assert self.answers(COOKIE_ACK)

    async def say(self, payload: bytes, **fields: Any) -> None:
        """One chunk with the next number."""
        await self.send(data(self.next_tsn, payload, **fields))
        self.next_tsn += 1

    async def acknowledge(self) -> None:
        """All data that came."""
        if came := self.answers(0):
            await self.send(chunk(SACK, came[-1][:4] + pack("!LHH", 1 << 20, 0, 0)))

    def window(self) -> int:
        """How much it was last told it may send."""
        return int.from_bytes(self.answers(SACK)[-1][4:8], "big")

    def answers(self, kind: int) -> list[bytes]:
        """Bodies of the chunks of this kind that came back; one chunk a packet, as aiortc sends them."""
        return [packet[16:] for packet in self.carrier.sent if packet[12] == kind]

    async def close(self) -> None:
        await self.association.stop()
