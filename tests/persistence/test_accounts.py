"""Accounts, sign-ins and revocations keep what they promise on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from persistence.errors import EmailTakenError
from persistence.repositories import MAX_SIGN_INS, Rotated, Rotation, SignIns
from persistence.store import Store

MONTH = timedelta(days=30)


async def a_user(store: Store, user_id: str = "user:ada") -> str:
    user = await store.users.create(user_id, email=f"{user_id}@example.org", display_name="Ada", password_hash="hash")
    return user.id


async def test_an_account_is_found_by_its_address_and_its_id(store: Store) -> None:
    made = await store.users.create("user:ada", email="ada@example.org", display_name="Ada", password_hash="hash")
    assert await store.users.by_email("ada@example.org") == made
    assert await store.users.get("user:ada") == made
    assert await store.users.by_email("eve@example.org") is None


async def test_an_address_is_taken_once_even_by_two_at_a_time(store: Store) -> None:
    made = await asyncio.gather(
        *(store.users.create(f"user:{n}", email="a@example.org", display_name="A", password_hash="h") for n in "abcd"),
        return_exceptions=True,
    )
    refused = [answer for answer in made if isinstance(answer, EmailTakenError)]
    assert len(refused) == 3
    assert refused[0].code == "CONFLICT"


async def test_a_password_changes_only_from_the_one_that_was_checked(store: Store) -> None:
    user_id = await a_user(store)
    assert await store.users.change_password(user_id, old_hash="hash", new_hash="new")
    assert not await store.users.change_password(user_id, old_hash="hash", new_hash="another")
    user = await store.users.get(user_id)
    assert user is not None
    assert user.password_hash == "new"


async def test_a_token_is_exchanged_once_and_the_second_time_ends_the_family(store: Store) -> None:
    user_id = await a_user(store)
    await store.sign_ins.begin("family", user_id, token_hash="one", ttl=MONTH)
    rotated = await store.sign_ins.rotate("family", old_hash="one", new_hash="two", ttl=MONTH)
    assert rotated == Rotated(Rotation.ROTATED, user_id)
    reused = await store.sign_ins.rotate("family", old_hash="one", new_hash="three", ttl=MONTH)
    assert reused == Rotated(Rotation.REUSED, user_id)
    after = await store.sign_ins.rotate("family", old_hash="two", new_hash="three", ttl=MONTH)
    assert after.outcome is Rotation.UNKNOWN


async def test_of_two_who_exchange_the_same_token_at_once_one_has_reused_it(store: Store) -> None:
    user_id = await a_user(store)
    await store.sign_ins.begin("family", user_id, token_hash="one", ttl=MONTH)
    outcomes = await asyncio.gather(
        *(store.sign_ins.rotate("family", old_hash="one", new_hash=new, ttl=MONTH) for new in ("two", "three"))
    )
    assert {rotated.outcome for rotated in outcomes} == {Rotation.ROTATED, Rotation.REUSED}


@pytest.mark.parametrize("seconds", [-1, 0, 1])
async def test_no_clock_makes_a_token_good_twice_without_grace(store: Store, seconds: int) -> None:
    """Who waits for the row's lock has read the clock before the one who held it; another server's clock is another."""
    now = datetime.now(UTC)
    times = iter([now, now, now + timedelta(seconds=seconds)])
    sign_ins = SignIns(store._engine, clock=lambda: next(times))
    await sign_ins.begin("family", await a_user(store), token_hash="one", ttl=MONTH)
    outcomes = [
        (await sign_ins.rotate("family", old_hash="one", new_hash=new, ttl=MONTH)).outcome for new in ("two", "three")
    ]
    assert outcomes == [Rotation.ROTATED, Rotation.REUSED]


async def test_an_answer_that_was_lost_may_be_asked_for_again_for_a_while(store: Store) -> None:
    user_id = await a_user(store)
    await store.sign_ins.begin("family", user_id, token_hash="one", ttl=MONTH)

    async def outcome(old: str, new: str, grace: timedelta = timedelta(minutes=1)) -> Rotation:
        return (await store.sign_ins.rotate("family", old_hash=old, new_hash=new, ttl=MONTH, grace=grace)).outcome

    assert await outcome("one", "two") is Rotation.ROTATED
    assert await outcome("one", "lost too") is Rotation.ROTATED, "two was lost on the way"
    assert await outcome("one", "three") is Rotation.ROTATED, "people press reload more than once"
    assert await outcome("three", "four") is Rotation.ROTATED
    assert await outcome("one", "five") is Rotation.REUSED, "only the last one counts"
    await store.sign_ins.begin("family", user_id, token_hash="one", ttl=MONTH)
    assert await outcome("one", "two") is Rotation.ROTATED
    assert await outcome("one", "three", grace=timedelta(0)) is Rotation.REUSED


async def test_a_sign_in_ends_with_its_time(store: Store) -> None:
    user_id = await a_user(store)
    await store.sign_ins.begin("family", user_id, token_hash="one", ttl=timedelta(0))
    rotated = await store.sign_ins.rotate("family", old_hash="one", new_hash="two", ttl=MONTH)
    assert rotated.outcome is Rotation.UNKNOWN


async def test_one_sign_in_too_many_ends_the_one_used_longest_ago(store: Store) -> None:
    user_id = await a_user(store)
    ended = [
        await store.sign_ins.begin(f"family{n:02}", user_id, token_hash="one", ttl=MONTH)
        for n in range(MAX_SIGN_INS + 1)
    ]
    assert ended == [[]] * MAX_SIGN_INS + [["family00"]]


async def test_all_sign_ins_but_one_end_together_and_nobody_elses(store: Store) -> None:
    ada, bob = await a_user(store), await a_user(store, "user:bob")
    for family, user_id in (("here", ada), ("there", ada), ("bobs", bob)):
        await store.sign_ins.begin(family, user_id, token_hash="one", ttl=MONTH)
    assert await store.sign_ins.end_all(ada, but="here") == ["there"]
    for family, expected in (("here", Rotation.ROTATED), ("there", Rotation.UNKNOWN), ("bobs", Rotation.ROTATED)):
        assert (await store.sign_ins.rotate(family, old_hash="one", new_hash="two", ttl=MONTH)).outcome is expected, (
            family
        )


@pytest.mark.parametrize("again", [timedelta(minutes=1), timedelta(hours=2)])
async def test_a_revocation_is_told_until_the_token_could_be_good_no_more(store: Store, again: timedelta) -> None:
    now = datetime.now(UTC)
    await store.revoked_tokens.add(["jti", "gone"], expires_at=now + timedelta(hours=1))
    await store.revoked_tokens.add(["gone-by"], expires_at=now - timedelta(seconds=1))
    await store.revoked_tokens.add(["jti"], expires_at=now + again)
    known = {revocation.id: revocation.expires_at for revocation in await store.revoked_tokens.since(None, limit=10)}
    assert known == {"jti": now + max(again, timedelta(hours=1)), "gone": now + timedelta(hours=1)}
    assert len(await store.revoked_tokens.since(None, limit=1)) == 1
    assert await store.revoked_tokens.since(datetime.now(UTC) + timedelta(seconds=1), limit=10) == []
