"""Cases 49 to 52 against the running program: what belongs to others, and being taken for somebody else."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.interop.plain_client import PlainClient, RefusedError
from tests.sfu.clients import bot_capabilities
from tests.support.person import Person
from tests.support.server import RunningServer

GRANTS = {"room_create": True, "room_join": True}
MICROPHONE = {
    "codecs": [{"mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000, "channels": 2}],
    "encodings": [{"ssrc": 1111}],
    "rtcp": {"cname": "ada"},
}
Enter = Callable[..., Awaitable[Person]]


@pytest_asyncio.fixture
async def enter(server: RunningServer) -> AsyncIterator[Enter]:
    people: list[Person] = []

    async def enter(name: str, meeting: str, **payload: Any) -> Person:
        person = await Person(server.url, server.token(name, meeting=meeting, grants=GRANTS)).connect()
        people.append(person)
        return await person.join(meeting, **payload)

    yield enter
    for person in people:
        await person.disconnect()


async def microphone(person: Person) -> tuple[str, str]:
    """Its transport and its producer."""
    transport = (await person.ask("transport:create", direction="send"))["id"]
    made = await person.ask(
        "produce", transport_id=transport, kind="audio", source="microphone", rtpParameters=MICROPHONE
    )
    return transport, made["id"]


async def test_case_49_a_producer_of_another_room_is_as_unknown_as_one_that_never_was(enter: Enter) -> None:
    ada, eve = await enter("ada", "one-49"), await enter("eve", "two-49")
    _, producer = await microphone(ada)
    recv = (await eve.ask("transport:create", direction="recv"))["id"]
    wish = {"transport_id": recv, "rtpCapabilities": bot_capabilities()}
    known = await eve.request("consume", producer_id=producer, **wish)
    unknown = await eve.request("consume", producer_id="never-was", **wish)
    assert known == unknown
    assert known["error"]["code"] == "NOT_FOUND"
    stats = await eve.ask("transport:stats", transport_id=recv)
    assert stats["consumers"] == []


async def test_case_50_what_is_on_anothers_transport_is_out_of_reach_and_no_id_can_be_guessed(enter: Enter) -> None:
    ada, bob = await enter("ada", "one-50"), await enter("bob", "one-50")
    transport, producer = await microphone(ada)
    for thief in (bob, await enter("eve", "two-50")):
        for event, wish in {
            "transport:connect": {"transport_id": transport, "dtlsParameters": {}},
            "transport:restart_ice": {"transport_id": transport},
            "transport:stats": {"transport_id": transport},
            "producer:pause": {"producer_id": producer},
            "producer:close": {"producer_id": producer},
        }.items():
            assert await thief.refused(event, **wish) == "NOT_FOUND"
    assert (await ada.ask("producer:pause", producer_id=producer))["producer_id"] == producer
    ids = [transport, producer, ada.joined["participant_id"], ada.joined["resume_token"]]
    assert all(len(base64.urlsafe_b64decode(id_ + "==")) * 8 >= 128 for id_ in ids)
    assert len(set(ids)) == len(ids)


async def test_case_51_a_stolen_resume_token_is_worth_nothing_and_of_two_who_hold_it_one_wins(
    server: RunningServer, enter: Enter
) -> None:
    ada = await enter("ada", "one-51")
    token = ada.joined["resume_token"]
    thief = await enter("eve", "one-51", resume_token=token)
    assert thief.joined["participant_id"] != ada.joined["participant_id"]
    assert "resumed" not in thief.joined
    assert (await ada.ask("hand:raise", raised=True))["raised"] is True

    rivals = [
        await Person(server.url, server.token("ada", meeting="one-51", grants=GRANTS)).connect() for _ in range(2)
    ]
    answers = await asyncio.gather(
        *(rival.request("room:join", meeting_id="one-51", resume_token=token) for rival in rivals)
    )
    assert sorted(answer["ok"] for answer in answers) == [False, True]
    (won,) = [answer["data"] for answer in answers if answer["ok"]]
    (lost,) = [answer["error"]["code"] for answer in answers if not answer["ok"]]
    assert won["participant_id"] == ada.joined["participant_id"]
    assert lost == "CONFLICT"
    assert await ada.told("session:replaced") == {}
    for rival in rivals:
        await rival.disconnect()


async def test_case_52_naming_a_victim_with_a_bad_token_does_nothing_to_the_victim(
    server: RunningServer, enter: Enter
) -> None:
    """The shape of CVE-2022-41960: a message about somebody else's id, from whom the server should not believe."""
    ada = await enter("ada", "one-52")
    victim = {"participant_id": ada.joined["participant_id"], "user_id": "ada", "meeting_id": "one-52"}
    heard = len(ada.heard)
    for token in ("", "forged", server.token("ada", meeting="one-52")[:-2] + "AA"):
        with pytest.raises(RefusedError) as refused:
            await PlainClient(server.url, token).connect()
        assert refused.value.data["code"] == "UNAUTHORIZED"
    eve = await enter("eve", "two-52")
    assert await eve.refused("room:leave", **victim) == "VALIDATION"
    assert await eve.refused("room:join", **victim, resume_token="forged") == "VALIDATION"
    assert await eve.refused("token:refresh", token="forged") == "UNAUTHORIZED"
    assert await eve.refused("participant:remove", participant_id=victim["participant_id"]) == "NOT_FOUND"
    assert ada.socket.connected
    assert (await ada.ask("hand:raise", raised=True))["participant_id"] == victim["participant_id"]
    assert len(ada.heard) == heard, "nothing was said of it"
