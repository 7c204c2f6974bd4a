"""Where a packet's time goes: `python -m tests.bench.step_costs [--shape talk|meeting] [--flame FILE.svg]`.

A server with one worker on one core, `folkmoot load-test` on another, and `perf` watching the data-plane thread. Prints
a Markdown table of microseconds for each packet that goes out, by step. Needs perf, and the right to use it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.bench.flame import flame_graph
from tests.support.server import RunningServer, running_server

SHAPES = {
    "talk": ["--subscribers", "100", "--video", "2500"],
    "meeting": ["--publishers", "10", "--subscribers", "0", "--publishers-watch", "--video", "500"],
}
SETTLE_S = 6.0
"""Joins, and the first seconds in which buffers grow."""
WATCH_S = 5.0
FREQUENCY_HZ = 1999

# From the leaf up, the first frame that a step knows decides. Order matters: what is more particular comes first.
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("kernel: send", ("__sys_sendmmsg", "__x64_sys_sendmmsg", "sendmmsg")),
    ("kernel: receive", ("__sys_recvmmsg", "do_recvmmsg", "recvmmsg")),
    ("kernel: wait and wake", ("ppoll", "do_sys_poll", "eventfd", "schedule")),
    ("decrypt", ("srtp::inbound", "open_rtp", "open_rtcp", "aes_gcm_decrypt")),
    ("encrypt", ("srtp::outbound", "seal", "aes_gcm_encrypt", "aws_lc")),
    ("group by destination, make messages", ("grouping", "sender::Sender")),
    ("rewrite and write", ("egress", "rewrite", "write_block", "memmove", "memcpy")),
    ("decide: layers, numbers", ("consumer", "layer", "map::", "pacer", "bandwidth")),
    ("find, read and keep", ("ingress", "stream", "history", "codec", "nack", "rtp::")),
    ("STUN, RTCP, timers", ("checks", "stun", "feedback", "report", "timeout", "allocation")),
)
OTHER = "everything else"


def step_of(stack: list[str]) -> str:
    """`stack` is leaf first."""
    for frame in stack:
        for step, marks in STEPS:
            if any(mark in frame for mark in marks):
                return step
    return OTHER


def stacks(perf_script: str) -> Iterator[list[str]]:
    """The stacks of `perf script -F ip,sym`, leaf first."""
    for sample in perf_script.split("\n\n"):
        frames = [line.strip().partition(" ")[2] for line in sample.splitlines() if line.strip()]
        if frames:
            yield frames


class Measurement:
    """One worker under load, watched for a while."""

    def __init__(self, server: RunningServer, shape: str) -> None:
        self._server = server
        self._shape = shape

    def run(self) -> tuple[list[list[str]], float]:
        """The stacks, and microseconds of the thread for each packet out."""
        load = subprocess.Popen(
            [
                "taskset",
                "-c",
                "1",
                sys.executable,
                "-m",
                "server",
                "load-test",
                "--url",
                self._server.url,
                "--duration",
                str(SETTLE_S + WATCH_S + 3),
                "--joins-per-second",
                "50",
                *SHAPES[self._shape],
            ],
            env=os.environ | {"FOLKMOOT_AUTH__SECRET": self._server.secret},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(SETTLE_S)
            assert self._packets() > 0, "no media flows"
            return self._watch()
        finally:
            load.wait()

    def _watch(self) -> tuple[list[list[str]], float]:
        pid = self._worker()["pid"]
        thread = next(
            task.name for task in Path(f"/proc/{pid}/task").iterdir() if (task / "comm").read_text() == "dataplane\n"
        )
        ticks, packets = _ticks(pid, thread), self._packets()
        with tempfile.NamedTemporaryFile(suffix=".data") as data:
            record = ["perf", "record", "-q", "-F", str(FREQUENCY_HZ), "--call-graph", "dwarf,16384", "-t", thread]
            subprocess.run(
                [*record, "-o", data.name, "--", "sleep", str(WATCH_S)], check=True, stderr=subprocess.DEVNULL
            )
            # The counters come once a second: waiting for the next makes both ends of the stretch alike.
            spent = (_ticks(pid, thread) - ticks) / os.sysconf("SC_CLK_TCK")
            sent = self._packets() - packets
            script = subprocess.run(
                ["perf", "script", "-i", data.name, "-F", "ip,sym"], capture_output=True, text=True, check=True
            ).stdout
        return list(stacks(script)), 1e6 * spent / max(sent, 1)

    def _worker(self) -> dict[str, object]:
        status, answer = self._server.request("GET", "/api/workers", token=self._server.operator_token())
        assert status == 200, answer
        worker: dict[str, object] = answer["workers"][0]
        return worker

    def _packets(self) -> int:
        load = self._worker()["load"]
        return int(load["packets_out"]) if isinstance(load, dict) else 0


def _ticks(pid: object, thread: str) -> int:
    fields = Path(f"/proc/{pid}/task/{thread}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def table(counted: Counter[str], per_packet_us: float) -> str:
    total = counted.total()
    rows = [
        f"| {step} | {100 * count / total:.0f} | {per_packet_us * count / total:.2f} |"
        for step, count in counted.most_common()
    ]
    head = "| step | share, % | us for each packet out |\n|---|--:|--:|"
    return "\n".join([head, *rows, f"| **all** | 100 | {per_packet_us:.2f} |"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, default="talk")
    parser.add_argument("--flame", type=Path, help="write a flame graph there")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with running_server() as server:
        subprocess.run(["taskset", "-a", "-p", "-c", "0", str(server.pid)], check=True, stdout=subprocess.DEVNULL)
        for task in _children(server.pid):
            subprocess.run(["taskset", "-a", "-p", "-c", "0", str(task)], check=True, stdout=subprocess.DEVNULL)
        found, per_packet_us = Measurement(server, arguments.shape).run()
    counted = Counter(step_of(stack) for stack in found)
    if arguments.flame:
        arguments.flame.write_text(flame_graph(found, f"The data-plane thread: {arguments.shape}"))
    if arguments.json:
        print(json.dumps({"per_packet_us": per_packet_us, "samples": counted}))
    else:
        print(table(counted, per_packet_us))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


if __name__ == "__main__":
    main()
