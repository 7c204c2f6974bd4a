"""A room's statistics: what the tables know of each object beside what the data plane measured.

Times are in seconds, bitrates in bits per second over the last full second, jitter in timestamp units, `fraction_lost`
in 1/256 (RFC 3550).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfu.worker.pipe import Pipe
from sfu.worker.room import Room

Rows = dict[str, list[dict[str, Any]]]
HANDLES = frozenset({"transport", "producer"})


def room_statistics(room: Room, measured: Mapping[str, Any], pipes: Mapping[str, Pipe]) -> Rows:
    """`measured` is `DataPlane.statistics()`; its handles become ids.

    A pipe belongs to all rooms that use it: its figures are of them all.
    """
    transports, producers, consumers = (measured.get(kind, {}) for kind in ("transports", "producers", "consumers"))
    return {
        "transports": [
            {**_measured(transports, t.handle), "id": t.id, "direction": t.direction, "state": t.state}
            for t in room.transports.values()
        ]
        + [
            {**_measured(transports, pipe.handle), "id": pipe.id, "direction": "pipe", "state": "connected"}
            for pipe in _pipes_of(room, pipes)
        ],
        "producers": [
            {
                **_measured(producers, p.handle),
                "id": p.id,
                "transport_id": p.transport_id,
                "kind": p.media.kind,
                "type": p.media.type,
                "mime_type": p.media.codec.mime_type,
                "paused": p.paused,
                "pipe": p.transport_id in pipes,
            }
            for p in room.producers.values()
        ],
        "consumers": [
            {
                **_measured(consumers, c.handle),
                "id": c.id,
                "transport_id": c.transport_id,
                "producer_id": c.producer.id,
                "paused": c.paused,
            }
            for c in room.consumers.values()
        ],
        "pipe_consumers": [
            {
                **_measured(measured.get("pipe_consumers", {}), piped.handle),
                "transport_id": piped.pipe_id,
                "producer_id": p.id,
                "wanted": piped.wanted,
            }
            for p in room.producers.values()
            for piped in p.piped.values()
        ],
        **_data(room),
    }


def _data(room: Room) -> Rows:
    return {
        "data_producers": [
            {"id": d.id, "label": d.label, "consumers": len(d.consumers), "messages": d.messages, "bytes": d.bytes}
            for d in room.data_producers.values()
            if not d.mirrored
        ],
        "data_consumers": [
            {
                "id": d.id,
                "data_producer_id": d.producer.id,
                "messages": d.messages,
                "bytes": d.bytes,
                "buffered": d.out.buffered,
            }
            for d in room.data_consumers.values()
        ],
    }


def _pipes_of(room: Room, pipes: Mapping[str, Pipe]) -> list[Pipe]:
    used = {producer.transport_id for producer in room.producers.values()}
    used.update(pipe_id for producer in room.producers.values() for pipe_id in producer.piped)
    return [pipe for pipe_id, pipe in pipes.items() if pipe_id in used]


def _measured(kind: Mapping[int, Mapping[str, Any]], handle: int) -> dict[str, Any]:
    """Without the data plane's own handles, which mean nothing outside, and without drops that did not happen."""
    row = {name: value for name, value in kind.get(handle, {}).items() if name not in HANDLES}
    if "drops" in row:
        row["drops"] = {reason: count for reason, count in row["drops"].items() if count}
    return row
