"""Start and stop, in an order that is data: what starts last stops first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

log = structlog.get_logger()


@dataclass(frozen=True)
class Stage:
    """One part of the server: how it starts, how it stops."""

    name: str
    start: Callable[[], Awaitable[object]]
    stop: Callable[[], Awaitable[object]]


class Lifecycle:
    """Starts stages in order. Stops those that were started in reverse, whatever any of them raises."""

    def __init__(self, stages: list[Stage]) -> None:
        self._stages = stages
        self._started: list[Stage] = []

    async def start(self) -> None:
        """Raises what the failing stage raised, once the ones before it are stopped again."""
        for stage in self._stages:
            try:
                await stage.start()
            except BaseException:
                log.error("start_failed", stage=stage.name)  # noqa: TRY400 - the caller reports the exception itself
                await self.stop()
                raise
            self._started.append(stage)
            log.debug("started", stage=stage.name)

    async def stop(self) -> None:
        while self._started:
            stage = self._started.pop()
            try:
                await stage.stop()
            except Exception:
                log.exception("stop_failed", stage=stage.name)
            log.debug("stopped", stage=stage.name)
