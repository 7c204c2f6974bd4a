"""`python -m sfu.worker LINK INDEX LISTEN_IPS ANNOUNCED_IPS|- UDP_PORT TCP_PORT|-`.

Started by the fleet, ends with its socket.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from pathlib import Path

import structlog
import uvloop

from sfu._dataplane import DataPlane
from sfu.dataplane_digest import StaleDataPlaneError, check_dataplane
from sfu.worker import selfcheck
from sfu.worker.addresses import listening_addresses
from sfu.worker.service import Options, Service

EXIT_UNFIT = 3

log = structlog.get_logger()


def options_from(arguments: list[str]) -> Options:
    link, index, listen_ip, announced_ip, udp_port, tcp_port, initial_bitrate, minimum_bitrate = arguments
    return Options(
        link=Path(link),
        index=int(index),
        listening=tuple(listening_addresses(listen_ip)),
        announced_ip=None if announced_ip == "-" else announced_ip,
        udp_port=int(udp_port),
        tcp_port=None if tcp_port == "-" else int(tcp_port),
        initial_bitrate=int(initial_bitrate),
        minimum_bitrate=int(minimum_bitrate),
    )


async def run(options: Options) -> int:
    """Returns the exit code."""
    try:
        check_dataplane()
        await selfcheck.check()
        plane = DataPlane(
            options.listening,
            options.udp_port,
            options.tcp_port,
            initial_bitrate=options.initial_bitrate,
            minimum_bitrate=options.minimum_bitrate,
        )
    except (StaleDataPlaneError, selfcheck.SelfCheckError, OSError) as error:
        log.error("worker_unfit", index=options.index, error=str(error))  # noqa: TRY400 - the message says it all
        return EXIT_UNFIT
    try:
        service = Service(plane, options)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, service.ended.set)
        # An interrupt at the terminal reaches the whole group; the server decides when its workers stop.
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        await service.run(*await asyncio.open_unix_connection(options.link))
    finally:
        plane.close()
    return 0


def raise_descriptor_limit() -> None:
    """Each TCP connection takes a descriptor; many systems give a process 1,024 and let it ask for more."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> int:
    # Standard output belongs to the server's own words; a worker logs beside it.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    raise_descriptor_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(options_from(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(main())
