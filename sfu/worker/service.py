"""The worker's life: the data plane's events in, the server's commands in, its end when either is gone."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from sfu._dataplane import DataPlane
from sfu.channel import WorkerLink
from sfu.events import (
    AudioLevels,
    ConsumerLayersChanged,
    DataConsumerClosed,
    DataProducerClosed,
    ProducerLayersWanted,
    TransportReported,
    TransportStateChanged,
    WorkerEvent,
    WorkerLoad,
    WorkerReady,
)
from sfu.worker import data_commands, data_forward_commands, media_commands, pipe_commands, room_commands
from sfu.worker.addresses import reachable_addresses
from sfu.worker.candidates import candidates
from sfu.worker.data import DataConsumer, DataProducer
from sfu.worker.data_forwarding import Forwarding
from sfu.worker.dtls import new_certificate
from sfu.worker.figures import report_figures, transport_figures
from sfu.worker.load import LoadMeter, report_load
from sfu.worker.pipe import pipe_host
from sfu.worker.router import Router
from sfu.worker.transport import State, Surroundings, Transport

HANDSHAKES_IN_FLIGHT = 256
REPORT_S = 10.0
"""How often each transport's figures are told (REQUIREMENTS SFU-3)."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Options:
    """Port 0 takes any, `tcp_port` None does without TCP; `announced_ip` None tells every address of the host."""

    link: Path
    index: int
    listening: tuple[str, ...]
    announced_ip: str | None
    udp_port: int
    tcp_port: int | None
    initial_bitrate: int = 1_000_000
    minimum_bitrate: int = 600_000


class Service:
    """`run()` is its life; whoever sets `ended` asks it to end."""

    def __init__(self, plane: DataPlane, options: Options) -> None:
        self.ended = asyncio.Event()
        self._plane = plane
        self._link: WorkerLink | None = None
        drops: Counter[str] = Counter()
        self._around = Surroundings(
            plane=plane,
            certificate=new_certificate(),
            handshakes=asyncio.Semaphore(HANDSHAKES_IN_FLIGHT),
            changed=self._transport_changed,
            drops=drops,
            data_ended=self._data_ended,
        )
        self._router = Router(
            {
                **room_commands.carries_out,
                **media_commands.carries_out,
                **data_commands.carries_out,
                **data_forward_commands.carries_out,
                **pipe_commands.carries_out,
            },
            plane,
            self._around,
            lambda: candidates(
                reachable_addresses(options.listening, options.announced_ip), plane.udp_port, plane.tcp_port
            ),
            pipe_host=pipe_host(options.listening[0]),
            forwarding=Forwarding(self._tell, self._data_ended, drops),
        )
        self._meter = LoadMeter(drops)
        self._on_event: dict[str, Callable[[int, dict[str, Any]], None]] = {
            "ice_connected": self._ice_connected,
            "dtls": self._dtls,
            "consent_expired": self._consent_expired,
            "layers_changed": self._layers_changed,
            "layers_wanted": self._layers_wanted,
            "audio_levels": self._audio_levels,
            "stopped": self._stopped,
        }

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the server is gone, the data plane ends, or `ended` is set from outside."""
        loop = asyncio.get_running_loop()
        link = self._link = WorkerLink(reader, writer, self._router.carry_out)
        link.tell(WorkerReady(os.getpid(), self._plane.udp_port, self._plane.tcp_port))
        loop.add_reader(self._plane.event_fd, self._drain)
        tasks = {
            asyncio.create_task(report_load(self._measure, link.tell), name="load"),
            asyncio.create_task(report_figures(self._transports, self._report, REPORT_S), name="figures"),
            asyncio.create_task(link.wait_closed(), name="server-gone"),
            asyncio.create_task(self.ended.wait(), name="ended"),
        }
        try:
            finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            loop.remove_reader(self._plane.event_fd)
            await self._router.close()
            await link.close()

    def _tell(self, event: WorkerEvent) -> None:
        if self._link is not None:
            self._link.tell(event)

    def _measure(self) -> WorkerLoad:
        return self._meter.measure(self._plane.totals(), len(self._router.rooms))

    def _transports(self) -> list[Transport]:
        rooms = self._router.rooms.values()
        return [transport for room in rooms for transport in room.transports.values() if transport.state != "new"]

    def _report(self, transport: Transport) -> None:
        """Unless it was closed while the others had their turn."""
        room = self._router.rooms.get(transport.room_id)
        if self._link is None or room is None or room.transports.get(transport.id) is not transport:
            return
        measured = self._plane.transport_statistics(transport.handle)
        self._link.tell(TransportReported(room.id, transport_figures(room, transport, measured)))

    def _drain(self) -> None:
        for name, handle, fields in self._plane.poll_events():
            self._on_event[name](handle, fields)

    def _ice_connected(self, handle: int, _fields: dict[str, Any]) -> None:
        if transport := self._router.transports.get(handle):
            transport.path_validated()

    def _dtls(self, handle: int, fields: dict[str, Any]) -> None:
        if transport := self._router.transports.get(handle):
            transport.datagram_received(fields["datagram"])

    def _consent_expired(self, handle: int, _fields: dict[str, Any]) -> None:
        if transport := self._router.transports.get(handle):
            transport.consent_expired()

    def _layers_changed(self, handle: int, fields: dict[str, Any]) -> None:
        consumer = self._router.consumers.get(handle)
        if consumer is None or self._link is None:
            return
        self._link.tell(
            ConsumerLayersChanged(
                room_id=consumer.room_id,
                consumer_id=consumer.id,
                spatial_layer=fields["spatial_layer"],
                temporal_layer=fields["temporal_layer"],
                reason=fields["reason"],
                estimate=fields["estimate"],
            )
        )

    def _layers_wanted(self, handle: int, fields: dict[str, Any]) -> None:
        producer = self._router.producers.get(handle)
        if producer is not None and self._link is not None:
            self._link.tell(ProducerLayersWanted(producer.room_id, producer.id, fields["spatial_layers"]))

    def _audio_levels(self, _handle: int, fields: dict[str, Any]) -> None:
        if self._link is None:
            return
        rooms: dict[str, dict[str, int]] = {}
        for handle, level in fields["levels"]:
            if producer := self._router.producers.get(handle):
                rooms.setdefault(producer.room_id, {})[producer.id] = level
        for room_id, levels in rooms.items():
            self._link.tell(AudioLevels(room_id, levels))

    def _stopped(self, _handle: int, fields: dict[str, Any]) -> None:
        log.error("data_plane_stopped", reason=fields.get("reason"))
        self.ended.set()

    def _transport_changed(self, transport: Transport, state: State, reason: str) -> None:
        if self._link is not None and state != "new":
            self._link.tell(TransportStateChanged(transport.room_id, transport.id, state, reason))

    def _data_ended(self, end: DataProducer | DataConsumer, reason: str) -> None:
        room = self._router.rooms.get(end.room_id)
        if room is None or self._link is None:
            return
        if isinstance(end, DataProducer) and end.id in room.data_producers:
            self._router.forget_data_producer(room, end)
            self._link.tell(DataProducerClosed(room.id, end.id, reason))
        elif isinstance(end, DataConsumer) and end.id in room.data_consumers:
            self._router.forget_data_consumer(room, end)
            self._link.tell(DataConsumerClosed(room.id, end.id, reason))
