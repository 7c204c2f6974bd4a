"""The place of one worker in the fleet; the processes in it come and go."""

from __future__ import annotations

from typing import Any

from sfu.events import WorkerLoad
from sfu.worker_process import WorkerProcess


class Slot:
    """`process` is None while a new one is on its way; `heard_at` is when the last word came, in loop time.

    `rooms` have media here; `transports` is how many they were given, also those the load does not tell of yet.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self.process: WorkerProcess | None = None
        self.load: WorkerLoad | None = None
        self.rooms: set[str] = set()
        self.transports = 0
        self.heard_at = 0.0
        self.started_at = 0.0
        self.restarts = 0

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.serving

    def snapshot(self) -> dict[str, Any]:
        """What operators see of it; `load` has the fields of WorkerLoad, None before the first."""
        return {
            "index": self.index,
            "pid": self.process.pid if self.process else None,
            "udp_port": self.process.udp_port if self.process else None,
            "tcp_port": self.process.tcp_port if self.process else None,
            "state": "running" if self.process else "starting",
            "restarts": self.restarts,
            "rooms": len(self.rooms),
            "load": _fields(self.load),
        }


def _fields(load: WorkerLoad | None) -> dict[str, Any] | None:
    if load is None:
        return None
    return {name: getattr(load, name) for name in load.__struct_fields__}
