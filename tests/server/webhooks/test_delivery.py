"""Events reach an endpoint in order, again until they are taken, and none is skipped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
from aiohttp import web
from sqlalchemy import insert

from persistence.events import SERVER_LOG, AudioMuted, HandLowered, HandRaised, WebhookChanged
from persistence.repositories import webhook_progress
from persistence.repositories.webhooks import Endpoint, NewEndpoint
from persistence.store import Store, utc_now
from persistence.tables import WebhookEndpointRow
from server.webhooks.addresses import AddressRule
from server.webhooks.courier import LEAST_FAILURES, Retries
from server.webhooks.dispatcher import Dispatcher
from server.webhooks.resolver import GuardedResolver, Targets
from server.webhooks.sender import DRAIN_BYTES, Sender
from server.webhooks.signature import make_secret
from tests.support.eventually import eventually
from tests.support.receiver import Received, Receiver, taken

SECRET = make_secret(b"s" * 32)
CHANGED = WebhookChanged(endpoint_id="we_1", changed=[], by="operator")
IMPATIENT = Retries(base_s=0.001, cap_s=0.01, disable_after_s=3600)


def dispatcher_for(
    store: Store, *, node: str = "node", retries: Retries = IMPATIENT, allowed: tuple[str, ...] = ("127.0.0.0/8",)
) -> Dispatcher:
    rule = AddressRule(allowed)
    sender = Sender(Targets(rule), GuardedResolver(rule), timeout_s=1.0)
    return Dispatcher(store, sender, retries, node=node, clock=utc_now, rng=Random(7))


@asynccontextmanager
async def delivering(dispatcher: Dispatcher) -> AsyncIterator[Dispatcher]:
    await dispatcher.start()
    try:
        yield dispatcher
    finally:
        await dispatcher.stop()


async def make(store: Store, url: str, *types: str, id: str = "we_1", meeting_id: str | None = None) -> Endpoint:  # noqa: A002
    new = NewEndpoint(
        id=id, url=url, description="", event_types=list(types), meeting_id=meeting_id, secret=SECRET, cursor=0
    )
    now = utc_now()
    async with store._engine.begin() as connection:  # without the event of it, which would be the first to deliver
        row = insert(WebhookEndpointRow).values(**new.model_dump(), created_at=now, updated_at=now)
        await connection.execute(row)
    return await state(store, id)


async def state(store: Store, endpoint_id: str = "we_1") -> Endpoint:
    found = await store.webhooks.get(endpoint_id)
    assert found is not None
    return found


async def raise_hands(store: Store, count: int, meeting: str = "m") -> list[str]:
    """The ids of the events."""
    return [event.event_id for event in await store.emitter.emit(meeting, *[HandRaised()] * count, participant_id="p")]


def refusing(times: int, status: int = 503) -> Callable[[Received], object]:
    """Refuses each message so many times before it is taken."""
    seen: Counter[str] = Counter()

    async def answer(received: Received) -> web.StreamResponse:
        seen[received.id] += 1
        return web.Response(status=status if seen[received.id] <= times else 200)

    return answer


async def test_what_was_asked_for_comes_signed_and_in_order(store: Store, receiver: Receiver) -> None:
    await make(store, receiver.url, "hand.*")
    async with delivering(dispatcher_for(store)):
        await store.emitter.emit("m", HandRaised(), AudioMuted(), HandLowered(), participant_id="p")
        came = await receiver.wait_for_taken(2)
        await eventually(lambda: _cursor_is(store, 3), "the cursor is kept")
    assert [one.event["type"] for one in came] == ["hand.raised", "hand.lowered"]
    assert [one.event["sequence"] for one in came] == [1, 3]
    assert all(one.signed_by(SECRET) and one.id == one.event["event_id"] for one in came)
    kept = await state(store)
    assert (kept.cursor, kept.failures) == (3, 0)


async def test_a_message_that_is_refused_comes_again_with_the_same_id_before_any_later_one(
    store: Store, receiver: Receiver
) -> None:
    receiver.answer = refusing(2)  # type: ignore[assignment]
    await make(store, receiver.url, "*")
    ids = await raise_hands(store, 3)
    async with delivering(dispatcher_for(store)):
        await eventually(lambda: _cursor_is(store, 3), "all were taken")
    assert [one.id for one in receiver.requests] == [event_id for event_id in ids for _ in range(3)]
    tries = await store.webhooks.deliveries("we_1", before=None, limit=100)
    assert [(one.attempt, one.outcome) for one in reversed(tries)] == [
        (1, "status"),
        (2, "status"),
        (3, "delivered"),
    ] * 3


async def test_an_endpoint_that_fails_delays_no_other(store: Store, receiver: Receiver) -> None:
    await make(store, "http://127.0.0.1:1/", "*", id="we_dead")
    await make(store, receiver.url, "*")
    await raise_hands(store, 20)
    slow = Retries(base_s=60, cap_s=60, disable_after_s=3600)
    async with delivering(dispatcher_for(store, retries=slow)):
        await receiver.wait_for_taken(20)
        await eventually(lambda: _failed_with(store, "connection", "we_dead"), "the other one failed")
    dead = await state(store, "we_dead")
    assert (dead.cursor, dead.failures) == (0, 1)
    assert dead.retry_at is not None


async def test_an_endpoint_that_is_gone_is_disabled_and_the_record_says_so(store: Store, receiver: Receiver) -> None:
    receiver.answer = refusing(1, status=410)  # type: ignore[assignment]
    await make(store, receiver.url, "*")
    await raise_hands(store, 1)
    async with delivering(dispatcher_for(store)):
        await eventually(lambda: _disabled(store), "the endpoint is disabled")
    (event,) = (await store.queries.events(SERVER_LOG)).items
    assert (event.type, event.payload["reason"]) == ("webhook.disabled", "gone")
    assert (await state(store)).disabled_reason == "gone"
    assert receiver.url not in str(event.payload)


async def _disabled(store: Store) -> bool:
    return not (await state(store)).enabled


async def test_an_endpoint_that_takes_nothing_for_long_is_disabled_and_goes_on_where_it_was_once_enabled(
    store: Store, receiver: Receiver
) -> None:
    receiver.answer = refusing(LEAST_FAILURES, status=500)  # type: ignore[assignment]
    await make(store, receiver.url, "hand.raised")
    ids = await raise_hands(store, 3)
    hasty = Retries(base_s=0.001, cap_s=0.01, disable_after_s=0.001)
    async with delivering(dispatcher_for(store, retries=hasty)) as dispatcher:
        await eventually(lambda: _disabled(store), "the endpoint is disabled")
        receiver.answer = taken
        await store.webhooks.change("we_1", {"enabled": True}, fact=CHANGED)
        dispatcher.poke()
        came = await receiver.wait_for_taken(3)
    assert [one.id for one in came] == ids
    (event, *_) = (await store.queries.events(SERVER_LOG)).items
    assert event.payload["failures"] == LEAST_FAILURES
    assert event.payload["last_error"] == "status 500"


async def test_a_redirect_is_not_followed(store: Store, receiver: Receiver) -> None:
    other = Receiver()
    await other.start()

    async def redirect(_received: Received) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": other.url})

    receiver.answer = redirect
    await make(store, receiver.url, "*")
    await raise_hands(store, 1)
    async with delivering(dispatcher_for(store)):
        await receiver.wait_for(lambda: len(receiver.requests) >= 3)
    await other.stop()
    assert other.requests == []
    assert (await state(store)).last_error == "status 307"


async def test_an_answer_without_end_costs_a_bounded_part_of_it(store: Store, receiver: Receiver) -> None:
    sent = 0

    async def flood(_received: Received) -> web.StreamResponse:
        return web.Response(body=_endless())

    async def _endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * DRAIN_BYTES:
            sent += DRAIN_BYTES
            yield b"x" * DRAIN_BYTES

    receiver.answer = flood
    await make(store, receiver.url, "*")
    await raise_hands(store, 1)
    async with delivering(dispatcher_for(store)):
        await eventually(lambda: _cursor_is(store, 1), "the message counts as taken")
    assert sent < 100 * DRAIN_BYTES


async def _cursor_is(store: Store, cursor: int) -> bool:
    return (await state(store)).cursor == cursor


async def test_a_receiver_that_never_answers_is_given_up_in_time(store: Store, receiver: Receiver) -> None:
    never = asyncio.Event()

    async def hang(_received: Received) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    receiver.answer = hang
    await make(store, receiver.url, "*")
    await raise_hands(store, 1)
    async with delivering(dispatcher_for(store)):
        await eventually(lambda: _failed_with(store, "timeout"), "the try timed out")
    never.set()


async def _failed_with(store: Store, word: str, endpoint_id: str = "we_1") -> bool:
    return (await state(store, endpoint_id)).last_error == word


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_an_address_that_became_forbidden_is_never_connected_to(
    store: Store, receiver: Receiver, host: str
) -> None:
    await make(store, receiver.url.replace("127.0.0.1", host).replace("http:", "https:"), "*")
    await raise_hands(store, 1)
    async with delivering(dispatcher_for(store, allowed=())):
        await eventually(lambda: _failed_with(store, "refused_address"), "the address was refused")
    assert receiver.requests == []


async def test_replay_delivers_again_from_any_place_with_the_same_ids(store: Store, receiver: Receiver) -> None:
    await make(store, receiver.url, "hand.*")
    ids = await raise_hands(store, 5)
    async with delivering(dispatcher_for(store)) as dispatcher:
        await receiver.wait_for_taken(5)
        await store.webhooks.change("we_1", {"cursor": 2}, fact=CHANGED)
        dispatcher.poke()
        came = await receiver.wait_for_taken(8)
    assert [one.id for one in came] == [*ids, *ids[2:]]


async def test_an_endpoint_of_one_meeting_hears_of_no_other(store: Store, receiver: Receiver) -> None:
    await make(store, receiver.url, "*", meeting_id="b")
    for meeting in ("a", "b", "a", "b"):
        await raise_hands(store, 1, meeting)
    async with delivering(dispatcher_for(store)):
        came = await receiver.wait_for_taken(2)
    assert [one.event["meeting_id"] for one in came] == ["b", "b"]


async def test_an_event_that_names_an_endpoint_reaches_it_whatever_it_asked_for(
    store: Store, receiver: Receiver
) -> None:
    """The rule; which events name endpoints is the business of alerts."""
    await make(store, receiver.url, "meeting.ended")
    await raise_hands(store, 1)
    async with delivering(dispatcher_for(store)):
        await eventually(lambda: _looked_beyond(store), "the endpoint looked at the log")
    assert receiver.requests == []


async def _looked_beyond(store: Store) -> bool:
    return store.feed.head >= 1


async def test_while_a_secret_is_changed_both_sign(store: Store, receiver: Receiver) -> None:
    await make(store, receiver.url, "hand.*")
    new = make_secret(b"n" * 32)
    await store.webhooks.rotate("we_1", new, fact=CHANGED)
    await raise_hands(store, 1)
    async with delivering(dispatcher_for(store)):
        (came,) = await receiver.wait_for_taken(1)
    assert came.signed_by(new)
    assert came.signed_by(SECRET)


async def test_one_node_of_two_delivers_and_the_other_takes_over(store: Store, receiver: Receiver) -> None:
    await make(store, receiver.url, "*")
    first, second = dispatcher_for(store, node="first"), dispatcher_for(store, node="second")
    async with delivering(second):
        async with delivering(first):
            ids = await raise_hands(store, 10)
            await eventually(lambda: _cursor_is(store, 10), "the first node delivered")
        ids += await raise_hands(store, 10)
        second.poke()
        await receiver.wait_for_taken(20)
    assert [one.id for one in receiver.taken] == ids


async def test_so_many_tries_are_kept_and_no_more(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_progress, "DELIVERIES_KEPT", 10)
    await make(store, receiver.url, "*")
    ids = await raise_hands(store, 30)
    async with delivering(dispatcher_for(store)):
        await eventually(lambda: _cursor_is(store, 30), "all were taken")
    kept = await store.webhooks.deliveries("we_1", before=None, limit=100)
    assert [one.event_id for one in kept] == ids[:-11:-1]


def test_waits_grow_and_keep_half_to_chance() -> None:
    retries = Retries(base_s=5, cap_s=3600, disable_after_s=1)
    for failures, most in ((1, 5), (2, 10), (5, 80), (11, 3600), (1000, 3600)):
        waits = [retries.wait_s(failures, None, Random(seed)) for seed in range(50)]
        assert most / 2 <= min(waits) < max(waits) <= most
    assert retries.wait_s(1, 120, Random(1)) == 120
    assert retries.wait_s(1, 1e9, Random(1)) == 3600
