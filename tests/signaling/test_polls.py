"""What a meeting is asked, what it answers, and who learns of it (SIG-11)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from persistence.events import PollVoted
from persistence.repositories import Poll, PollResponse
from signaling.polls import MOST_POLLS, Ballots, Polls, RunningPoll
from signaling.roles import Role
from tests.signaling.conftest import Client, Node

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LUNCH = {"type": "SingleChoice", "question": "Lunch?", "options": ["Soup", "Salad", "Bread"]}


async def people(node: Node, *names: str) -> list[Client]:
    """The first one hosts."""
    await node.meeting(creator_id=f"user-{names[0]}")
    clients = [await node.connect(name) for name in names]
    for client in clients:
        await client.join("daily")
    return clients


async def test_a_host_asks_people_answer_and_everybody_sees_how_it_stands(node: Node) -> None:
    ada, bob, cy = await people(node, "ada", "bob", "cy")
    asked = await ada.ask("poll:create", **LUNCH)
    assert (asked["open"], asked["votes"], asked["results"]["counts"]) == (True, 0, [0, 0, 0])
    poll = await bob.told("poll:created")
    assert (poll["question"], poll["options"], poll["display_name"]) == ("Lunch?", ["Soup", "Salad", "Bread"], "ada")
    voted = await bob.ask("poll:vote", poll_id=poll["poll_id"], choices=[1])
    assert (voted["own"], voted["votes"]) == ({"choices": [1]}, 1)
    assert (await cy.told("poll:updated"))["results"] == {"counts": [0, 1, 0]}
    closed = await ada.ask("poll:close", poll_id=poll["poll_id"])
    assert (closed["open"], closed["results"]["counts"]) == (False, [0, 1, 0])
    heard = await bob.told("poll:closed")
    assert (heard["open"], heard["own"]) == (False, {"choices": [1]})
    assert "own" not in await cy.told("poll:closed")
    assert await cy.refused("poll:vote", poll_id=poll["poll_id"], choices=[0]) == "CONFLICT"
    assert await ada.ask("poll:close", poll_id=poll["poll_id"]) == closed
    kinds = [kind for kind in node.record.types("daily") if kind.startswith("poll.")]
    assert kinds == ["poll.created", "poll.voted", "poll.closed"]
    notes = [message["text"] for message in (await cy.ask("chat:list"))["messages"]]
    assert notes == ["ada opened a poll: Lunch?", "ada closed the poll: Lunch?"]


async def test_one_answer_each_changed_at_will_on_whatever_connection(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    poll_id = (await ada.ask("poll:create", **LUNCH))["poll_id"]
    await bob.ask("poll:vote", poll_id=poll_id, choices=[0])
    again = await bob.ask("poll:vote", poll_id=poll_id, choices=[2])
    assert (again["votes"], again["results"]["counts"]) == (1, [0, 0, 1])
    await bob.ask("poll:vote", poll_id=poll_id, choices=[2])
    assert node.record.types("daily").count("poll.voted") == 2
    phone = node.client()
    await phone.connect("bob")
    await phone.join("daily")
    assert (await phone.ask("poll:vote", poll_id=poll_id, choices=[1]))["results"]["counts"] == [0, 1, 0]


@pytest.mark.parametrize(
    ("poll", "answer", "counts", "average"),
    [
        ({"type": "YesNo"}, {"choices": [0]}, [1, 0], None),
        ({"type": "MultipleChoice", "options": ["a", "b", "c"]}, {"choices": [2, 0, 2]}, [1, 0, 1], None),
        ({"type": "Rating"}, {"rating": 4}, [0, 0, 0, 1, 0], 4.0),
        ({"type": "Rating", "steps": 10}, {"rating": 10}, [0] * 9 + [1], 10.0),
        ({"type": "OpenEnded"}, {"text": " More breaks\u202e "}, [], None),
    ],
    ids=str,
)
async def test_each_type_has_its_kind_of_answer(
    node: Node, poll: dict[str, Any], answer: dict[str, Any], counts: list[int], average: float | None
) -> None:
    (ada,) = await people(node, "ada")
    poll_id = (await ada.ask("poll:create", question="How?", **poll))["poll_id"]
    voted = await ada.ask("poll:vote", poll_id=poll_id, **answer)
    assert voted["results"] == {"counts": counts} | ({} if average is None else {"average": average})
    if "text" in answer:
        assert voted["own"]["text"] == "More breaks"


@pytest.mark.parametrize(
    ("poll", "answer"),
    [
        (LUNCH, {}),
        (LUNCH, {"choices": []}),
        (LUNCH, {"choices": [0, 1]}),
        (LUNCH, {"choices": [3]}),
        (LUNCH, {"choices": [-1]}),
        (LUNCH, {"choices": [0], "rating": 1}),
        (LUNCH, {"text": "Soup"}),
        ({"type": "YesNo", "question": "?"}, {"choices": [2]}),
        ({"type": "MultipleChoice", "question": "?", "options": ["a", "b"], "most_choices": 1}, {"choices": [0, 1]}),
        ({"type": "Rating", "question": "?"}, {"rating": 6}),
        ({"type": "Rating", "question": "?"}, {"rating": 0}),
        ({"type": "Rating", "question": "?"}, {"choices": [1]}),
        ({"type": "OpenEnded", "question": "?"}, {"text": "  "}),
        ({"type": "OpenEnded", "question": "?"}, {"text": "x" * 501}),
        ({"type": "OpenEnded", "question": "?"}, {"text": "x", "choices": [0]}),
    ],
    ids=str,
)
async def test_an_answer_that_is_none_is_refused(node: Node, poll: dict[str, Any], answer: dict[str, Any]) -> None:
    (ada,) = await people(node, "ada")
    poll_id = (await ada.ask("poll:create", **poll))["poll_id"]
    assert await ada.refused("poll:vote", poll_id=poll_id, **answer) == "VALIDATION"
    assert (await ada.ask("poll:list"))["polls"][0]["votes"] == 0


@pytest.mark.parametrize(
    "poll",
    [
        {"type": "SingleChoice", "question": "?"},
        {"type": "SingleChoice", "question": "?", "options": ["a"]},
        {"type": "SingleChoice", "question": "?", "options": ["a", " a "]},
        {"type": "SingleChoice", "question": "?", "options": ["a", "\u202e"]},
        {"type": "SingleChoice", "question": "?", "options": [str(n) for n in range(11)]},
        {"type": "SingleChoice", "question": "?", "options": ["a", "b"], "most_choices": 2},
        {"type": "MultipleChoice", "question": "?", "options": ["a", "b"], "most_choices": 3},
        {"type": "YesNo", "question": "?", "options": ["a", "b"]},
        {"type": "YesNo", "question": "?", "steps": 3},
        {"type": "Rating", "question": "?", "steps": 11},
        {"type": "YesNo", "question": " \n"},
        {"type": "YesNo", "question": "x" * 301},
        {"type": "Quiz", "question": "?"},
    ],
    ids=str,
)
async def test_what_is_no_poll_is_refused(node: Node, poll: dict[str, Any]) -> None:
    (ada,) = await people(node, "ada")
    assert await ada.refused("poll:create", **poll) == "VALIDATION"
    assert (await ada.ask("poll:list"))["polls"] == []


async def test_only_hosts_and_presenters_ask_and_only_whose_poll_it_is_or_hosts_close(node: Node) -> None:
    ada, bob, cy = await people(node, "ada", "bob", "cy")
    assert await bob.refused("poll:create", **LUNCH) == "ACCESS_DENIED"
    bobs_id = (await bob.ask("poll:list"), (await ada.ask("room:lock", locked=False)))[0]
    assert bobs_id == {"polls": []}
    people_in = (await (await node.connect("dan")).join("daily"))["participants"]
    bob_id = next(person["participant_id"] for person in people_in if person["display_name"] == "bob")
    await ada.ask("participant:permit", participant_id=bob_id, is_presenter=True)
    poll_id = (await bob.ask("poll:create", **LUNCH))["poll_id"]
    assert await cy.refused("poll:close", poll_id=poll_id) == "ACCESS_DENIED"
    await ada.ask("participant:permit", participant_id=bob_id, is_presenter=False)
    assert (await bob.ask("poll:close", poll_id=poll_id))["open"] is False
    assert await bob.refused("poll:create", **LUNCH) == "ACCESS_DENIED"
    eve = await node.connect("eve", role=Role.OBSERVER, meeting="daily")
    await eve.join("daily")
    assert await eve.refused("poll:create", **LUNCH) == "ACCESS_DENIED"
    assert await eve.refused("poll:close", poll_id="never") == "NOT_FOUND"


async def test_results_that_are_not_live_are_for_whoever_asked_until_the_end(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    poll_id = (await ada.ask("poll:create", **LUNCH, live=False))["poll_id"]
    voted = await bob.ask("poll:vote", poll_id=poll_id, choices=[0])
    assert "results" not in voted
    assert (await ada.told("poll:updated"))["results"]["counts"] == [1, 0, 0]
    told = await bob.told("poll:updated")
    assert (told["votes"], "results" in told) == (1, False)
    assert await bob.refused("poll:answers", poll_id=poll_id) == "ACCESS_DENIED"
    await ada.ask("poll:close", poll_id=poll_id)
    assert (await bob.told("poll:closed"))["results"]["counts"] == [1, 0, 0]


async def test_nobody_learns_who_answered_what_in_an_anonymous_poll(node: Node) -> None:
    ada, bob, cy = await people(node, "ada", "bob", "cy")
    poll_id = (await ada.ask("poll:create", type="OpenEnded", question="How was it?", anonymous=True))["poll_id"]
    await bob.ask("poll:vote", poll_id=poll_id, text="Dull")
    await cy.ask("poll:vote", poll_id=poll_id, text="Fine")
    changed = await bob.ask("poll:vote", poll_id=poll_id, text="Too long")
    assert (changed["votes"], changed["own"]) == (2, {"choices": [], "text": "Too long"})
    answers = (await ada.ask("poll:answers", poll_id=poll_id))["answers"]
    assert sorted(answer["text"] for answer in answers) == ["Fine", "Too long"]
    assert not any(name in answer for answer in answers for name in ("user_id", "display_name"))
    recorded = [(actor, fact) for _, _, actor, fact in node.record.facts if isinstance(fact, PollVoted)]
    assert [actor for actor, _ in recorded] == [None] * 3
    assert "user-bob" not in str(recorded)
    chosen = (await ada.ask("poll:create", **LUNCH, anonymous=True))["poll_id"]
    await bob.ask("poll:vote", poll_id=chosen, choices=[0])
    assert await ada.refused("poll:answers", poll_id=chosen) == "ACCESS_DENIED"


async def test_whoever_asked_sees_who_chose_what_in_a_named_poll(node: Node) -> None:
    ada, bob, cy = await people(node, "ada", "bob", "cy")
    poll_id = (await ada.ask("poll:create", **LUNCH))["poll_id"]
    await bob.ask("poll:vote", poll_id=poll_id, choices=[0])
    await cy.ask("poll:vote", poll_id=poll_id, choices=[2])
    page = await ada.ask("poll:answers", poll_id=poll_id, limit=1)
    assert page == {"answers": [{"choices": [0], "user_id": "user-bob", "display_name": "bob"}], "more": True}
    rest = await ada.ask("poll:answers", poll_id=poll_id, offset=1)
    assert ([answer["display_name"] for answer in rest["answers"]], rest["more"]) == (["cy"], False)
    assert await cy.refused("poll:answers", poll_id=poll_id) == "ACCESS_DENIED"


async def test_polls_are_there_for_who_comes_back_and_after_the_room_was_empty(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    for anonymous in (False, True):
        poll_id = (await ada.ask("poll:create", **LUNCH, anonymous=anonymous))["poll_id"]
        await bob.ask("poll:vote", poll_id=poll_id, choices=[1])
    await ada.ask("poll:close", poll_id=poll_id)
    before = (await bob.ask("poll:list"))["polls"]
    for client in (ada, bob):
        await client.ask("room:leave")
    after = (await bob.join("daily"))["polls"]
    times = ("opened_at", "closed_at")
    assert [{name: poll[name] for name in poll if name not in times} for poll in after] == [
        {name: poll[name] for name in poll if name not in times} for poll in before
    ]
    assert [poll["own"] for poll in after] == [{"choices": [1]}] * 2
    # One answer each still holds, also where nobody knows whose it is.
    await ada.join("daily")
    assert (await bob.ask("poll:vote", poll_id=before[0]["poll_id"], choices=[0]))["votes"] == 1


async def test_what_the_record_refuses_did_not_happen(node: Node) -> None:
    ada, bob = await people(node, "ada", "bob")
    poll_id = (await ada.ask("poll:create", **LUNCH))["poll_id"]
    node.record.failing = lambda _: True
    assert await ada.refused("poll:create", **LUNCH) == "UNAVAILABLE"
    assert await bob.refused("poll:vote", poll_id=poll_id, choices=[0]) == "UNAVAILABLE"
    assert await ada.refused("poll:close", poll_id=poll_id) == "UNAVAILABLE"
    node.record.failing = lambda _: False
    (poll,) = (await ada.ask("poll:list"))["polls"]
    assert (poll["open"], poll["votes"]) == (True, 0)
    await bob.ask("poll:vote", poll_id=poll_id, choices=[0])


async def test_a_meeting_has_a_most_of_polls(node: Node) -> None:
    (ada,) = await people(node, "ada")
    room = node.registry.get("daily")
    assert room is not None
    for number in range(MOST_POLLS):
        room.polls.add(terms(f"p{number}"))
    assert await ada.refused("poll:create", **LUNCH) == "CAPACITY_EXCEEDED"


def terms(poll_id: str, *, anonymous: bool = False) -> Poll:
    return Poll(
        poll_id=poll_id,
        type="SingleChoice",
        question="?",
        options=["a", "b"],
        most_choices=1,
        steps=None,
        anonymous=anonymous,
        live=True,
        participant_id="p",
        user_id="ada",
        display_name="Ada",
        opened_at=NOON,
        closed_at=None,
    )


def test_the_later_of_two_answers_counts_whichever_is_delivered_first() -> None:
    first, second = (PollResponse(ballot="bob", revision=number, choices=[number - 1]) for number in (1, 2))
    for order in ((first, second), (second, first)):
        poll = RunningPoll(terms("p"), order)
        assert (poll.counts(), poll.next_revision()) == ([0, 1], 3)
    assert [poll.terms.poll_id for poll in Polls([(terms("a"), []), (terms("b"), [])]).all()] == ["a", "b"]


def test_a_ballot_is_the_same_for_one_person_in_one_poll_and_tells_nobody_whose_it_is() -> None:
    ballots = Ballots(b"secret")
    anonymous = terms("p", anonymous=True)
    assert ballots.of(anonymous, "bob") == ballots.of(anonymous, "bob")
    different = {
        ballots.of(anonymous, "bob"),
        ballots.of(anonymous, "cy"),
        ballots.of(terms("q", anonymous=True), "bob"),
        Ballots(b"other").of(anonymous, "bob"),
    }
    assert len(different) == 4
    assert ballots.of(terms("p"), "bob") == "bob"
