"""How many files and connections this process may have open."""

from __future__ import annotations

import resource
from typing import Final

import structlog

BESIDE_CONNECTIONS: Final = 256
"""The journal, the database, workers, the listening sockets, and what libraries open."""

log = structlog.get_logger()


def raise_limit(connections: int) -> int:
    """Let the process open as many as the system lets it ask for; answers how many that is.

    Each connection takes a descriptor, and many systems give a process 1,024 until it asks. Beyond the limit the kernel
    takes connections that nobody answers, so a limit below `connections` is worth a warning.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < connections + BESIDE_CONNECTIONS:
        log.warning("few_descriptors", descriptors=hard, connections=connections, hint="raise `ulimit -Hn`")
    return hard
