"""The npm socket.io-client, as other people's clients use it: with acks, and with reply events."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.server import RunningServer

SCRIPT = Path(__file__).with_name("participant_flow.mjs")


@pytest.mark.parametrize("style", ["acks", "events"])
def test_the_npm_client_runs_the_participant_flow(server: RunningServer, style: str) -> None:
    meeting = f"npm-{style}"
    grants = {"room_create": True, "room_join": True}
    tokens = [server.token(name, meeting=meeting, role="host", grants=grants) for name in ("ada", "ben")]
    run = subprocess.run(
        ["node", str(SCRIPT), server.url, *tokens, meeting, style],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr + server.log()[-2000:]
    saw = json.loads(run.stdout)

    assert saw["refused"] == "UNAUTHORIZED"
    assert saw["early"] == "ACCESS_DENIED"
    assert saw["again"] == "CONFLICT"
    assert saw["unknown"] == "NOT_FOUND"
    assert saw["stranger"] == "NOT_FOUND"
    assert saw["invalid"]["code"] == "VALIDATION"
    assert saw["invalid"]["event"] == "media:toggle"
    joined = saw["joinedB"]["data"]
    assert [person["display_name"] for person in joined["participants"]] == ["Ada", "Ben"]
    assert {codec["mimeType"].lower() for codec in joined["routerRtpCapabilities"]["codecs"]} >= {
        "audio/opus",
        "video/vp8",
    }
    assert saw["toldJoined"]["display_name"] == "Ben"
    assert saw["toldToggled"] == {"participant_id": joined["participant_id"], "kind": "video", "enabled": True}
    assert saw["toldHand"] == {"participant_id": joined["participant_id"], "raised": True, "position": 1}
    assert {"id", "iceParameters", "iceCandidates", "dtlsParameters"} <= saw["transport"]["data"].keys()
    assert saw["left"]["data"] == {"meeting_id": meeting}
    assert saw["toldLeft"]["reason"] == "left"
    expected_self = 0 if style == "acks" else 1  # without acks the reply event is the one time it is heard
    assert saw["selfNotified"] == expected_self
