"""A room on a running fleet whose peers exchange data."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from sfu.commands import ConnectTransport, ConsumeData, CreateTransport, ProduceData
from sfu.events import DataConsumerClosed, DataProducerClosed, WorkerEvent
from sfu.fleet import Fleet
from tests.sfu.data_peer import Channel, DataPeer

ROOM = "room"


class DataRoom:
    """`ended` is what closed by itself: (id, reason)."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.peers: list[DataPeer] = []
        self.ended: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        fleet.subscribe(self._told)

    def _told(self, event: WorkerEvent) -> None:
        if isinstance(event, DataProducerClosed):
            self.ended.put_nowait((event.data_producer_id, event.reason))
        if isinstance(event, DataConsumerClosed):
            self.ended.put_nowait((event.data_consumer_id, event.reason))

    async def join(
        self, name: str, direction: Literal["send", "recv"], *, role: str = "client", sctp: bool = True
    ) -> DataPeer:
        """A transport called `name` with a peer behind it, its DTLS connected and nothing of SCTP yet."""
        peer = DataPeer()
        self.peers.append(peer)
        created = await self.fleet.ask(CreateTransport(ROOM, name, direction, sctp=sctp, participant_id=name))
        await self.fleet.ask(ConnectTransport(ROOM, name, peer.dtls_parameters(role)))
        await peer.connect_ice(created.ice_parameters, created.ice_candidates[0])
        await peer.connect_dtls(role, created.dtls_parameters)
        return peer

    async def produce(self, peer: DataPeer, transport_id: str, data_id: str = "d", **stream: Any) -> Channel:
        parameters = {"streamId": 0, **stream}
        await self.fleet.ask(ProduceData(ROOM, transport_id, data_id, parameters, "chat", "json"))
        channel = peer.channel(parameters)
        if peer.sctp.state == "new":
            await peer.connect_sctp()
        return channel

    async def consume(self, peer: DataPeer, transport_id: str, data_id: str = "d", consumer_id: str = "c") -> Channel:
        made = await self.fleet.ask(ConsumeData(ROOM, transport_id, consumer_id, data_id))
        channel = peer.channel(made.sctp_stream_parameters, made.label, made.protocol)
        if peer.sctp.state == "new":
            await peer.connect_sctp()
        await asyncio.wait_for(channel.opened.wait(), 10)
        return channel

    async def drops(self) -> dict[str, int]:
        """As the workers report them every half second."""
        counts: dict[str, int] = {}
        for worker in self.fleet.workers():
            for reason, count in (worker["load"] or {"drops": {}})["drops"].items():
                counts[reason] = counts.get(reason, 0) + count
        return counts

    async def close(self) -> None:
        for peer in self.peers:
            await peer.close()


Check = Callable[[], Awaitable[Any]]
