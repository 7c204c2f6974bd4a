"""What leaves as a table is harmless in whatever opens it, and only so many leave at once."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from persistence.errors import UnavailableError
from persistence.queries import StoredEvent
from server.api.contract import Call, Streamed
from server.api.errors import ApiError
from server.api.exports import AT_ONCE, COLUMNS, ExportQuery, ExportsApi
from server.api.streaming import Streaming
from signaling.identity import Identity


def stored(participant_id: str | None, **payload: object) -> StoredEvent:
    return StoredEvent(
        event_id="e",
        type="reaction.sent",
        sequence=1,
        meeting_id="m",
        participant_id=participant_id,
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        payload=payload,
    )


class Record:
    """A store that answers with these events."""

    def __init__(self, *events: StoredEvent) -> None:
        self.events = events
        self.queries = self

    async def all_events(self, _meeting_id: str, _wanted: object) -> AsyncIterator[list[StoredEvent]]:
        yield list(self.events)


class Everybody:
    async def readable(self, _call: Call) -> Any:
        return stored(None).model_copy(update={"id": "m"})


def exports(*events: StoredEvent) -> ExportsApi:
    return ExportsApi(cast("Any", Record(*events)), cast("Any", Everybody()))


def call() -> Call:
    return Call(Identity(user_id="ann", name="Ann"), {"id": "m"}, None, ExportQuery(format="csv"))


@pytest.mark.parametrize("sign", ["-", "=", "+", "@", "\t", "\r", "\n"])
async def test_no_cell_is_run_as_a_formula(sign: str) -> None:
    cells = exports(stored(f"{sign}cmd|' /C calc'!A0", reaction='=HYPERLINK("x")'))
    told = await cells.export(call())
    text = b"".join([part async for part in told.pieces]).decode()
    _, row = csv.reader(io.StringIO(text))
    assert row[COLUMNS.index("participant_id")] == f"'{sign}cmd|' /C calc'!A0"
    assert not any(cell.startswith(tuple("=+-@\t\r\n")) for cell in row)


async def test_only_so_many_exports_are_under_way_and_an_abandoned_one_makes_room() -> None:
    api = exports(stored("p"))
    under_way = [(await api.export(call())).pieces for _ in range(AT_ONCE)]
    for parts in under_way:
        await anext(parts)
    with pytest.raises(ApiError) as refused:
        await anext((await api.export(call())).pieces)
    assert (refused.value.code, refused.value.status) == ("RATE_LIMITED", 429)
    await under_way[0].aclose()
    assert await anext((await api.export(call())).pieces)


def serving(pieces: Callable[[], AsyncGenerator[bytes]]) -> web.Application:
    streaming = Streaming()

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return await streaming.send(request, Streamed(pieces(), "text/csv", "events.csv"))
        except UnavailableError:
            return web.Response(status=503)

    app = web.Application()
    app.router.add_get("/", serve)
    return app


async def test_a_file_that_cannot_be_ended_is_cut_off_and_not_taken_for_whole() -> None:
    async def half() -> AsyncGenerator[bytes]:
        yield b"sequence,type"
        raise UnavailableError("the database went away")

    async with TestClient(TestServer(serving(half))) as client:
        answer = await client.get("/")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_what_goes_wrong_before_the_first_piece_is_refused_in_words() -> None:
    async def none() -> AsyncGenerator[bytes]:
        raise UnavailableError("the database is away")
        yield b""

    async with TestClient(TestServer(serving(none))) as client:
        assert (await client.get("/")).status == 503
