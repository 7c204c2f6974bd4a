"""Chat and polls of a meeting over HTTP: for everybody who took part, each what was for them."""

from __future__ import annotations

from typing import Any

from tests.support.server import RunningServer

from .conftest import Enter

MEETING = "talked-over"
BASE = f"/api/meetings/{MEETING}"


def texts(server: RunningServer, token: str, query: str = "") -> list[str]:
    status, page = server.request("GET", f"{BASE}/chat{query}", token=token)
    assert status == 200, page
    assert not any(item["nonce"] for item in page["items"])
    return [item["text"] for item in page["items"]]


def polls(server: RunningServer, token: str) -> list[dict[str, Any]]:
    status, page = server.request("GET", f"{BASE}/polls", token=token)
    assert status == 200, page
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_everybody_reads_what_was_for_them_and_strangers_nothing(server: RunningServer, enter: Enter) -> None:
    ada = await enter("ada", MEETING)
    bob = await enter("bob", MEETING, role="participant")
    cy = await enter("cy", MEETING, role="participant")
    await ada.ask("chat:send", text="For all", nonce="n")
    await ada.ask("chat:send", text="For Bob", to_participant_id=bob.joined["participant_id"])
    gone = await bob.ask("chat:send", text="Never mind")
    await bob.ask("chat:delete", message_id=gone["message_id"])
    hidden = await ada.ask("poll:create", type="YesNo", question="Stay?", live=False)
    await bob.ask("poll:vote", poll_id=hidden["poll_id"], choices=[1])
    opened = "Ada opened a poll: Stay?"
    assert texts(server, server.token("ada")) == ["For all", "For Bob", "", opened]
    assert texts(server, server.token("bob")) == ["For all", "For Bob", "", opened]
    # Not even operators read what was private.
    for reader in (server.token("cy"), server.operator_token()):
        assert texts(server, reader) == ["For all", "", opened]
    status, page = server.request("GET", f"{BASE}/chat?limit=2", token=server.token("cy"))
    assert ([item["text"] for item in page["items"]], status) == (["", opened], 200)
    assert texts(server, server.token("cy"), f"?before={page['next_before']}") == ["For all"]
    (mine,), (theirs,) = polls(server, server.token("ada")), polls(server, server.token("cy"))
    assert (mine["votes"], mine["counts"]) == (1, [0, 1])
    assert (theirs["votes"], theirs["counts"], theirs["poll"]["question"]) == (1, None, "Stay?")
    await ada.ask("poll:close", poll_id=hidden["poll_id"])
    assert polls(server, server.token("cy"))[0]["counts"] == [0, 1]
    for route in ("chat", "polls"):
        for reader in (server.token("eve"), server.token("cy", meeting="other")):
            assert server.request("GET", f"{BASE}/{route}", token=reader)[0] == 403
        assert server.request("GET", f"{BASE}/{route}")[0] == 401
        nowhere = f"/api/meetings/nowhere/{route}"
        assert server.request("GET", nowhere, token=server.operator_token())[0] == 404
    # Whoever hosts block takes nothing more away.
    await ada.ask("participant:block", participant_id=cy.joined["participant_id"])
    assert server.request("GET", f"{BASE}/chat", token=server.token("cy"))[0] == 403
