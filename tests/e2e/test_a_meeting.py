"""Two people meet in real browsers, through the page alone, and the database remembers it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.support.eventually import eventually
from tests.support.server import RunningServer

pytestmark = pytest.mark.browser


async def track(person: BrowserPerson, of: BrowserPerson, source: str) -> dict[str, Any] | None:
    """What `person` receives of `of`'s camera, microphone or screen."""
    report = await person.report()
    return next(
        (
            received
            for remote in report["remote"]
            if remote["display_name"] == of.name
            for received in remote["tracks"]
            if received["source"] == source
        ),
        None,
    )


async def sees(person: BrowserPerson, of: BrowserPerson, source: str = "camera") -> dict[str, Any]:
    """Wait until the picture decodes, and goes on decoding."""

    async def decoding(more_than: int) -> dict[str, Any] | None:
        picture = await track(person, of, source)
        return picture if picture and picture["frames_decoded"] > more_than else None

    first = await eventually(lambda: decoding(0), f"{person.name} sees {of.name}'s {source}")
    return await eventually(
        lambda: decoding(first["frames_decoded"] + 5), f"{person.name} goes on seeing {of.name}'s {source}"
    )


async def hears(person: BrowserPerson, of: BrowserPerson) -> None:
    async def louder(than: float) -> float | None:
        sound = await track(person, of, "microphone")
        energy = float(sound["total_audio_energy"]) if sound else 0.0
        return energy if energy > than else None

    first = await eventually(lambda: louder(0.0), f"{person.name} hears {of.name}")
    await eventually(lambda: louder(first), f"{person.name} goes on hearing {of.name}")


async def full_size(person: BrowserPerson, of: BrowserPerson) -> None:
    async def top_layer() -> bool:
        picture = await track(person, of, "camera")
        return picture is not None and (picture["frame_width"], picture["frame_height"]) == (1280, 720)

    await eventually(top_layer, f"{person.name} gets the top layer of {of.name}", within_s=30)


async def test_two_people_meet_and_the_database_remembers_it(browser: Browser, server: RunningServer) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}")
    for switch in ("mic-toggle", "camera-toggle"):  # the green room's own, above the picture
        await ben.part(switch).click()
        await expect(ben.part(switch)).to_have_attribute("aria-pressed", "false")
        await ben.part(switch).click()
    await ben.join()

    for one, other in ((ada, ben), (ben, ada)):
        await sees(one, other)
        await hears(one, other)
    await full_size(ada, ben)
    await operators_see(server, meeting_id)

    await ben.part("mic-toggle").click()
    await expect(ada.tile_of("Ben")).to_have_attribute("data-audio", "off")
    await ben.part("mic-toggle").click()
    await expect(ada.tile_of("Ben")).to_have_attribute("data-audio", "on")
    await hears(ada, ben)

    await ben.part("camera-toggle").click()
    await expect(ada.tile_of("Ben")).to_have_attribute("data-video", "off")
    await ben.part("camera-toggle").click()
    await expect(ada.tile_of("Ben")).to_have_attribute("data-video", "on")
    await sees(ada, ben)

    await ben.part("share-toggle").click()
    await expect(ada.part("screen-tile")).to_be_visible()
    await sees(ada, ben, "screen")
    await ben.part("share-toggle").click()
    await expect(ada.part("screen-tile")).to_be_hidden()

    await ben.part("hand-toggle").click()
    await expect(ada.tile_of("Ben")).to_have_attribute("data-hand", "on")

    cleo = await BrowserPerson.arrive(browser, "Cleo", f"{server.url}/m/{meeting_id}")
    await cleo.join()
    for early in (ada, ben):
        await sees(cleo, early)
    assert max((await cleo.report())["first_frame_ms"].values()) < 5000, "a late joiner gets a picture at once"

    await ben.leave()
    await expect(ada.tile_of("Ben")).to_have_count(0)
    await cleo.close()  # the window is closed without a word
    await expect(ada.tile_of("Cleo")).to_have_count(0)
    await ada.leave()

    assert [person.errors for person in (ada, ben, cleo)] == [[], [], []]
    await the_record_holds(server, meeting_id)


async def operators_see(server: RunningServer, meeting_id: str) -> None:
    """Two people, their four transports, and media that flows in both directions."""

    async def flows() -> bool:
        status, room = server.request("GET", f"/api/rooms/{meeting_id}", token=server.operator_token())
        assert status == 200, room
        assert [len(room[kind]) for kind in ("participants", "transports", "producers", "consumers")] == [2, 4, 4, 4]
        layers = [stream["bitrate"] for producer in room["producers"] for stream in producer["streams"]]
        return sum(layers) > 500_000 and all(consumer["bitrate"] > 0 for consumer in room["consumers"])

    await eventually(flows, "operators see media flow")


async def the_record_holds(server: RunningServer, meeting_id: str) -> None:
    async def ended() -> bool:
        return bool(server.events(meeting_id, type="meeting.ended"))

    await eventually(ended, "the meeting ended in the database")
    events = server.events(meeting_id)
    count = Counter(event["type"] for event in events)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert count["meeting.started"] == count["meeting.ended"] == 1
    assert count["conference.joined"] == count["participant.joined"] == count["participant.left"] == 3
    # A window that closes may end its tracks a moment before it is gone: only the one who toggled counts.
    ben = next(event["participant_id"] for event in events if event["type"] == "hand.raised")
    toggled = Counter(event["type"] for event in events if event["participant_id"] == ben)
    assert [toggled[f"{kind}.{state}"] for kind in ("audio", "video") for state in ("muted", "unmuted")] == [1] * 4
    assert count["screen_share.started"] == count["screen_share.stopped"] == 1
    assert count["track.added"] == count["track.removed"] >= 7
    status, people = server.request("GET", f"/api/meetings/{meeting_id}/participants", token=server.operator_token())
    assert status == 200
    assert {person["display_name"] for person in people["items"]} == {"Ada", "Ben", "Cleo"}
    status, meeting = server.request("GET", f"/api/meetings/{meeting_id}")
    assert (status, meeting["current_participants_count"]) == (200, 0)
    assert meeting["actual_start_time"] < meeting["actual_end_time"]
