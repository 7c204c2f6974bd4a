"""Commands about rooms and transports."""

from __future__ import annotations

from collections import Counter

from sfu import commands as cmd
from sfu.commands import Done, MediaError
from sfu.ortc import parse_dtls_parameters, to_plain
from sfu.ortc.model import DtlsParameters
from sfu.ortc.sctp import sctp_parameters
from sfu.worker.dtls import fingerprints
from sfu.worker.figures import transport_figures
from sfu.worker.room import Room, refuse_known
from sfu.worker.router import CommandTable, Router
from sfu.worker.statistics import room_statistics
from sfu.worker.transport import Transport

ROOM_LIMIT = 10_000

carries_out = CommandTable()


@carries_out(cmd.OpenRoom)
async def open_room(router: Router, command: cmd.OpenRoom) -> Done:
    if command.room_id not in router.rooms:
        if len(router.rooms) >= ROOM_LIMIT:
            raise MediaError("CAPACITY_EXCEEDED", "This media worker holds no more rooms.")
        router.rooms[command.room_id] = Room(command.room_id)
    return Done()


@carries_out(cmd.CloseRoom)
async def close_room(router: Router, command: cmd.CloseRoom) -> Done:
    room = router.rooms.get(command.room_id)
    if room is not None:
        await router.close_room(room)
    return Done()


@carries_out(cmd.CreateTransport)
async def create_transport(router: Router, command: cmd.CreateTransport) -> cmd.TransportCreated:
    room = router.room(command)
    refuse_known(room.transports, command.transport_id, "transport")

    def make(handle: int) -> Transport:
        transport = Transport(
            handle, command.transport_id, room.id, command.direction, router.around, sctp=command.sctp
        )
        router.plane.add_transport(handle, transport.ice.ufrag, transport.ice.password)
        return transport

    transport = router.transports.add(make)
    room.transports[transport.id] = transport
    local = DtlsParameters(fingerprints=tuple(fingerprints(router.around.certificate)), role="auto")
    return cmd.TransportCreated(
        ice_parameters=transport.ice.parameters(),
        ice_candidates=router.candidates(),
        dtls_parameters=to_plain(local),
        sctp_parameters=sctp_parameters() if command.sctp else None,
    )


@carries_out(cmd.ConnectTransport)
async def connect_transport(router: Router, command: cmd.ConnectTransport) -> Done:
    transport = router.room(command).transport(command.transport_id)
    transport.connect(parse_dtls_parameters(command.dtls_parameters))
    return Done()


@carries_out(cmd.RestartIce)
async def restart_ice(router: Router, command: cmd.RestartIce) -> cmd.IceRestarted:
    transport = router.room(command).transport(command.transport_id)
    return cmd.IceRestarted(ice_parameters=transport.restart_ice())


@carries_out(cmd.CloseTransport)
async def close_transport(router: Router, command: cmd.CloseTransport) -> Done:
    room = router.room(command)
    await router.close_transport(room, room.transport(command.transport_id))
    return Done()


@carries_out(cmd.GetStatistics)
async def get_statistics(router: Router, command: cmd.GetStatistics) -> cmd.Statistics:
    measured = router.plane.statistics()
    rooms = list(router.rooms.values()) if not command.room_id else [router.room(command)]
    totals = ("packets_in", "packets_out", "bytes_in", "bytes_out", "cpu_s")
    return cmd.Statistics(
        rooms={room.id: room_statistics(room, measured, router.pipes) for room in rooms},
        drops=dict(Counter(measured.get("drops", {})) + router.around.drops),
        load={name: float(measured.get(name, 0)) for name in totals},
    )


@carries_out(cmd.MeasureTransport)
async def measure_transport(router: Router, command: cmd.MeasureTransport) -> cmd.TransportMeasured:
    room = router.room(command)
    transport = room.transport(command.transport_id)
    measured = router.plane.transport_statistics(transport.handle)
    return cmd.TransportMeasured(transport_figures(room, transport, measured))
