"""The contract, row by row, against the running program: each request with an ack and without one."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest

from tests.integration.conftest import GRANTS, Enter
from tests.support.eventually import eventually
from tests.support.person import NAMESPACE, Person
from tests.support.server import RunningServer

Style = Literal["ack", "event"]
DTLS = {"role": "client", "fingerprints": [{"algorithm": "sha-256", "value": ":".join(["AB"] * 32)}]}
VP8 = {
    "mid": "1",
    "codecs": [{"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000, "rtcpFeedback": [{"type": "nack"}]}],
    "headerExtensions": [{"uri": "urn:ietf:params:rtp-hdrext:sdes:mid", "id": 4}],
    "encodings": [{"rid": f"r{layer}", "scalabilityMode": "L1T3"} for layer in range(3)],
    "rtcp": {"cname": "", "reducedSize": True},
}


class Conversation:
    """Asks in one of the two styles, and checks that the answer came once and by the right name."""

    def __init__(self, person: Person, style: Style) -> None:
        self.person = person
        self.style = style

    async def __call__(self, event: str, reply: str, **payload: Any) -> dict[str, Any]:
        if self.style == "ack":
            return await self.person.ask(event, **payload)
        before = self._replies(reply)
        await self.person.socket.emit(event, payload, namespace=NAMESPACE)

        async def answered() -> bool:
            errors = [data for name, data in self.person.heard if name == "error"]
            assert not errors, errors
            return self._replies(reply) > before

        await eventually(answered, f"{event} is answered by {reply}")
        return next(data for name, data in reversed(self.person.heard) if name == reply)

    def _replies(self, reply: str) -> int:
        return sum(name == reply for name, _ in self.person.heard)


@pytest.fixture(params=["ack", "event"])
def style(request: pytest.FixtureRequest) -> Style:
    chosen: Style = request.param
    return chosen


async def test_a_meeting_from_its_creation_to_its_end(server: RunningServer, enter: Enter, style: Style) -> None:
    ada = await Person(server.url, server.token("ada")).connect()
    ask = Conversation(ada, style)
    meeting = (await ask("room:create", "room:created", title="Weekly"))["meeting"]
    assert (meeting["title"], meeting["status"]) == ("Weekly", "Scheduled")
    joined = await ask("room:join", "room:joined", meeting_id=meeting["id"], display_name="Ada")
    assert joined["your_role"] == "host"
    assert {"meeting", "participant_id", "participants", "producers", "routerRtpCapabilities"} <= joined.keys()
    assert {"iceServers", "resume_token"} <= joined.keys()
    me = {"participant_id": joined["participant_id"], "user_id": "ada", "display_name": "Ada", "role": "host"}
    assert me.items() <= joined["participants"][0].items()

    ben = await enter("ben", role="participant")
    await ben.join(meeting["id"], display_name="Ben")
    told = await ada.told("participant:joined")
    assert (told["display_name"], told["role"], told["user_id"]) == ("Ben", "participant", "ben")
    assert await ben.refused("room:close") == "ACCESS_DENIED"

    toggled = await ask("media:toggle", "media:updated", kind="audio", enabled=False)
    assert toggled == {"participant_id": me["participant_id"], "kind": "audio", "enabled": False}
    assert await ask("screen:start", "screen:started") == {"participant_id": me["participant_id"]}
    assert await ask("screen:stop", "screen:stopped") == {"participant_id": me["participant_id"]}
    assert (await ask("hand:raise", "hand:raised", raised=True))["raised"] is True
    assert (await ask("reaction:send", "reaction:sent", reaction="👏"))["reaction"] == "👏"
    for event in ("media:updated", "screen:started", "screen:stopped", "hand:raised", "reaction:sent"):
        assert (await ben.told(event))["participant_id"] == me["participant_id"]

    assert await ask("room:close", "room:closed") == {"meeting_id": meeting["id"]}
    closed = await ben.told("room:closed")
    assert closed["meeting_id"] == meeting["id"]
    assert closed["reason"]
    heard = [name for name, _ in ada.heard]
    for event in ("media:updated", "hand:raised", "room:closed"):  # the reply is not also a notification
        assert heard.count(event) == (0 if style == "ack" else 1), event
    types = [event["type"] for event in server.events(meeting["id"])]
    assert types[-1] == "meeting.ended"
    assert {"meeting.started", "audio.muted", "screen_share.started", "screen_share.stopped"} <= set(types)
    await ada.disconnect()


async def test_media_from_a_transport_to_its_consumers(enter: Enter, style: Style) -> None:
    meeting_id = f"media-{style}"
    ada, ben = await enter("ada", meeting_id), await enter("ben", meeting_id)
    ask, listen = Conversation(ada, style), Conversation(ben, style)

    send = await ask("transport:create", "transport:created", direction="send")
    assert {"usernameFragment", "password"} <= send["iceParameters"].keys()
    assert send["iceCandidates"][0]["protocol"] == "udp"
    connected = await ask("transport:connect", "transport:connected", transport_id=send["id"], dtlsParameters=DTLS)
    assert connected == {"transport_id": send["id"]}
    restarted = await ask("transport:restart_ice", "transport:ice_restarted", transport_id=send["id"])
    assert restarted["iceParameters"]["usernameFragment"] != send["iceParameters"]["usernameFragment"]
    made = await ask(
        "produce", "producer:created", transport_id=send["id"], kind="video", source="camera", rtpParameters=VP8
    )
    added = await ben.told("producer:added")
    assert added == {
        "producer_id": made["id"],
        "participant_id": ada.joined["participant_id"],
        "kind": "video",
        "source": "camera",
        "paused": False,
    }
    assert await ada.refused("consume", transport_id=send["id"], producer_id=made["id"], rtpCapabilities={}) in (
        "VALIDATION",
        "NOT_FOUND",
    )

    receive = await listen("transport:create", "transport:created", direction="recv")
    consumer = await listen(
        "consume",
        "consumer:created",
        transport_id=receive["id"],
        producer_id=made["id"],
        rtpCapabilities=ben.joined["routerRtpCapabilities"],
        preferred_layers={"spatial_layer": 1},
    )
    assert (consumer["producer_id"], consumer["kind"], consumer["source"]) == (made["id"], "video", "camera")
    assert (consumer["type"], consumer["paused"], consumer["producer_paused"]) == ("simulcast", True, False)
    assert consumer["participant_id"] == ada.joined["participant_id"]
    its = {"consumer_id": consumer["id"]}
    for request, reply in (
        ("consumer:resume", "consumer:resumed"),
        ("consumer:pause", "consumer:paused"),
        ("consumer:keyframe", "consumer:keyframe_requested"),
    ):
        assert await listen(request, reply, **its) == its
    layers = await listen("consumer:layers", "consumer:layers_set", **its, spatial_layer=7, temporal_layer=7)
    assert (layers["spatial_layer"], layers["temporal_layer"]) == (2, 2)
    assert await ada.refused("consumer:resume", **its) == "NOT_FOUND"

    late = await enter("cleo", meeting_id)
    assert late.joined["producers"] == [added]
    named = {"producer_id": made["id"]}
    assert await ask("producer:pause", "producer:paused", **named) == named
    assert await ask("producer:resume", "producer:resumed", **named) == named
    assert await ben.refused("producer:close", **named) == "NOT_FOUND"
    assert await ask("producer:close", "producer:closed", **named) == named
    assert await ben.told("producer:removed") == named
    assert await ben.told("consumer:closed") == its


async def test_a_meeting_has_room_for_as_many_as_it_says(server: RunningServer) -> None:
    ada = await Person(server.url, server.token("ada")).connect()
    meeting = (await ada.ask("room:create", title="Two", max_participants=1, password="sesame"))["meeting"]
    await ada.join(meeting["id"], password="sesame")
    ben = await Person(server.url, server.token("ben")).connect()
    assert await ben.refused("room:join", meeting_id=meeting["id"]) == "ACCESS_DENIED"
    assert await ben.refused("room:join", meeting_id=meeting["id"], password="open") == "ACCESS_DENIED"
    assert await ben.refused("room:join", meeting_id=meeting["id"], password="sesame") == "CAPACITY_EXCEEDED"
    await ada.disconnect()
    await ben.disconnect()


async def test_requests_of_one_person_are_answered_in_order_and_none_is_lost(enter: Enter) -> None:
    ada = await enter("ada", "burst")
    replies = await asyncio.gather(*(ada.request("hand:raise", raised=turn % 2 == 0) for turn in range(100)))
    assert [reply["data"]["raised"] for reply in replies] == [turn % 2 == 0 for turn in range(100)]


async def test_one_person_may_come_twice_and_come_again(server: RunningServer, enter: Enter) -> None:
    first, second = await enter("ada", "twice"), await enter("ada", "twice")
    assert first.joined["participant_id"] != second.joined["participant_id"]
    assert await second.ask("room:leave") == {"meeting_id": "twice"}
    assert (await first.told("participant:left"))["participant_id"] == second.joined["participant_id"]
    await second.join("twice")
    joins = [e for e in server.events("twice", type="conference.joined") if e["payload"]["user_id"] == "ada"]
    assert [event["payload"]["resumed"] for event in joins] == [False] * 3


async def test_a_token_without_the_grant_makes_no_meeting(server: RunningServer) -> None:
    eve = await Person(server.url, server.token("eve", meeting="theirs", grants={"room_join": True})).connect()
    assert await eve.refused("room:join", meeting_id="theirs") == "NOT_FOUND"
    assert await eve.refused("room:create", title="Mine") == "ACCESS_DENIED"
    await eve.disconnect()


async def test_what_was_answered_survives_the_death_of_the_server(tmp_path: Any) -> None:
    server = RunningServer(tmp_path)
    server.start()
    try:
        token = server.token("ada", meeting="mortal", role="host", grants=GRANTS)
        ada = await (await Person(server.url, token).connect()).join("mortal")
        await ada.ask("media:toggle", kind="video", enabled=False)
        server.kill()
        server.start()
        types = [event["type"] for event in server.events("mortal")]
        assert types[types.index("meeting.revived") - 1] == "video.muted"
        assert types.count("participant.joined") == 1
    finally:
        server.stop()
