"""What a room over two workers costs each of them: `python -m tests.bench.spread [--receivers 100] [--seconds 3]`.

One sender and many receivers on one data plane, then the same with half of the receivers on a second one behind a
pipe. First at a fixed rate: the CPU time of each data-plane thread, which does not depend on what else the machine
does. Then flat out: what each thread sends in a second of its own CPU time, and both by the clock, which needs a core
for each and one for the sender. Nobody reads the receivers' sockets, which are as small as the kernel allows: no time
goes into receiving. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfu._dataplane import DataPlane
from tests.sfu.dataplane_peer import Peer, audio_consumer, audio_producer, rtp

if TYPE_CHECKING:
    from sfu._dataplane import Codec

PROFILE, KEY_BYTES = "SRTP_AEAD_AES_128_GCM", 28
PACKET_BYTES = 1_100
BITRATE = 400_000_000
"""Signalled, so that nothing that is offered is policed away."""
SENDER, PRODUCER, PIPE = 1, 1, 2
SSRC, FIRST_RECEIVER = 7, 100


@dataclass(frozen=True)
class Spent:
    """Of one data-plane thread during one run."""

    cpu_s: float
    packets_out: int


@dataclass(frozen=True)
class Run:
    by_thread: list[Spent]
    seconds: float

    @property
    def packets_out(self) -> int:
        return sum(spent.packets_out for spent in self.by_thread)


def whole_frames(payload_type: int) -> Codec:
    """A codec of which every packet is a picture: nobody waits for a key frame."""
    return {
        "mime_type": "video/whole",
        "payload_type": payload_type,
        "clock_rate": 90_000,
        "rtx_payload_type": None,
        "red_payload_type": None,
        "nack": False,
        "pli": False,
        "fir": False,
        "remb": False,
        "twcc": False,
    }


class Room:
    """The room on as many data planes; the sender is on the first."""

    def __init__(self, workers: int, receivers: int, exits: ExitStack) -> None:
        self.planes = [DataPlane(["127.0.0.1"], 0) for _ in range(workers)]
        for plane in self.planes:
            exits.callback(plane.close)
        self._exits = exits
        self._sequence = 0
        self._sender = self._peer(self.planes[0], SENDER)
        produced = audio_producer(SSRC)
        produced["kind"], produced["codec"] = "video", whole_frames(111)
        produced["encodings"] = [{**produced["encodings"][0], "max_bitrate": BITRATE}]
        self.planes[0].add_producer(SENDER, PRODUCER, produced)
        for other in self.planes[1:]:
            self._pipe(self.planes[0], other)
        for number in range(receivers):
            self._receive(self.planes[number % workers], FIRST_RECEIVER + number)

    def _peer(self, plane: DataPlane, transport: int) -> Peer:
        peer = self._exits.enter_context(Peer(plane, transport))
        peer.connect()
        peer.secure(PROFILE)
        return peer

    def _pipe(self, home: DataPlane, far: DataPlane) -> None:
        there, back = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)
        home.add_pipe(PIPE, f"127.0.0.1:{far.udp_port}", PROFILE, rx=back, tx=there)
        far.add_pipe(PIPE, f"127.0.0.1:{home.udp_port}", PROFILE, rx=there, tx=back)
        home.add_pipe_consumer(
            PIPE,
            1,
            PRODUCER,
            {"ssrcs": [SSRC], "payload_type": 100, "red_payload_type": None, "header_extensions": []},
        )
        home.set_wanted(1, 1)
        produced = audio_producer(SSRC, 100)
        produced["kind"], produced["mid"], produced["codec"] = "video", None, whole_frames(100)
        far.add_producer(PIPE, PRODUCER, produced)

    def _receive(self, plane: DataPlane, transport: int) -> None:
        peer = self._peer(plane, transport)
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        consumed = audio_consumer(SSRC + 1)
        consumed["codec"] = whole_frames(100)
        plane.add_consumer(transport, transport, PRODUCER, consumed)

    def run(self, rate: int, seconds: float) -> Run:
        """Send `rate` packets a second, a few at a time; they are sealed before."""
        count = int(rate * seconds)
        sealed = []
        for _ in range(count):
            self._sequence += 1
            packet = rtp(SSRC, self._sequence & 0xFFFF, bytes(PACKET_BYTES))
            sealed.append(self._sender.outbound.protect(packet))
        before = [plane.totals() for plane in self.planes]
        began = time.monotonic()
        for number, packet in enumerate(sealed):
            ahead = began + number / rate - time.monotonic()
            if ahead > 0.001:
                time.sleep(ahead)
            self._sender.send(packet)
        ended = time.monotonic()
        after = [plane.totals() for plane in self.planes]
        spent = [
            Spent(b["cpu_s"] - a["cpu_s"], b["packets_out"] - a["packets_out"])
            for a, b in zip(before, after, strict=True)
        ]
        return Run(spent, ended - began)


def row(kind: str, workers: int, run: Run) -> str:
    threads = " and ".join(f"{spent.cpu_s:.2f}" for spent in run.by_thread)
    each = " and ".join(f"{1e6 * spent.cpu_s / max(spent.packets_out, 1):.2f}" for spent in run.by_thread)
    capacity = sum(spent.packets_out / spent.cpu_s for spent in run.by_thread if spent.cpu_s > 0)
    by_clock = run.packets_out / run.seconds
    return f"| {kind} | {workers} | {run.packets_out:,} | {threads} | {each} | {capacity:,.0f} | {by_clock:,.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receivers", type=int, default=100)
    parser.add_argument("--rate", type=int, default=300, help="packets a second of the one sender")
    parser.add_argument(
        "--flat-out", type=int, default=10_000, help="the same for the run that nobody can keep up with"
    )
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    print("| run | workers | packets out | CPU s of each thread | us a packet | packets a CPU second, all | a second |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for kind, rate in (("fixed rate", options.rate), ("flat out", options.flat_out)):
        for workers in (1, 2):
            with ExitStack() as exits:
                room = Room(workers, options.receivers, exits)
                room.run(options.rate, 0.3)  # buffers grow
                print(row(kind, workers, room.run(rate, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
