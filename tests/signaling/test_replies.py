"""Exactly one reply to each request, as an ack or as an event (SIG-2)."""

from __future__ import annotations

from typing import Any

import pytest

from signaling.messages.catalogue import REQUESTS
from tests.signaling.conftest import Client, Node

OF_WAITING_PEOPLE = {"lobby:leave"}


async def waiting(node: Node, name: str) -> str:
    """Somebody in the lobby."""
    return str((await (await node.connect(name)).join("daily"))["waiting_id"])


def answers(client: Client) -> list[str]:
    """What they heard, but for what the whole room is told: what the server says in the chat, and how polls stand."""
    return [name for name, data in client.heard if name != "poll:updated" and data.get("type") != "System"]


async def prepared(node: Node, client: Client) -> dict[str, dict[str, Any]]:
    """For each request a payload that is right for a host who is in a room, in an order in which all can be asked."""
    bob, cy, dee = [(await (await node.connect(name)).join("daily"))["participant_id"] for name in ("bob", "cy", "dee")]
    await client.ask("room:lobby", enabled=True)
    said = (await client.ask("chat:send", text="Hello!"))["message_id"]
    poll = (await client.ask("poll:create", type="YesNo", question="Coffee?"))["poll_id"]
    send, recv = await client.transport("send"), await client.transport("recv")
    mine = await client.produce(transport_id=send)
    spare = await client.produce(transport_id=send)
    consumer = await client.consume(mine, recv)
    spare_consumer = await client.consume(mine, recv)
    data_up, data_down = await client.transport("send", sctp=True), await client.transport("recv", sctp=True)
    channel = {"transport_id": data_up, "sctpStreamParameters": {"streamId": 0}}
    data, spare_data = [(await client.ask("produce_data", **channel))["id"] for _ in range(2)]
    hearing = {"transport_id": data_down, "data_producer_id": data}
    return {
        "room:create": {"title": "Another"},
        "transport:create": {"direction": "send"},
        "transport:connect": {"transport_id": send, "dtlsParameters": {"role": "client", "fingerprints": []}},
        "transport:restart_ice": {"transport_id": send},
        "transport:stats": {"transport_id": send},
        "produce": {"transport_id": send, "kind": "video", "rtpParameters": {}, "source": "camera"},
        "producer:pause": {"producer_id": mine},
        "producer:resume": {"producer_id": mine},
        "producer:close": {"producer_id": spare},
        "consume": {"transport_id": recv, "producer_id": mine, "rtpCapabilities": {}},
        "consumer:resume": {"consumer_id": consumer},
        "consumer:pause": {"consumer_id": consumer},
        "consumer:close": {"consumer_id": spare_consumer},
        "consumer:keyframe": {"consumer_id": consumer},
        "consumer:layers": {"consumer_id": consumer, "spatial_layer": 1},
        "consumer:size": {"consumer_id": consumer, "width": 640, "height": 360},
        "consumer:priority": {"consumer_id": consumer, "priority": 200},
        "produce_data": channel,
        "data_producer:close": {"data_producer_id": spare_data},
        "consume_data": hearing,
        "data_consumer:close": {"data_consumer_id": (await client.ask("consume_data", **hearing))["id"]},
        "media:toggle": {"kind": "audio", "enabled": False},
        "screen:start": {},
        "screen:stop": {},
        "hand:raise": {"raised": True},
        "reaction:send": {"reaction": "👍"},
        "chat:send": {"text": "Hello"},
        "chat:edit": {"message_id": said, "text": "Hello?"},
        "chat:delete": {"message_id": said},
        "chat:list": {},
        "poll:create": {"type": "YesNo", "question": "Tea?"},
        "poll:vote": {"poll_id": poll, "choices": [0]},
        "poll:answers": {"poll_id": poll},
        "poll:close": {"poll_id": poll},
        "poll:list": {},
        "presence:set": {"presence": "active"},
        "participant:rename": {"display_name": "Ada L."},
        "participant:mute": {"participant_id": bob, "kind": "audio"},
        "room:mute_all": {"kind": "video"},
        "participant:ask_unmute": {"participant_id": bob, "kind": "audio"},
        "participant:stop_share": {"participant_id": bob},
        "hand:lower": {"participant_id": bob},
        "hand:lower_all": {},
        "participant:set_role": {"participant_id": bob, "role": "co_host"},
        "participant:permit": {"participant_id": bob, "can_use_chat": False},
        "room:lock": {"locked": False},
        "room:features": {"reactions": False},
        "room:spotlight": {"participant_ids": [bob]},
        "participant:remove": {"participant_id": cy},
        "participant:block": {"participant_id": dee},
        "participant:unblock": {"user_id": "user-dee"},
        "room:lobby": {"enabled": True},
        "lobby:list": {},
        "lobby:message": {"text": "Soon."},
        "lobby:admit": {"waiting_id": await waiting(node, "eve")},
        "lobby:deny": {"waiting_id": await waiting(node, "fay")},
        "lobby:admit_all": {},
        "room:blocks": {},
        "token:refresh": {"token": node.token("again", user_id="user-ada", expires_at=node.now + 900)},
        "room:leave": {},
        "room:join": {"meeting_id": "daily", "display_name": "Ada"},
        "room:close": {},
    }


async def test_every_request_with_an_ack_is_answered_by_the_ack_alone(node: Node) -> None:
    await node.meeting(creator_id="user-ada")
    ada = await node.connect("ada")
    await ada.join("daily")
    payloads = await prepared(node, ada)
    ada.heard.clear()
    assert payloads.keys() == REQUESTS.keys() - OF_WAITING_PEOPLE
    for event, payload in payloads.items():
        reply = await ada.ask(event, **payload)
        REQUESTS[event].reply.model_validate(reply, by_alias=True)
    await ada.settle()
    assert answers(ada) == []


async def test_every_request_without_an_ack_is_answered_by_its_reply_event_alone(node: Node) -> None:
    await node.meeting(creator_id="user-ada")
    ada = await node.connect("ada")
    await ada.join("daily")
    for event, payload in (await prepared(node, ada)).items():
        ada.heard.clear()
        await ada.send(event, payload)
        reply = await ada.told(REQUESTS[event].reply_event)
        REQUESTS[event].reply.model_validate(reply, by_alias=True)
        await ada.settle()
        assert len(answers(ada)) == 1, ada.heard


async def test_a_refusal_without_an_ack_is_the_error_event(node: Node) -> None:
    ada = await node.connect("ada")
    await ada.send("room:leave", {})
    error = await ada.told("error")
    assert error == {"code": "ACCESS_DENIED", "message": "Join a meeting first.", "event": "room:leave"}
    await ada.settle()
    assert ada.names() == ["error"]


async def test_a_request_without_a_payload_is_one_with_an_empty_payload(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    await ada.send("room:leave")
    assert await ada.told("room:left") == {"meeting_id": "daily"}


async def test_requests_of_one_client_are_answered_in_the_order_they_were_asked(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.send("room:join", {"meeting_id": "daily"})
    for raised in (True, False, True, False):
        await ada.send("hand:raise", {"raised": raised})
    await ada.send("room:leave", {})
    await ada.told("room:left")
    assert ada.names() == ["room:joined", *["hand:raised"] * 4, "room:left"]
    assert [data["raised"] for name, data in ada.heard if name == "hand:raised"] == [True, False, True, False]


@pytest.mark.parametrize("transports", [("polling",), ("polling", "websocket")])
async def test_a_client_that_starts_with_polling_is_served_alike(node: Node, transports: tuple[str, ...]) -> None:
    await node.meeting()
    ada = await node.client().connect(node.token("ada"), transports)
    assert (await ada.join("daily"))["your_role"] == "participant"
