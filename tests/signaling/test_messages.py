"""The catalogue, its schema, and who may ask what."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from signaling import schema
from signaling.messages.catalogue import NOTIFICATIONS, REQUESTS
from signaling.roles import PERMITTED, Role, may_ask


def test_every_request_has_a_row_of_roles() -> None:
    assert PERMITTED.keys() == REQUESTS.keys()


def test_a_request_without_a_row_is_nobodys() -> None:
    assert not any(may_ask(role, "room:explode") for role in Role)


@pytest.mark.parametrize("role", set(Role) - {Role.HOST})
def test_only_hosts_close_rooms(role: Role) -> None:
    assert may_ask(Role.HOST, "room:close")
    assert not may_ask(role, "room:close")


def test_the_schema_describes_every_message_and_is_printed_the_same_each_time() -> None:
    printed = [
        subprocess.run([sys.executable, "-m", "signaling.schema"], check=True, capture_output=True).stdout
        for _ in range(2)
    ]
    assert printed[0] == printed[1]
    document = json.loads(printed[0])
    assert document == schema.document()
    assert document["requests"].keys() == REQUESTS.keys()
    assert document["notifications"].keys() == NOTIFICATIONS.keys()


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    document = schema.document()
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert references == document["$defs"].keys()


def test_ortc_objects_keep_the_names_of_their_clients() -> None:
    joined = schema.document()["$defs"]["RoomJoined"]
    assert {"routerRtpCapabilities", "iceServers", "your_role"} <= joined["properties"].keys()
    assert "sctpParameters" not in schema.document()["$defs"]["TransportCreated"]["required"]
