"""A room's statistics: what the tables know of each object beside what the data plane measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfu.worker.room import Room

Rows = dict[str, list[dict[str, Any]]]


def room_statistics(room: Room, measured: Mapping[str, Any]) -> Rows:
    """`measured` is `DataPlane.statistics()`; its handles become ids."""
    transports, producers, consumers = (measured.get(kind, {}) for kind in ("transports", "producers", "consumers"))
    return {
        "transports": [
            {**transports.get(t.handle, {}), "id": t.id, "direction": t.direction, "state": t.state}
            for t in room.transports.values()
        ],
        "producers": [
            {
                **producers.get(p.handle, {}),
                "id": p.id,
                "transport_id": p.transport_id,
                "kind": p.media.kind,
                "type": p.media.type,
                "mime_type": p.media.codec.mime_type,
                "paused": p.paused,
            }
            for p in room.producers.values()
        ],
        "consumers": [
            {
                **consumers.get(c.handle, {}),
                "id": c.id,
                "transport_id": c.transport_id,
                "producer_id": c.producer.id,
                "paused": c.paused,
            }
            for c in room.consumers.values()
        ],
    }
