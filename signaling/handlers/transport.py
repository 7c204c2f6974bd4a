"""Transports: made, connected, moved to other ICE credentials."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from config.settings import LimitSettings
from sfu import commands
from sfu.ports import Rooms
from signaling.closing import Closing
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError
from signaling.ice_servers import IceServers
from signaling.lookup import media_restored, own_transport, still_carried
from signaling.media import Transport
from signaling.messages.transport import (
    IceRestarted,
    TransportConnect,
    TransportConnected,
    TransportCreate,
    TransportCreated,
    TransportRestartIce,
    TransportStats,
    TransportStatsReported,
)
from signaling.participant import Participant


class TransportHandlers:
    def __init__(
        self,
        media: Rooms,
        closing: Closing,
        ice_servers: IceServers,
        limits: LimitSettings,
        new_id: Callable[[], str],
    ) -> None:
        self._media = media
        self._closing = closing
        self._ice_servers = ice_servers
        self._limits = limits
        self._new_id = new_id

    @handles(TransportCreate)
    async def create(self, participant: Participant, request: TransportCreate) -> TransportCreated:
        if len(participant.transports) >= self._limits.max_transports_per_participant:
            raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "You hold as many transports as you may.")
        await media_restored(participant)
        transport = Transport(id=self._new_id(), direction=request.direction, owner=participant, sctp=request.sctp)
        made = await self._media.ask(
            commands.CreateTransport(
                participant.room.id,
                transport.id,
                request.direction,
                sctp=request.sctp,
                participant_id=participant.id,
            )
        )
        if participant.gone:
            # Removed while the SFU was asked: nobody else knows of this transport, and the room goes on.
            await self._closing.release(commands.CloseTransport(participant.room.id, transport.id))
        still_carried(transport)
        participant.room.add_transport(transport)
        return TransportCreated(
            id=transport.id,
            ice_parameters=made.ice_parameters,
            ice_candidates=made.ice_candidates,
            dtls_parameters=made.dtls_parameters,
            sctp_parameters=made.sctp_parameters,
            ice_servers=self._ice_servers.of(participant.id),
        )

    @handles(TransportConnect)
    async def connect(self, participant: Participant, request: TransportConnect) -> TransportConnected:
        transport = own_transport(participant, request.transport_id)
        await self._media.ask(
            commands.ConnectTransport(participant.room.id, transport.id, request.dtls_parameters),
        )
        return TransportConnected(transport_id=transport.id)

    @handles(TransportRestartIce)
    async def restart_ice(self, participant: Participant, request: TransportRestartIce) -> IceRestarted:
        transport = own_transport(participant, request.transport_id)
        restarted = await self._media.ask(commands.RestartIce(participant.room.id, transport.id))
        return IceRestarted(
            transport_id=transport.id,
            ice_parameters=restarted.ice_parameters,
            ice_servers=self._ice_servers.of(participant.id),
        )

    @handles(TransportStats)
    async def stats(self, participant: Participant, request: TransportStats) -> TransportStatsReported:
        transport = own_transport(participant, request.transport_id)
        measured = await self._media.ask(commands.MeasureTransport(participant.room.id, transport.id))
        return TransportStatsReported.model_validate(msgspec.to_builtins(measured.figures))
