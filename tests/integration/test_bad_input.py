"""Hostile and mistaken input against the running program: a coded error or silence, and nobody else notices."""

from __future__ import annotations

import os
import random
import socket
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as Refused

from tests.integration.conftest import Enter
from tests.support.eventually import eventually
from tests.support.person import NAMESPACE, Person
from tests.support.server import RunningServer

FINGERPRINT = {"algorithm": "sha-256", "value": ":".join(["AB"] * 32)}
DTLS = {"role": "client", "fingerprints": [FINGERPRINT]}
OPUS = {
    "mid": "0",
    "codecs": [{"mimeType": "audio/opus", "payloadType": 111, "clockRate": 48000, "channels": 2}],
    "headerExtensions": [],
    "encodings": [{"ssrc": 1111}],
    "rtcp": {"cname": "ada"},
}


@pytest.mark.parametrize("token", [None, "", "rubbish", "a.b.c"])
async def test_a_handshake_without_a_good_token_is_refused(server: RunningServer, token: str | None) -> None:
    person = Person(server.url, token)
    errors: list[Any] = []

    async def remember(data: Any) -> None:
        errors.append(data)

    person.socket.on("connect_error", remember, namespace=NAMESPACE)
    with pytest.raises(Refused):
        await person.connect()
    assert errors[0]["data"]["code"] == "UNAUTHORIZED"


async def test_a_token_of_another_meeting_does_not_open_this_one(server: RunningServer, enter: Enter) -> None:
    await enter("ada", "theirs")
    ben = await Person(server.url, server.token("ben", meeting="mine")).connect()
    assert await ben.refused("room:join", meeting_id="theirs") == "ACCESS_DENIED"
    await ben.disconnect()


async def test_every_wrong_request_gets_its_code(enter: Enter) -> None:
    ada = await enter("ada")
    assert await ada.refused("produce") in ("ACCESS_DENIED", "VALIDATION")
    assert await ada.refused("media:toggle", kind="audio", enabled=True) == "ACCESS_DENIED"
    assert await ada.refused("room:join", meeting_id="nowhere-at-all") == "NOT_FOUND"
    ada = await enter("ada", "codes")
    assert await ada.refused("room:join", meeting_id="codes") == "CONFLICT"
    assert await ada.refused("room:levitate") == "NOT_FOUND"
    assert await ada.refused("media:toggle", kind="smell", enabled=True) == "VALIDATION"
    assert await ada.refused("media:toggle", kind="audio", enabled=True, participant_id="ben") == "VALIDATION"
    assert await ada.refused("transport:create", direction="sideways") == "VALIDATION"
    assert await ada.refused("consumer:resume", consumer_id="none") == "NOT_FOUND"


async def test_ids_of_another_room_are_unknown_here(enter: Enter) -> None:
    ada, eve = await enter("ada", "one"), await enter("eve", "two")
    send = await ada.ask("transport:create", direction="send")
    await ada.ask("transport:connect", transport_id=send["id"], dtlsParameters=DTLS)
    made = await ada.ask("produce", transport_id=send["id"], kind="audio", source="microphone", rtpParameters=OPUS)
    receive = await eve.ask("transport:create", direction="recv")
    capabilities = eve.joined["routerRtpCapabilities"]
    theirs = {"transport_id": receive["id"], "rtpCapabilities": capabilities}
    assert await eve.refused("consume", producer_id=made["id"], **theirs) == "NOT_FOUND"
    assert await eve.refused("consume", producer_id="made-up", **theirs) == "NOT_FOUND"
    assert await eve.refused("transport:connect", transport_id=send["id"], dtlsParameters=DTLS) == "NOT_FOUND"
    assert await eve.refused("producer:close", producer_id=made["id"]) == "NOT_FOUND"
    assert (
        await eve.refused("produce", transport_id=send["id"], kind="audio", source="microphone", rtpParameters=OPUS)
        == "NOT_FOUND"
    )


@pytest.mark.parametrize(
    "fingerprints",
    [[], [{"algorithm": "sha-1", "value": ":".join(["AB"] * 20)}], [{"algorithm": "sha-256", "value": "AB"}]],
)
async def test_a_fingerprint_that_proves_nothing_is_refused(enter: Enter, fingerprints: list[Any]) -> None:
    ada = await enter("ada", "prints")
    send = await ada.ask("transport:create", direction="send")
    parameters = {"role": "client", "fingerprints": fingerprints}
    code = await ada.refused("transport:connect", transport_id=send["id"], dtlsParameters=parameters)
    assert code == "VALIDATION"


@pytest.mark.parametrize(
    "change",
    [
        {"codecs": []},
        {"codecs": [{"mimeType": "video/FLV", "payloadType": 96, "clockRate": 90000}]},
        {"encodings": []},
        {"encodings": [{"ssrc": 1}] * 100},
        {"encodings": [{"ssrc": -1}]},
        {"headerExtensions": [{"uri": "x" * 10_000, "id": 1}]},
    ],
)
async def test_rtp_parameters_that_make_no_sense_are_refused(enter: Enter, change: dict[str, Any]) -> None:
    ada = await enter("ada", "parameters")
    send = await ada.ask("transport:create", direction="send")
    code = await ada.refused(
        "produce", transport_id=send["id"], kind="audio", source="microphone", rtpParameters=OPUS | change
    )
    assert code == "VALIDATION"


async def test_garbage_on_the_media_port_is_met_with_silence(server: RunningServer, enter: Enter) -> None:
    ada = await enter("ada", "garbage")
    transport = await ada.ask("transport:create", direction="send")
    port = transport["iceCandidates"][0]["port"]
    noise = random.Random(7)
    binding_without_credentials = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)
    client_hello = b"\x16\xfe\xfd" + bytes(10) + b"\x01" + bytes(200)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.connect(("127.0.0.1", port))
        stranger.settimeout(0.5)
        for datagram in (b"", binding_without_credentials, client_hello, b"\x80\x60" + os.urandom(100)):
            stranger.send(datagram)
        for _ in range(500):
            stranger.send(noise.randbytes(noise.randrange(1, 1500)))
        with pytest.raises(TimeoutError):
            stranger.recv(2048)

    async def counted() -> bool:
        status, body = server.request("GET", "/api/workers", token=server.operator_token())
        assert status == 200
        return sum(sum(worker["load"]["drops"].values()) for worker in body["workers"] if worker["load"]) >= 400

    await eventually(counted, "every dropped datagram has a name and is counted")
    assert (await ada.request("hand:raise", raised=True))["ok"], "nobody else notices"


async def test_one_reply_each_without_an_ack(enter: Enter) -> None:
    ada = await enter("ada", "events")
    await ada.socket.emit("hand:raise", {"raised": True}, namespace=NAMESPACE)
    assert await ada.told("hand:raised") == {
        "participant_id": ada.joined["participant_id"],
        "raised": True,
        "position": 1,
    }
    await ada.socket.emit("hand:raise", {"raised": "perhaps"}, namespace=NAMESPACE)
    error = await ada.told("error")
    assert (error["code"], error["event"]) == ("VALIDATION", "hand:raise")
    await ada.ask("hand:raise", raised=False)
    assert [name for name, _ in ada.heard].count("hand:raised") == 1
