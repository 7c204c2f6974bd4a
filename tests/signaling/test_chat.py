"""What people write to each other, who reads it, and what becomes of it (SIG-10)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from config.rates import RateSettings
from config.settings import LimitSettings
from persistence.features import Features
from persistence.repositories import ChatMessage
from signaling.chat import PAGE_CHARACTERS, Chat
from signaling.roles import Role
from tests.signaling.conftest import Client, Node

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


async def people(node: Node, *names: str, **meeting: Any) -> list[Client]:
    await node.meeting(creator_id="user-ada", **meeting)
    clients = [await node.connect(name) for name in names]
    for client in clients:
        client.joined = await client.join("daily")  # type: ignore[attr-defined]
    return clients


def id_of(client: Client) -> str:
    return str(client.joined["participant_id"])  # type: ignore[attr-defined]


async def test_a_message_reaches_everybody_once_and_is_in_the_record(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    said = await ada.ask("chat:send", text="Hello")
    heard = await bob.told("chat:message")
    assert (heard["text"], heard["display_name"], heard["user_id"]) == ("Hello", "ada", "user-ada")
    assert heard == {name: value for name, value in said.items() if name != "nonce"}
    assert (said["type"], said["number"], said["deleted"]) == ("Text", 1, False)
    await ada.settle()
    assert "chat:message" not in ada.names()
    assert node.record.types("daily")[-1] == "chat.message_sent"


async def test_nothing_is_said_that_the_record_refuses(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    node.record.failing = lambda _: True
    assert await ada.refused("chat:send", text="Hello") == "UNAVAILABLE"
    node.record.failing = lambda _: False
    assert (await ada.ask("chat:list"))["messages"] == []
    await bob.settle()
    assert "chat:message" not in bob.names()


async def test_who_joins_later_reads_what_was_said_even_after_the_room_was_empty(node: Node) -> None:
    (ada,) = await people(node, "ada")
    await ada.ask("chat:send", text="Agenda: lunch")
    bob = await node.connect("bob")
    assert [m["text"] for m in (await bob.join("daily"))["chat"]["messages"]] == ["Agenda: lunch"]
    for client in (ada, bob):
        await client.ask("room:leave")
    page = (await bob.join("daily"))["chat"]
    assert [m["text"] for m in page["messages"]] == ["Agenda: lunch"]
    assert (page["revision"], page["more"]) == (1, False)
    assert (await bob.ask("chat:send", text="Again"))["number"] == 2


async def test_history_comes_in_pages(node: Node) -> None:
    (ada,) = await people(node, "ada")
    for number in range(60):
        await ada.ask("chat:send", text=f"{number}")
    newest = (await (await node.connect("bob")).join("daily"))["chat"]
    assert ([m["text"] for m in newest["messages"]], newest["more"]) == ([str(n) for n in range(10, 60)], True)
    older = await ada.ask("chat:list", before=newest["messages"][0]["number"], limit=6)
    assert ([m["text"] for m in older["messages"]], older["more"]) == ([str(n) for n in range(4, 10)], True)
    oldest = await ada.ask("chat:list", before=older["messages"][0]["number"])
    assert ([m["text"] for m in oldest["messages"]], oldest["more"]) == ([str(n) for n in range(4)], False)


async def test_authors_edit_and_the_others_see_it(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    said = await bob.ask("chat:send", text="Helo")
    edited = await bob.ask("chat:edit", message_id=said["message_id"], text="Hello")
    assert (edited["text"], edited["number"], edited["revision"]) == ("Hello", 1, 2)
    assert "edited_at" in edited
    assert (await ada.told("chat:edited"))["text"] == "Hello"
    assert await ada.refused("chat:edit", message_id=said["message_id"], text="I am a fool") == "ACCESS_DENIED"
    again = await bob.ask("chat:edit", message_id=said["message_id"], text="Hello")
    assert again == edited
    assert node.record.types("daily").count("chat.message_edited") == 1


async def test_a_message_the_room_does_not_hold_any_more_is_changed_all_the_same(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    old = await bob.ask("chat:send", text="Old")
    room = node.registry.get("daily")
    assert room is not None
    newer = await ada.ask("chat:send", text="New")
    room.chat = Chat([kept for kept in [room.chat.get(newer["message_id"])] if kept], revision=2, older=True)
    assert (await bob.ask("chat:edit", message_id=old["message_id"], text="Older"))["number"] == 1
    assert (await ada.told("chat:edited"))["text"] == "Older"
    await ada.ask("chat:send", text="Very old", reply_to=old["message_id"])
    assert (await ada.ask("chat:delete", message_id=old["message_id"]))["deleted"] is True
    assert await bob.refused("chat:edit", message_id=old["message_id"], text="Here again") == "CONFLICT"
    assert await ada.refused("chat:edit", message_id="never", text="?") == "NOT_FOUND"


async def test_authors_and_hosts_delete_and_nothing_of_it_is_left(node: Node) -> None:
    ada, bob, cy = await people(node, "ada", "bob", "cy")
    first = await bob.ask("chat:send", text="Buy my book")
    assert await cy.refused("chat:delete", message_id=first["message_id"]) == "ACCESS_DENIED"
    gone = await ada.ask("chat:delete", message_id=first["message_id"])
    assert (gone["deleted"], gone["text"]) == (True, "")
    assert (await bob.told("chat:deleted"))["message_id"] == first["message_id"]
    assert await ada.ask("chat:delete", message_id=first["message_id"]) == gone
    assert await bob.refused("chat:edit", message_id=first["message_id"], text="My book") == "CONFLICT"
    assert await bob.refused("chat:send", text="As I said", reply_to=first["message_id"]) == "CONFLICT"
    assert "book" not in str((await (await node.connect("dan")).join("daily"))["chat"])
    second = await bob.ask("chat:send", text="Sorry")
    assert (await bob.ask("chat:delete", message_id=second["message_id"]))["deleted"] is True
    assert node.record.types("daily").count("chat.message_deleted") == 2


async def test_co_hosts_do_not_delete_what_hosts_said(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    await ada.ask("participant:set_role", participant_id=id_of(bob), role="co_host")
    said = await ada.ask("chat:send", text="Mine")
    assert await bob.refused("chat:delete", message_id=said["message_id"]) == "ACCESS_DENIED"


async def test_a_private_message_is_for_two_and_nobody_else_learns_of_it(node: Node) -> None:
    ada, bob, cy = await people(node, "ada", "bob", "cy")
    secret = await ada.ask("chat:send", text="Psst", to_participant_id=id_of(bob))
    assert (secret["to_user_id"], secret["to_name"]) == ("user-bob", "bob")
    assert (await bob.told("chat:message"))["text"] == "Psst"
    await cy.settle()
    assert "chat:message" not in cy.names()
    assert (await cy.ask("chat:list"))["messages"] == []
    unknown = [await cy.refused(ask, **named) for ask, named in naming(secret["message_id"])]
    assert unknown == [await cy.refused(ask, **named) for ask, named in naming("never")] == ["NOT_FOUND"] * 3
    assert await bob.refused("chat:send", text="She says psst", reply_to=secret["message_id"]) == "CONFLICT"
    answer = await bob.ask("chat:send", text="What", reply_to=secret["message_id"], to_participant_id=id_of(ada))
    assert (await ada.told("chat:message"))["reply_to"] == answer["reply_to"] == secret["message_id"]
    assert await ada.refused("chat:send", text="Note to self", to_participant_id=id_of(ada)) == "CONFLICT"
    assert await ada.refused("chat:send", text="Who", to_participant_id="nobody") == "NOT_FOUND"
    # It is theirs also when they come back as another participant.
    await bob.ask("room:leave")
    assert [m["text"] for m in (await bob.join("daily"))["chat"]["messages"]] == ["Psst", "What"]


def naming(message_id: str) -> list[tuple[str, dict[str, str]]]:
    return [
        ("chat:edit", {"message_id": message_id, "text": "x"}),
        ("chat:delete", {"message_id": message_id}),
        ("chat:send", {"reply_to": message_id, "text": "x"}),
    ]


async def test_where_hosts_switched_the_chat_off_only_they_write_and_it_says_so(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    said = await bob.ask("chat:send", text="One")
    await ada.ask("room:features", chat=False)
    note = await bob.told("chat:message")
    assert (note["type"], note["text"], note["participant_id"]) == ("System", "ada switched the chat off.", id_of(ada))
    assert await bob.refused("chat:send", text="Two") == "ACCESS_DENIED"
    assert await bob.refused("chat:edit", message_id=said["message_id"], text="Two") == "ACCESS_DENIED"
    await bob.ask("chat:delete", message_id=said["message_id"])
    await ada.ask("chat:send", text="Quiet please")
    await ada.ask("room:features", reactions=False)
    await ada.ask("room:features", chat=True)
    await bob.ask("chat:send", text="Two")
    # What the server said is nobody's to change, and hosts' to take away.
    assert await ada.refused("chat:edit", message_id=note["message_id"], text="Bob did") == "ACCESS_DENIED"
    assert await bob.refused("chat:delete", message_id=note["message_id"]) == "ACCESS_DENIED"
    texts = [m["text"] for m in (await bob.ask("chat:list"))["messages"]]
    assert texts == ["", "ada switched the chat off.", "Quiet please", "ada switched the chat on.", "Two"]


async def test_whoever_may_not_use_the_chat_may_read_it(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob", features=Features())
    await ada.ask("participant:permit", participant_id=id_of(bob), can_use_chat=False)
    assert await bob.refused("chat:send", text="Hello") == "ACCESS_DENIED"
    await ada.ask("chat:send", text="Hello")
    assert len((await bob.ask("chat:list"))["messages"]) == 1


async def test_observers_may_write_unless_their_token_says_no(node: Node) -> None:
    await node.meeting()
    eve = await node.connect("eve", role=Role.OBSERVER, meeting="daily")
    await eve.join("daily")
    await eve.ask("chat:send", text="A question")


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ({"text": "  a\r\nb\x00\x1b[31m\u202e  "}, "a\nb[31m"),
        ({"text": "Z" + "\u0301" * 40}, "Z" + "\u0301" * 8),
        ({"text": "<img src=x onerror=alert(1)>"}, "<img src=x onerror=alert(1)>"),
        ({"type": "Emoji", "text": "👍🏽"}, "👍🏽"),
        ({"type": "Emoji", "text": "1️⃣ ❤️"}, "1️⃣ ❤️"),
        ({"type": "Link", "text": "https://example.org/a?b=c"}, "https://example.org/a?b=c"),
        ({"type": "File", "file": {"name": "../../plan.pdf", "url": "https://example.org/plan", "size": 12}}, ""),
    ],
    ids=str,
)
async def test_what_is_written_is_kept_without_what_harms(node: Node, message: dict[str, Any], kept: str) -> None:
    ada, bob = await people(node, "ada", "bob")
    await ada.ask("chat:send", **message)
    heard = await bob.told("chat:message")
    assert heard["text"] == kept
    assert heard.get("file", {}).get("name", ".._.._plan.pdf") == ".._.._plan.pdf"


@pytest.mark.parametrize(
    "message",
    [
        {"text": ""},
        {"text": " \u202e\n "},
        {"text": "x" * 4001},
        {"text": 5},
        {"type": "System", "text": "The host has left."},
        {"type": "Emoji", "text": "yes"},
        {"type": "Emoji", "text": "12"},
        {"type": "Emoji", "text": "👍" * 65},
        {"type": "Link", "text": "javascript:alert(1)"},
        {"type": "Link", "text": "https://bank.example@evil.example/"},
        {"type": "Link", "text": "https://exam\u200bple.org/"},
        {"type": "Link", "text": "http://[half"},
        {"type": "Link", "text": "see https://example.org"},
        {"type": "File", "text": "no file"},
        {"type": "File", "file": {"name": "a", "url": "file:///etc/passwd"}},
        {"type": "File", "file": {"name": "\n", "url": "https://example.org"}},
        {"text": "a", "file": {"name": "a", "url": "https://example.org"}},
        {"text": "a", "user_id": "user-bob"},
        {"text": "a", "sent_at": "2030-01-01T00:00:00Z"},
    ],
    ids=str,
)
async def test_what_is_no_message_is_refused(node: Node, message: dict[str, Any]) -> None:
    (ada,) = await people(node, "ada")
    assert await ada.refused("chat:send", **message) == "VALIDATION"
    assert "chat.message_sent" not in node.record.types("daily")


async def test_the_same_message_said_twice_because_its_answer_was_lost_is_there_once(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    first = await ada.ask("chat:send", text="Hello", nonce="n1")
    assert await ada.ask("chat:send", text="Hello", nonce="n1") == first
    assert first["nonce"] == "n1"
    heard = await bob.told("chat:message")
    assert "nonce" not in heard
    assert (await bob.ask("chat:send", text="Hi", nonce="n1"))["number"] == 2
    # Not even a room that was over in between forgets it.
    await bob.ask("room:leave")
    await ada.ask("room:leave")
    await ada.join("daily")
    assert await ada.ask("chat:send", text="Hello", nonce="n1") | {"sent_at": ""} == first | {"sent_at": ""}


async def test_what_was_missed_while_the_connection_was_lost_is_delivered_once(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    kept = await ada.ask("chat:send", text="kept")
    changed = await ada.ask("chat:send", text="to change")
    gone = await ada.ask("chat:send", text="to delete")
    await bob.told("chat:message", 3)
    await bob.lose()
    await ada.ask("chat:edit", message_id=changed["message_id"], text="changed")
    await ada.ask("chat:delete", message_id=gone["message_id"])
    await ada.ask("chat:send", text="new")
    again = await node.connect("bob")
    token = bob.joined["resume_token"]  # type: ignore[attr-defined]
    back = await again.join("daily", resume_token=token, chat_seen=gone["revision"])
    assert [m["text"] for m in back["chat"]["messages"]] == ["changed", "", "new"]
    assert (back["chat"]["since"], back["chat"]["revision"]) == (3, 6)
    assert kept["message_id"] not in str(back["chat"])
    await again.settle()
    assert not [name for name in again.names() if name.startswith("chat:")]


async def test_chat_has_a_bucket_of_its_own(node: Node) -> None:
    (ada,) = await people(node, "ada")
    answers = [await ada.request("chat:send", text=f"{number}") for number in range(4)]
    refused = [answer["error"] for answer in answers if not answer["ok"]]
    assert [error["code"] for error in refused] == ["RATE_LIMITED"] * 2
    assert refused[0]["retry_after"] > 0
    await ada.ask("hand:raise", raised=True)


@pytest.fixture
def rates(request: pytest.FixtureRequest) -> RateSettings:
    slow = request.node.name == "test_chat_has_a_bucket_of_its_own"
    return RateSettings(chat_per_s=0.01, chat_burst=2) if slow else RateSettings()


@pytest.fixture
def limits() -> LimitSettings:
    return LimitSettings(chat_length=4000)


def message(number: int, *, text: str = "", revision: int | None = None, to: str | None = None) -> ChatMessage:
    return ChatMessage(
        message_id=f"m{number}",
        number=number,
        revision=revision or number,
        type="Text",
        user_id="ada",
        text=text or str(number),
        to_user_id=to,
        nonce=f"n{number}",
        sent_at=NOON,
    )


def test_a_room_holds_the_last_messages_and_says_that_there_are_older_ones() -> None:
    chat = Chat(kept=3)
    for number in range(1, 6):
        chat.keep(message(number))
    page, more = chat.before(None, reader="ada", limit=10)
    assert ([each.number for each in page], more, len(chat)) == ([3, 4, 5], True, 3)
    assert (chat.get("m2"), chat.said("ada", "n2")) == (None, None)
    assert chat.said("ada", "n3") is not None


def test_who_has_seen_less_than_is_known_of_gets_how_things_are() -> None:
    chat = Chat(kept=3)
    for number in range(1, 6):
        chat.keep(message(number))
    assert chat.changed_since(1, reader="ada") is None
    assert [each.number for each in chat.changed_since(2, reader="ada") or []] == [3, 4, 5]
    assert chat.changed_since(5, reader="ada") == []
    assert chat.changed_since(6, reader="ada") is None
    # A message that is not held any more changed: nobody who has not seen that can be told what changed.
    chat.keep(message(1, text="edited", revision=6))
    assert (len(chat), chat.changed_since(5, reader="ada")) == (3, None)
    assert chat.changed_since(6, reader="ada") == []


def test_a_chat_made_of_what_was_stored_goes_on_where_it_was() -> None:
    chat = Chat([message(4), message(5, revision=9)], revision=9, older=True)
    assert chat.revision == 9
    assert chat.changed_since(8, reader="ada") is None
    assert chat.before(None, reader="ada", limit=1) == ([message(5, revision=9)], True)
    whole = Chat([message(1), message(2)], revision=2)
    assert [each.number for each in whole.changed_since(0, reader="ada") or []] == [1, 2]


def test_a_page_is_bounded_by_its_characters_and_never_empty() -> None:
    chat = Chat()
    for number in range(1, 5):
        chat.keep(message(number, text="x" * (PAGE_CHARACTERS // 2)))
    page, more = chat.before(None, reader="ada", limit=50)
    assert ([each.number for each in page], more) == ([3, 4], True)
    chat.keep(message(5, text="x" * (PAGE_CHARACTERS + 1)))
    assert [each.number for each in chat.before(None, reader="ada", limit=50)[0]] == [5]
    assert chat.changed_since(1, reader="ada") is None
    assert chat.before(None, reader="bob", limit=50)[0] != []
    chat.keep(message(6, to="bob"))
    assert [each.number for each in chat.before(None, reader="cy", limit=1)[0]] == [5]
