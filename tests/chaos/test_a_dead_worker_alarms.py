"""From a worker's death to an operator's pager: one alert for a meeting, and one word that it is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.chaos.outage import MEETING, a_lively_meeting, outage
from tests.chaos.worker import kill
from tests.support.receiver import Receiver
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with running_server(FOLKMOOT_RTC__WORKERS="2", FOLKMOOT_WEBHOOKS__ALLOWED_NETWORKS="127.0.0.0/8") as running:
        yield running


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


async def post(server: RunningServer, path: str, body: dict[str, Any]) -> dict[str, Any]:
    status, made = await asyncio.to_thread(server.request, "POST", path, token=server.operator_token(), body=body)
    assert status == 201, made
    return made  # type: ignore[no-any-return]


async def test_an_operator_is_told_once_that_a_worker_died_and_once_that_it_is_over(
    server: RunningServer, receiver: Receiver
) -> None:
    hook = await post(server, "/api/webhooks", {"url": receiver.url, "event_types": ["webhook.disabled"]})
    rule = {
        "name": "A worker died",
        "when": {"event_types": ["worker.died"]},
        "until": {"event_types": ["room.recovered"]},
        "endpoint_ids": [hook["id"]],
    }
    await post(server, "/api/alert-rules", rule)
    async with a_lively_meeting(server, 2) as meeting:
        await outage(server, meeting, kill)
        came = await receiver.wait_for_taken(2, within_s=30)
    assert [message.event["type"] for message in came] == ["alert.fired", "alert.recovered"]
    assert {message.event["meeting_id"] for message in came} == {MEETING}
    assert all(message.signed_by(hook["secret"]) for message in came)
    status, shown = server.request("GET", "/api/alerts?state=all", token=server.operator_token())
    assert (status, [alert["cause_type"] for alert in shown["items"]]) == (200, ["worker.died"])
    assert shown["items"][0]["recovered_at"] is not None
