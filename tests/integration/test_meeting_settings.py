"""A meeting's settings are made and changed over HTTP, and hold at the door of its room."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.support.person import Person
from tests.support.server import RunningServer


class Client:
    """Asks as one person, with the headers of conditions."""

    def __init__(self, server: RunningServer, token: str) -> None:
        self._server = server
        self._headers = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, body: Any = None, *, match: str | None = None) -> tuple[int, Any, str]:
        """Status, body and ETag."""
        headers = self._headers | ({"If-Match": match} if match is not None else {})
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self._server.url}{path}", json=body, headers=headers) as answer,
        ):
            return answer.status, await answer.json(), answer.headers.get("ETag", "")


async def made(server: RunningServer, **settings: Any) -> tuple[Client, str, str]:
    """Ada's client, the path of her new meeting, and its ETag."""
    ada = Client(server, server.token("ada"))
    status, meeting, tag = await ada.ask("POST", "/api/meetings", {"title": "Daily", **settings})
    assert status == 201, meeting
    return ada, f"/api/meetings/{meeting['id']}", tag


async def test_a_meeting_is_changed_only_as_it_was_read(server: RunningServer) -> None:
    ada, path, tag = await made(server, features={"chat": False})
    status, changed, newer = await ada.ask("PATCH", path, {"lobby": True, "features": {"unmute": False}}, match=tag)
    assert (status, changed["lobby"], changed["title"]) == (200, True, "Daily")
    assert changed["features"] == {
        "chat": False,
        "screen_share": True,
        "reactions": True,
        "unmute": False,
        "start_video": True,
    }
    assert newer != tag
    assert (await ada.ask("GET", path))[2] == newer
    status, refused, _ = await ada.ask("PATCH", path, {"title": "Weekly"}, match=tag)
    assert (status, refused["error"]["code"]) == (412, "CONFLICT")
    assert (await ada.ask("PATCH", path, {"title": "Weekly"}))[0] == 428
    assert (await ada.ask("GET", path))[1]["title"] == "Daily"
    (event,) = server.events(path.rsplit("/", 1)[1], type="meeting.updated")
    assert (event["payload"]["changed"], event["payload"]["revision"]) == (["features", "lobby"], 2)
    told = event["payload"]["settings"]
    assert (told["title"], told["lobby"], told["features"]) == ("Daily", True, changed["features"])


@pytest.mark.parametrize("match", ["*", 'W/"1"', '"1", "2"', "1", '"one"', ""])
async def test_only_one_version_as_it_was_told_will_do(server: RunningServer, match: str) -> None:
    """Case 60."""
    ada, path, _ = await made(server)
    assert (await ada.ask("PATCH", path, {"title": "Weekly"}, match=match))[0] == 412


async def test_of_two_writers_one_succeeds(server: RunningServer) -> None:
    """Case 60."""
    ada, path, tag = await made(server)
    other = Client(server, server.token("ada"))
    answers = [await each.ask("PATCH", path, {"title": "Weekly"}, match=tag) for each in (ada, other)]
    assert sorted(status for status, _, _ in answers) == [200, 412]


@pytest.mark.parametrize(
    "body", [{"role": "host"}, {"creator_id": "eve"}, {"title": ""}, {"features": {"video": True}}, {"lobby": None}]
)
async def test_what_is_no_setting_is_refused(server: RunningServer, body: dict[str, Any]) -> None:
    """Case 65."""
    ada, path, tag = await made(server)
    assert (await ada.ask("PATCH", path, body, match=tag))[0] == 422
    assert (await ada.ask("GET", path))[2] == tag


async def test_a_schedule_is_set_changed_and_taken_away(server: RunningServer) -> None:
    """MGT-1, MGT-16: times come with an offset and are kept in UTC; the end is after the start."""
    start, end = "scheduled_start_time", "scheduled_end_time"
    ada, path, tag = await made(server, **{start: "2030-01-01T13:00:00+01:00", end: "2030-01-01T13:00:00Z"})
    status, meeting, _ = await ada.ask("GET", path)
    assert (status, meeting[start], meeting[end]) == (200, "2030-01-01T12:00:00Z", "2030-01-01T13:00:00Z")
    for wrong in ({end: "2030-01-01T12:00:00Z"}, {start: "2030-01-01T13:00:00Z"}, {end: "2030-01-01T14:00:00"}):
        status, refused, _ = await ada.ask("PATCH", path, wrong, match=tag)
        assert (status, refused["error"]["code"]) == (422, "VALIDATION")
    status, changed, tag = await ada.ask("PATCH", path, {end: "2030-01-01T12:30:00Z"}, match=tag)
    assert (status, changed[start], changed[end]) == (200, "2030-01-01T12:00:00Z", "2030-01-01T12:30:00Z")
    status, changed, _ = await ada.ask("PATCH", path, {start: None, end: None}, match=tag)
    assert (status, changed[start], changed[end]) == (200, None, None)
    wrong = {"title": "Daily", start: "2030-01-01T12:00:00Z", end: "2029-01-01T12:00:00Z"}
    assert (await ada.ask("POST", "/api/meetings", wrong))[0] == 422


async def test_only_whose_meeting_it_is_may_change_it(server: RunningServer) -> None:
    _, path, tag = await made(server)
    for claims in ({}, {"role": "co_host"}, {"role": "host", "meeting": "another"}):
        eve = Client(server, server.token("eve", **claims))
        assert (await eve.ask("PATCH", path, {"lobby": True}, match=tag))[0] == 403
    host = Client(server, server.token("bob", role="host"))
    assert (await host.ask("PATCH", path, {"lobby": True}, match=tag))[0] == 200
    assert (await host.ask("PATCH", "/api/meetings/nowhere", {"lobby": True}, match=tag))[0] == 404


async def test_password_guests_and_lobby_hold_together_at_the_door(server: RunningServer) -> None:
    ada, path, tag = await made(server, password=" sword fish ", guests_allowed=False, lobby=True)
    meeting_id = path.rsplit("/", 1)[1]
    guest = {"display_name": "Gus", "meeting_id": meeting_id}
    assert server.request("POST", "/api/auth/guest", body=guest)[0] == 403
    assert (await ada.ask("PATCH", path, {"guests_allowed": True}, match=tag))[0] == 200
    status, token = server.request("POST", "/api/auth/guest", body=guest)
    assert status == 200
    gus = await Person(server.url, token["token"]).connect()
    assert await gus.refused("room:join", meeting_id=meeting_id, password="sword fish") == "ACCESS_DENIED"
    waiting = await gus.ask("room:join", meeting_id=meeting_id, password=" sword fish ")
    assert (waiting["waiting"], waiting["host_present"]) == (True, False)
    host = await Person(server.url, server.token("ada")).connect()
    await host.join(meeting_id, password=" sword fish ")
    (asked,) = (await host.ask("lobby:list"))["waiting"]
    await host.ask("lobby:deny", waiting_id=asked["waiting_id"], block=True)
    assert (await gus.told("lobby:denied"))["reason"] == "denied"
    await host.disconnect()
    assert await gus.refused("room:join", meeting_id=meeting_id, password=" sword fish ") == "ACCESS_DENIED"
    types = [event["type"] for event in server.events(meeting_id)]
    assert {"lobby.asked", "lobby.denied", "participant.blocked"} <= set(types)
    await gus.disconnect()


async def test_a_password_can_be_taken_away(server: RunningServer) -> None:
    ada, path, tag = await made(server, password="swordfish")
    status, changed, _ = await ada.ask("PATCH", path, {"password": None}, match=tag)
    assert (status, changed["has_password"]) == (200, False)
