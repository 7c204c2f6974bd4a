"""What one node knows of revoked tokens: at once its own, within seconds those of others, and never too many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from persistence.errors import UnavailableError
from persistence.events import Payload
from persistence.repositories import Revocation
from server.tokens.revocations import OVERLAP, Revocations

NOW = 1_800_000_000.0


class Shared:
    """The table that all nodes share. `asked` are the moments nodes asked from."""

    def __init__(self) -> None:
        self.now = NOW
        self.rows: list[Revocation] = []
        self.asked: list[datetime | None] = []
        self.away = False

    def clock(self) -> float:
        return self.now

    async def add(
        self,
        ids: Sequence[str],
        *,
        expires_at: datetime,
        fact: Payload | None = None,  # noqa: ARG002 - nobody reads it here
    ) -> list[Revocation]:
        moment = datetime.fromtimestamp(self.now, UTC)
        added = [Revocation(id=token_id, revoked_at=moment, expires_at=expires_at) for token_id in ids]
        self.rows += added
        return added

    async def since(self, moment: datetime | None, *, limit: int) -> list[Revocation]:
        if self.away:
            raise UnavailableError("the database cannot answer now; try again")
        self.asked.append(moment)
        return [row for row in reversed(self.rows) if moment is None or row.revoked_at > moment][:limit]


async def test_ones_own_is_known_at_once_and_another_nodes_after_a_look() -> None:
    shared = Shared()
    here, there = Revocations(shared, now=shared.clock), Revocations(shared, now=shared.clock)
    await there.look()
    await here.revoke("jti", "sid", ttl_s=60)
    assert here.holds(["jti"])
    assert not there.holds(["jti", "sid"])
    shared.now += 2
    await there.look()
    assert there.holds({"another", "sid"})
    assert not there.holds(["another"])
    assert not there.holds([])


async def test_a_node_that_starts_learns_what_was_revoked_before_and_then_looks_at_what_is_new() -> None:
    shared = Shared()
    await Revocations(shared, now=shared.clock).revoke("old", ttl_s=3600)
    shared.now += 600
    node = Revocations(shared, now=shared.clock)
    await node.start()
    assert node.holds(["old"])
    await node.look()
    assert shared.asked == [None, datetime.fromtimestamp(shared.now, UTC) - OVERLAP]
    await node.stop()


async def test_a_database_that_is_away_makes_nothing_good_again() -> None:
    shared = Shared()
    node = Revocations(shared, now=shared.clock)
    await node.revoke("jti", ttl_s=60)
    shared.away = True
    with pytest.raises(UnavailableError):
        await node.look()
    assert node.holds(["jti"])


async def test_only_so_many_are_held_those_that_matter_longest_and_none_past_its_time() -> None:
    shared = Shared()
    node = Revocations(shared, now=shared.clock, most=3)
    for number in range(5):
        await node.revoke(f"jti{number}", ttl_s=100 - number)
    assert node.known == 3
    assert [node.holds([f"jti{number}"]) for number in range(5)] == [True, True, True, False, False]
    shared.now += 99
    await node.revoke("last", ttl_s=10)
    assert node.known == 2


async def test_a_token_revoked_twice_stays_so_for_the_longer_time() -> None:
    shared = Shared()
    node = Revocations(shared, now=shared.clock)
    await node.revoke("jti", ttl_s=100)
    await node.revoke("jti", ttl_s=1)
    shared.now += 50
    await node.revoke("other", ttl_s=1)
    assert node.holds(["jti"])
