"""What starts last stops first, whatever fails on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from server.lifecycle import Lifecycle, Stage


def recorded(log: list[str], name: str, *, failing: str | None = None) -> Stage:
    def step(verb: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            log.append(f"{verb} {name}")
            if failing == verb:
                raise OSError(f"{name} does not {verb}")

        return run

    return Stage(name, step("start"), step("stop"))


async def test_stages_stop_in_the_reverse_of_the_order_they_started_in() -> None:
    log: list[str] = []
    lifecycle = Lifecycle([recorded(log, "record"), recorded(log, "media"), recorded(log, "http")])
    await lifecycle.start()
    await lifecycle.stop()
    assert log == ["start record", "start media", "start http", "stop http", "stop media", "stop record"]


async def test_a_stage_that_does_not_start_stops_only_those_before_it() -> None:
    log: list[str] = []
    lifecycle = Lifecycle([recorded(log, "record"), recorded(log, "media", failing="start"), recorded(log, "http")])
    with pytest.raises(OSError, match="media does not start"):
        await lifecycle.start()
    assert log == ["start record", "start media", "stop record"]


async def test_a_stage_that_fails_to_stop_does_not_keep_the_others_running() -> None:
    log: list[str] = []
    lifecycle = Lifecycle([recorded(log, "record"), recorded(log, "media", failing="stop"), recorded(log, "http")])
    await lifecycle.start()
    await lifecycle.stop()
    assert log[-3:] == ["stop http", "stop media", "stop record"]
    await lifecycle.stop()
    assert log.count("stop record") == 1
