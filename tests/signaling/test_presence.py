"""Who is at their device (SIG-12), and what people are called."""

from __future__ import annotations

from typing import Any

import pytest

from config.settings import LimitSettings
from persistence.events import ParticipantRenamed, PresenceChanged
from signaling.facts import Facts
from signaling.presence import Presences
from tests.signaling.conftest import Client, Node
from tests.signaling.world import MemoryRecord

TTL_S = 300.0


async def people(node: Node, *names: str) -> list[tuple[Client, str]]:
    """The first one hosts."""
    await node.meeting(creator_id=f"user-{names[0]}")
    found = []
    for name in names:
        client = await node.connect(name)
        found.append((client, (await client.join("daily"))["participant_id"]))
    return found


async def test_away_and_back_are_told_and_recorded_once(node: Node) -> None:
    (ada, ada_id), (bob, _) = await people(node, "ada", "bob")
    for presence in ("active", "away", "away", "active"):
        told = await ada.ask("presence:set", presence=presence)
        assert told == {"participant_id": ada_id, "presence": presence}
    assert [(await bob.told("participant:updated", number))["presence"] for number in (1, 2)] == ["away", "active"]
    await ada.settle()
    assert "participant:updated" not in ada.names()
    assert node.record.types("daily").count("presence.changed") == 2
    assert await ada.refused("presence:set", presence="busy") == "VALIDATION"


async def test_who_joins_later_sees_who_is_away_and_whoever_does_something_is_back(node: Node) -> None:
    (ada, ada_id), (bob, _) = await people(node, "ada", "bob")
    await ada.ask("presence:set", presence="away")
    seen = {
        person["display_name"]: person for person in (await (await node.connect("cy")).join("daily"))["participants"]
    }
    assert {name: person["presence"] for name, person in seen.items()} == {
        "ada": "away",
        "bob": "active",
        "cy": "active",
    }
    await ada.ask("transport:create", direction="recv")
    await ada.ask("hand:raise", raised=True)
    back = await bob.told("participant:updated", 2)
    assert (back["participant_id"], back["presence"]) == (ada_id, "active")


class Stranger:
    """As much of a participant as presence looks at."""

    def __init__(self, name: str) -> None:
        self.id, self.presence, self.gone, self.room = name, "active", False, self
        self.told: list[str] = []

    def view(self) -> Any:
        return self.presence

    def tell(self, _event: str, presence: str) -> None:
        self.told.append(presence)


async def test_of_whom_nothing_is_heard_for_300_seconds_is_away() -> None:
    now, record = [0.0], MemoryRecord()
    facts = Facts(record, linger_s=0)
    presences = Presences(facts, ttl_s=TTL_S, clock=lambda: now[0])
    quiet, lively, gone = (Stranger(name) for name in ("quiet", "lively", "gone"))
    for each in (quiet, lively, gone):
        presences.touch(each)  # type: ignore[arg-type]
    gone.gone = True
    now[0] = 200.0
    presences.touch(lively)  # type: ignore[arg-type]
    presences.look(299.9)
    assert quiet.told == []
    presences.prune()
    assert len(presences) == 2
    presences.look(300.0)
    assert (quiet.told, lively.told, gone.told, len(presences)) == (["away"], [], [], 1)
    presences.look(499.0)
    presences.touch(quiet)  # type: ignore[arg-type]
    presences.touch(quiet)  # type: ignore[arg-type]
    assert quiet.told == ["away", "active"]
    presences.forget(lively)  # type: ignore[arg-type]
    presences.look(1_000_000.0)
    assert (lively.told, len(presences)) == ([], 0)
    await facts.drain()
    told = [fact.presence for _, _, _, fact in record.facts if isinstance(fact, PresenceChanged)]
    assert told == ["away", "active", "away"]


@pytest.fixture
def limits(request: pytest.FixtureRequest) -> LimitSettings:
    short = "nobody_is_heard" in request.node.name
    return LimitSettings(presence_ttl_s=0.05 if short else TTL_S)


async def test_everybody_learns_when_nobody_is_heard_of(node: Node) -> None:
    (_ada, ada_id), (bob, _) = await people(node, "ada", "bob")
    told = await bob.told("participant:updated")
    assert (told["participant_id"], told["presence"]) == (ada_id, "away")


async def test_a_name_is_changed_cleaned_told_and_recorded(node: Node) -> None:
    (ada, ada_id), (bob, _) = await people(node, "ada", "bob")
    told = await ada.ask("participant:rename", display_name=" Ada\u202e  <b>Lovelace</b>\n")
    assert told == {"participant_id": ada_id, "display_name": "Ada <b>Lovelace</b>"}
    assert (await bob.told("participant:updated"))["display_name"] == "Ada <b>Lovelace</b>"
    assert (await bob.told("chat:message"))["text"] == "ada is now called Ada <b>Lovelace</b>."
    await ada.ask("participant:rename", display_name="Ada <b>Lovelace</b>")
    renames = [fact for _, _, _, fact in node.record.facts if isinstance(fact, ParticipantRenamed)]
    assert [(fact.from_name, fact.display_name) for fact in renames] == [("ada", "Ada <b>Lovelace</b>")]
    assert await ada.refused("participant:rename", display_name=" \u202e ") == "VALIDATION"
    assert await ada.refused("participant:rename", display_name="x" * 1025) == "VALIDATION"
    assert (await ada.ask("chat:send", text="Hi"))["display_name"] == "Ada <b>Lovelace</b>"


async def test_hosts_rename_others_and_others_nobody_but_themselves(node: Node) -> None:
    (ada, ada_id), (bob, bob_id) = await people(node, "ada", "bob")
    assert await bob.refused("participant:rename", participant_id=ada_id, display_name="Eve") == "ACCESS_DENIED"
    assert await ada.refused("participant:rename", participant_id="nobody", display_name="Eve") == "NOT_FOUND"
    await ada.ask("participant:rename", participant_id=bob_id, display_name="Robert")
    assert (await bob.told("participant:updated"))["display_name"] == "Robert"
    await bob.ask("participant:rename", participant_id=bob_id, display_name="Bob")


async def test_a_name_is_kept_through_a_lost_connection(node: Node) -> None:
    (ada, _), _ = await people(node, "ada", "bob")
    room = node.registry.get("daily")
    assert room is not None
    await ada.ask("participant:rename", display_name="Countess")
    await ada.ask("presence:set", presence="away")
    (me,) = (person for person in room.participants.values() if person.display_name == "Countess")
    await ada.lose()
    await node.until(lambda: me.away_since is not None)
    again = await node.connect("ada")
    back = await again.join("daily", display_name="ada", resume_token=me.resume_token)
    mine = next(person for person in back["participants"] if person["participant_id"] == back["participant_id"])
    assert mine["display_name"] == "Countess"
