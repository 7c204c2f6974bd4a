"""Limits of the running program, alone and together with another node, and the life of a guest's token."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.support.person import Person
from tests.support.redis import find_binary, running_redis
from tests.support.server import RunningServer, running_server

NOBODY = {"email": "nobody@example.org", "password": "whatever it is"}


def sign_in(server: RunningServer) -> tuple[int, Any]:
    return server.request("POST", "/api/auth/login", body=NOBODY)


def test_passwords_are_tried_ten_times_a_minute_and_the_answer_says_when_again(server: RunningServer) -> None:
    assert [sign_in(server)[0] for _ in range(10)] == [401] * 10
    request = urllib.request.Request(
        f"{server.url}/api/auth/login", data=b'{"email":"a@b.cd","password":"x"}', method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 429
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as metrics:
        assert 'folkmoot_http_limited_total{reason="strict_address"} 1.0' in metrics.read().decode()


def test_two_nodes_with_one_redis_count_together_and_without_it_each_for_itself() -> None:
    binary = find_binary()
    if binary is None:
        pytest.skip("Redis is not installed: apt-get install redis-tools")
    with (
        running_redis(binary) as redis,
        running_server(FOLKMOOT_REDIS__URL=redis.url, FOLKMOOT_REDIS__TIMEOUT_S="5") as one,
        running_server(FOLKMOOT_REDIS__URL=redis.url, FOLKMOOT_REDIS__TIMEOUT_S="5") as two,
    ):
        statuses = [sign_in(node)[0] for node in (one, two) * 6]
        assert statuses == [401] * 10 + [429] * 2
        redis.stop()
        assert [sign_in(node)[0] for node in (one, two)] == [401, 401]
        assert one.request("GET", "/readyz")[0] == 200


async def test_two_nodes_with_one_redis_count_wrong_passwords_of_meetings_together() -> None:
    binary = find_binary()
    if binary is None:
        pytest.skip("Redis is not installed: apt-get install redis-tools")
    with (
        running_redis(binary) as redis,
        running_server(FOLKMOOT_REDIS__URL=redis.url, FOLKMOOT_REDIS__TIMEOUT_S="5") as one,
        running_server(FOLKMOOT_REDIS__URL=redis.url, FOLKMOOT_REDIS__TIMEOUT_S="5") as two,
    ):
        doors: list[tuple[Person, str]] = []
        for node in (one, two):
            fields = {"title": "Guarded", "password": "swordfish"}
            _, meeting = node.request("POST", "/api/meetings", token=node.token("ada"), body=fields)
            doors.append((await Person(node.url, node.token("eve")).connect(), meeting["id"]))
        codes = [await eve.refused("room:join", meeting_id=door, password="carp") for eve, door in doors * 6]
        assert codes == ["ACCESS_DENIED"] * 10 + ["RATE_LIMITED"] * 2
        for eve, _ in doors:
            await eve.disconnect()


async def test_a_guest_is_given_another_token_as_the_same_guest(server: RunningServer) -> None:
    _, first = server.request("POST", "/api/auth/guest", body={"display_name": "Gus"})
    _, meeting = server.request("POST", "/api/meetings", token=first["token"], body={"title": "Guests"})
    _, second = server.request("POST", "/api/auth/guest", token=first["token"], body={"display_name": "Gus"})
    assert second["user_id"] == first["user_id"]
    _, other = server.request("POST", "/api/auth/guest", body={"display_name": "Eve", "meeting_id": meeting["id"]})
    gus = await (await Person(server.url, first["token"]).connect()).join(meeting["id"])
    assert (await gus.ask("token:refresh", token=second["token"]))["expires_in"] > 6 * 3600 - 60
    assert await gus.refused("token:refresh", token=other["token"]) == "ACCESS_DENIED"
    _, same = server.request(
        "POST", "/api/auth/guest", token=other["token"], body={"display_name": "Eve", "meeting_id": "elsewhere"}
    )
    eve = await Person(server.url, same["token"]).connect()
    assert await eve.refused("room:join", meeting_id="elsewhere") == "ACCESS_DENIED"
    for person in (gus, eve):
        await person.disconnect()
