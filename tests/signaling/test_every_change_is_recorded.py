"""No request changes what a room is without an event that says so (EVT-1).

Each request of the catalogue is asked in a real room, and everything the room consists of is compared before and
after. Whatever changed outside the paths that are named here as the way of media needs an event. A request that is
added to the catalogue without a deed here fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from persistence.events import Payload
from signaling.messages.catalogue import REQUESTS
from tests.signaling.conftest import Client, Node
from tests.signaling.photograph import changed, photograph

PATH_OF_MEDIA: Final = frozenset({"transports", "consumers"})
"""How media reaches one participant: kept while it lasts, told by `transport.stats` and `layer.adjusted`."""

SECRETS: Final = frozenset({"session", "resume_token", "used_token", "successor"})
"""What makes a connection a participant's: the record must not hold it."""

Payloads = dict[str, Any]


@dataclass
class Stage:
    """Ada hosts, Bob is in. `who` asks next: Ada, unless a deed says otherwise."""

    node: Node
    ada: Client
    bob: Client
    bobs_id: str
    who: Client

    def by_bob(self, **payload: Any) -> Payloads:
        self.who = self.bob
        return payload

    async def waiting(self) -> str:
        await self.ada.ask("room:lobby", enabled=True)
        self.who = self.ada
        cy = await self.node.connect("cy")
        return str((await cy.join("daily"))["waiting_id"])


Deed = Callable[[Stage], Awaitable[Payloads]]
DEEDS: Final[dict[str, Deed]] = {}


def deed(event: str) -> Callable[[Deed], Deed]:
    """What is asked, after what it takes to be able to ask."""

    def declare(prepare: Deed) -> Deed:
        assert event not in DEEDS
        DEEDS[event] = prepare
        return prepare

    return declare


def simply(event: str, **payload: Any) -> None:
    async def prepare(_stage: Stage) -> Payloads:
        return payload

    DEEDS[event] = prepare


def to_bob(event: str, **payload: Any) -> None:
    async def prepare(stage: Stage) -> Payloads:
        return {"participant_id": stage.bobs_id, **payload}

    DEEDS[event] = prepare


simply("room:create", title="Another")
simply("room:leave")
simply("room:close")
simply("transport:create", direction="send")
simply("media:toggle", kind="audio", enabled=True)
simply("screen:start")
simply("hand:raise", raised=True)
simply("reaction:send", reaction="👍")
simply("presence:set", presence="away")
simply("participant:rename", display_name="Countess")
simply("chat:send", text="hello")
simply("chat:list", before=10)
simply("poll:create", type="YesNo", question="Well?")
simply("poll:list")
simply("room:blocks")
simply("room:lock", locked=True)
simply("room:features", chat=False)
simply("room:lobby", enabled=True)
simply("lobby:list")
to_bob("participant:remove")
to_bob("participant:block")
to_bob("participant:set_role", role="co_host")
to_bob("participant:permit", can_use_chat=False)


@deed("room:join")
async def join(stage: Stage) -> Payloads:
    stage.who = await stage.node.connect("dee")
    return {"meeting_id": "daily"}


@deed("token:refresh")
async def refresh(stage: Stage) -> Payloads:
    return {"token": stage.node.token("ada")}


def on_transport(event: str, **payload: Any) -> None:
    async def prepare(stage: Stage) -> Payloads:
        return {"transport_id": await stage.ada.transport("send", sctp=True), **payload}

    DEEDS[event] = prepare


on_transport("transport:connect", dtlsParameters={})
on_transport("transport:restart_ice")
on_transport("transport:stats")
on_transport("produce", kind="audio", rtpParameters={}, source="microphone")
on_transport("produce_data", sctpStreamParameters={"streamId": 1})


def on_producer(event: str, *, paused: bool = False) -> None:
    async def prepare(stage: Stage) -> Payloads:
        return {"producer_id": await stage.ada.produce("microphone", paused=paused)}

    DEEDS[event] = prepare


on_producer("producer:pause")
on_producer("producer:resume", paused=True)
on_producer("producer:close")


@deed("consume")
async def consume(stage: Stage) -> Payloads:
    producer_id = await stage.bob.produce("camera")
    return {"transport_id": await stage.ada.transport("recv"), "producer_id": producer_id, "rtpCapabilities": {}}


def on_consumer(event: str, **payload: Any) -> None:
    async def prepare(stage: Stage) -> Payloads:
        return {"consumer_id": await stage.ada.consume(await stage.bob.produce("camera")), **payload}

    DEEDS[event] = prepare


on_consumer("consumer:resume")
on_consumer("consumer:pause")
on_consumer("consumer:close")
on_consumer("consumer:keyframe")
on_consumer("consumer:layers", spatial_layer=1)
on_consumer("consumer:size", width=320, height=180)
on_consumer("consumer:priority", priority=10)


async def data_producer_of(client: Client) -> str:
    on = await client.transport("send", sctp=True)
    made = await client.ask("produce_data", transport_id=on, sctpStreamParameters={"streamId": 1})
    return str(made["id"])


@deed("data_producer:close")
async def close_data(stage: Stage) -> Payloads:
    return {"data_producer_id": await data_producer_of(stage.ada)}


@deed("consume_data")
async def consume_data(stage: Stage) -> Payloads:
    on = await stage.ada.transport("recv", sctp=True)
    return {"transport_id": on, "data_producer_id": await data_producer_of(stage.bob)}


@deed("data_consumer:close")
async def close_data_consumer(stage: Stage) -> Payloads:
    made = await stage.ada.ask("consume_data", **await consume_data(stage))
    return {"data_consumer_id": made["id"]}


@deed("screen:stop")
async def stop_screen(stage: Stage) -> Payloads:
    await stage.ada.ask("screen:start")
    return {}


async def said(stage: Stage) -> Payloads:
    return {"message_id": (await stage.ada.ask("chat:send", text="hello"))["message_id"]}


@deed("chat:edit")
async def edit(stage: Stage) -> Payloads:
    return {**await said(stage), "text": "hello again"}


DEEDS["chat:delete"] = said


async def polled(stage: Stage) -> Payloads:
    return {"poll_id": (await stage.ada.ask("poll:create", type="YesNo", question="Well?"))["poll_id"]}


@deed("poll:vote")
async def vote(stage: Stage) -> Payloads:
    return stage.by_bob(**await polled(stage), choices=[0])


DEEDS["poll:close"] = DEEDS["poll:answers"] = polled


def to_bob_on(event: str, **payload: Any) -> None:
    """Bob's microphone is on."""

    async def prepare(stage: Stage) -> Payloads:
        await stage.bob.ask("media:toggle", kind="audio", enabled=True)
        return payload if event == "room:mute_all" else {"participant_id": stage.bobs_id, **payload}

    DEEDS[event] = prepare


to_bob_on("participant:mute", kind="audio")
to_bob_on("room:mute_all", kind="audio")


@deed("participant:ask_unmute")
async def ask_unmute(stage: Stage) -> Payloads:
    await stage.ada.ask("room:features", unmute=False)
    return {"participant_id": stage.bobs_id, "kind": "audio"}


@deed("participant:stop_share")
async def stop_share(stage: Stage) -> Payloads:
    await stage.bob.ask("screen:start")
    return {"participant_id": stage.bobs_id}


@deed("hand:lower")
async def lower(stage: Stage) -> Payloads:
    await stage.bob.ask("hand:raise", raised=True)
    return {"participant_id": stage.bobs_id}


@deed("hand:lower_all")
async def lower_all(stage: Stage) -> Payloads:
    await stage.bob.ask("hand:raise", raised=True)
    return {}


@deed("participant:unblock")
async def unblock(stage: Stage) -> Payloads:
    await stage.ada.ask("participant:block", participant_id=stage.bobs_id)
    return {"user_id": "user-bob"}


@deed("room:spotlight")
async def spotlight(stage: Stage) -> Payloads:
    return {"participant_ids": [stage.bobs_id]}


@deed("lobby:leave")
async def leave_lobby(stage: Stage) -> Payloads:
    await stage.waiting()
    stage.who = stage.node.clients[-1]
    return {}


@deed("lobby:admit")
async def admit(stage: Stage) -> Payloads:
    return {"waiting_id": await stage.waiting()}


@deed("lobby:admit_all")
async def admit_all(stage: Stage) -> Payloads:
    await stage.waiting()
    return {}


DEEDS["lobby:deny"] = admit


@deed("lobby:message")
async def message_lobby(stage: Stage) -> Payloads:
    await stage.waiting()
    return {"text": "Soon"}


CHANGE_NOTHING: Final = frozenset(
    {
        *("chat:list", "poll:list", "poll:answers", "room:blocks", "lobby:list", "transport:stats", "token:refresh"),
        *("room:create",),  # another meeting, which is not live
        *("transport:create", "transport:connect", "transport:restart_ice", "consume", "consume_data"),
        *("consumer:resume", "consumer:pause", "consumer:close", "consumer:keyframe", "consumer:layers"),
        *("consumer:size", "consumer:priority", "data_consumer:close"),
    }
)
"""Those that ask, and those that change nothing but the path of media."""

PASS_BY: Final = frozenset({"lobby:message", "reaction:send"})
"""Those that are recorded although nothing of them stays in the room."""


@pytest.fixture
async def stage(node: Node) -> Stage:
    await node.meeting(creator_id="user-ada")
    ada, bob = await node.connect("ada"), await node.connect("bob")
    await ada.join("daily")
    return Stage(node, ada, bob, (await bob.join("daily"))["participant_id"], ada)


async def changed_by(stage: Stage, event: str) -> tuple[set[str], int]:
    """Ask it. What changed that needs an event, and how many events there were."""
    node = stage.node
    room = node.registry.get("daily")
    assert room is not None
    payload = await DEEDS[event](stage)
    await stage.ada.settle()
    await stage.bob.settle()
    before, facts = photograph(room, queue_of(node)), len(node.record.facts)
    await stage.who.ask(event, **payload)
    await stage.bob.request("no:such:request")  # facts that nobody waits for are on their way
    after = photograph(room, queue_of(node))
    found = {path for path in changed(before, after) if not (PATH_OF_MEDIA | SECRETS) & set(path.split("."))}
    return found, len(node.record.facts) - facts


def queue_of(node: Node) -> dict[str, Any]:
    return dict(node.gateway._signaling._lobbies._queues.get("daily", {}))


def test_every_request_of_the_catalogue_is_tried_here() -> None:
    assert DEEDS.keys() == REQUESTS.keys()


@pytest.mark.parametrize("event", sorted(DEEDS))
async def test_what_a_request_changes_is_recorded(stage: Stage, event: str) -> None:
    found, facts = await changed_by(stage, event)
    assert facts > 0 or found == set()
    assert facts > 0 or event not in PASS_BY
    assert (found == set()) is (event in CHANGE_NOTHING | PASS_BY), found


@pytest.mark.parametrize("event", sorted(DEEDS.keys() - CHANGE_NOTHING - PASS_BY))
async def test_a_handler_that_forgot_its_event_would_be_caught(
    stage: Stage, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(_meeting_id: str, *_facts: Payload, **_actor: object) -> None:
        pass

    prepare = DEEDS[event]

    async def and_forget(stage: Stage) -> Payloads:
        payload = await prepare(stage)
        monkeypatch.setattr(stage.node.record, "emit", forget)
        return payload

    monkeypatch.setitem(DEEDS, event, and_forget)
    found, facts = await changed_by(stage, event)
    assert found
    assert facts == 0
