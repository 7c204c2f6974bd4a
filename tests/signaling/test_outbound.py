"""What waits for a client that reads slowly: bounded, and worth reading."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.messages import catalogue
from signaling.messages.media import MediaUpdated, ProducerNamed, SpeakerChanged
from signaling.messages.model import Error
from signaling.outbound import BEHIND_BYTES, BEHIND_MESSAGES, MAX_BYTES, MAX_MESSAGES, Backlog
from signaling.packets import Notices
from signaling.superseding import state_of
from tests.signaling.conftest import Node
from tests.signaling.test_bad_input import raw


class Packet:
    def __init__(self, data: str) -> None:
        self.data = data


def drained(backlog: Backlog) -> list[str]:
    return [backlog.get_nowait().data for _ in range(backlog.qsize())]


def filled(messages: int = BEHIND_MESSAGES) -> Backlog:
    backlog = Backlog()
    for n in range(messages):
        backlog.put_nowait(Packet(f"chat {n}"))
    return backlog


def test_a_client_that_keeps_up_is_told_every_step() -> None:
    backlog = Backlog()
    for text in ("muted", "unmuted", "muted again"):
        backlog.put_state("ada", Packet(text))
    assert drained(backlog) == ["muted", "unmuted", "muted again"]


def test_a_client_that_is_behind_is_told_only_how_things_are_in_the_end_and_last() -> None:
    backlog = filled()
    backlog.put_state("ada", Packet("muted"))
    backlog.put_nowait(Packet("bob joined"))
    backlog.put_state("bob", Packet("bob muted"))
    backlog.put_state("ada", Packet("unmuted"))
    assert drained(backlog)[BEHIND_MESSAGES:] == ["bob joined", "bob muted", "unmuted"]
    assert backlog.superseded == 1
    assert backlog.bytes == 0


def test_being_behind_counts_in_bytes_as_in_messages() -> None:
    backlog = Backlog()
    backlog.put_nowait(Packet("x" * BEHIND_BYTES))
    for text in ("one", "two"):
        backlog.put_state("ada", Packet(text))
    assert drained(backlog)[1:] == ["two"]


@pytest.mark.parametrize(("size", "count"), [(1, MAX_MESSAGES), (MAX_BYTES // 4, 4)])
def test_it_takes_a_megabyte_or_so_many_messages_and_not_one_more(size: int, count: int) -> None:
    backlog = Backlog()
    for _ in range(count):
        assert backlog.takes(Packet("x" * size))
        backlog.put_nowait(Packet("x" * size))
    assert not backlog.takes(Packet("x"))
    backlog.drop()
    assert (backlog.takes(Packet("x")), backlog.bytes, backlog.qsize()) == (True, 0, 0)


def test_what_comes_counts_before_it_is_held_and_in_bytes() -> None:
    backlog = Backlog()
    backlog.put_nowait(Packet("\N{GRINNING FACE}" * (MAX_BYTES // 8)))
    assert backlog.bytes == MAX_BYTES // 2
    assert backlog.takes(Packet("x" * (MAX_BYTES // 2)))
    assert not backlog.takes(Packet("x" * (MAX_BYTES // 2 + 1)))


def test_what_comes_alone_is_taken_however_long_it_is() -> None:
    """Of our own making: who enters the largest of meetings could never be told who is there."""
    assert Backlog().takes(Packet("x" * 2 * MAX_BYTES))


@given(st.lists(st.tuples(st.sampled_from(["put", "state", "get"]), st.integers(0, 3)), max_size=300))
def test_the_last_word_of_every_state_is_kept_in_order_whatever_was_left_out(steps: list[tuple[str, int]]) -> None:
    backlog = filled(BEHIND_MESSAGES // 2)
    said: list[tuple[int | None, str]] = []
    heard = 0
    for number, (step, who) in enumerate(steps):
        text = f"{number}"
        if step == "put":
            backlog.put_nowait(Packet(text))
            said.append((None, text))
        elif step == "state":
            backlog.put_state(who, Packet(text))
            said.append((who, text))
        elif backlog.qsize():
            backlog.get_nowait()
            heard += 1
    left = [text for text in drained(backlog) if not text.startswith("chat")]
    assert left == sorted(left, key=int)
    last = {who: text for who, text in said if who is not None}
    waiting = set(left)
    superseded = [text for who, text in said if who is not None and last[who] != text]
    assert backlog.bytes == 0
    assert len(backlog._latest) == 0
    assert backlog.superseded <= len(superseded)
    if not heard:
        assert {*last.values(), *(text for who, text in said if who is None)} <= waiting


def test_notifications_about_the_same_thing_supersede_one_another_and_no_others() -> None:
    def media(who: str, kind: Any) -> Any:
        return state_of(catalogue.MEDIA_UPDATED, MediaUpdated(participant_id=who, kind=kind, enabled=True))

    assert media("ada", "audio") == media("ada", "audio") != media("ada", "video")
    assert media("ada", "audio") != media("bob", "audio")
    one = ProducerNamed(producer_id="p")
    assert state_of(catalogue.PRODUCER_PAUSED, one) == state_of(catalogue.PRODUCER_RESUMED, one) is not None
    assert state_of(catalogue.PRODUCER_REMOVED, one) is None
    assert state_of(catalogue.SPEAKER_CHANGED, SpeakerChanged(participant_id=None)) is not None


async def test_a_slow_reader_is_spared_what_is_over_before_it_is_hung_up_on(node: Node) -> None:
    """It reads nothing for a while: thousands of toggles cost it no connection, a megabyte of news does."""
    node.token("ada")
    async with aiohttp.ClientSession() as session:
        socket = await raw(node, session)
        await socket.send_str('40/meeting,{"token":"ada"}')
        await node.until(lambda: node.gateway.sessions == 1)
        signaling, _ = next(iter(node.gateway._signaling._sessions.values()))
        for n in range(3 * MAX_MESSAGES):
            told = MediaUpdated(participant_id=f"p{n % 5}", kind="audio", enabled=n % 2 == 0)
            signaling.tell(catalogue.MEDIA_UPDATED, told)
        assert node.gateway.counters.superseded > MAX_MESSAGES
        assert node.gateway.counters.refused["slow_client"] == 0
        for _ in range(2 * MAX_BYTES // 1000):
            signaling.tell("error", Error(code="INTERNAL", message="x" * 1000, event="x"))
        await node.until(lambda: node.gateway.sessions == 0)
    assert node.gateway.counters.refused["slow_client"] == 1


async def test_who_reads_too_slowly_in_a_meeting_is_hung_up_on_and_comes_back_as_who_they_were(node: Node) -> None:
    await node.meeting()
    ada = await node.connect("ada")
    await ada.join("daily")
    node.token("bob")
    async with aiohttp.ClientSession() as session:
        socket = await raw(node, session)
        await socket.send_str('40/meeting,{"token":"bob"}')
        await socket.send_str('42/meeting,1["room:join",{"meeting_id":"daily"}]')
        async for message in socket:
            if message.data.startswith("43/meeting,1"):
                joined = json.loads(message.data.removeprefix("43/meeting,1"))[0]["data"]
                break
        bob = joined["participant_id"]
        room = node.registry.get("daily")
        assert room is not None
        # From here on he reads nothing more.
        for _ in range(2 * MAX_BYTES // 1000):
            room.participants[bob].tell("error", Error(code="INTERNAL", message="x" * 1000, event="x"))
        await node.until(lambda: node.gateway.counters.refused["slow_client"] == 1)
        assert (await ada.told("participant:updated"))["connected"] is False
    assert bob in room.participants, "as if his network had gone"
    again = await node.client().connect("bob")
    back = await again.join("daily", resume_token=joined["resume_token"])
    assert (back["participant_id"], "resumed" in back) == (bob, True)
    assert "participant:left" not in ada.names()


def test_what_is_told_to_many_is_written_once_and_to_each_as_it_is() -> None:
    notices = Notices()
    on, off = (MediaUpdated(participant_id="ada", kind="audio", enabled=enabled) for enabled in (True, False))
    first, state = notices.of(catalogue.MEDIA_UPDATED, on)
    assert notices.of(catalogue.MEDIA_UPDATED, on) == (first, state)
    assert notices.of(catalogue.MEDIA_UPDATED, off)[0].data != first.data
    # The same words as a notification of something else are another message.
    assert notices.of(catalogue.HAND_RAISED, off)[0].data.startswith('2/meeting,["hand:raised"')
