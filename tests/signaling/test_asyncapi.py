"""The AsyncAPI document: valid by its own standard, complete, and true to the catalogue."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from signaling import asyncapi
from signaling.messages import catalogue
from signaling.messages.catalogue import NOTIFICATIONS, REQUESTS

STANDARD = Path(__file__).parents[2] / "web/node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncapi.document()


@pytest.fixture(scope="module")
def standard() -> Draft7Validator:
    return Draft7Validator(json.loads(STANDARD.read_text()))


def test_the_document_is_valid_asyncapi(document: dict[str, Any], standard: Draft7Validator) -> None:
    assert [f"{error.json_path}: {error.message[:200]}" for error in standard.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("channels", "meeting", "adress"), "/meeting"),
        (("operations", "ask.room.join", "action"), "ask"),
        (("components", "messages", "request.room.join", "payload"), 7),
    ],
)
def test_a_document_with_a_fault_would_be_refused(
    document: dict[str, Any], standard: Draft7Validator, path: tuple[str, ...], value: object
) -> None:
    faulty = copy.deepcopy(document)
    place = faulty
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not standard.is_valid(faulty)


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for value in node.values() for reference in references(value)]
    return [reference for value in node for reference in references(value)] if isinstance(node, list) else []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(references(document)):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_every_request_is_received_with_its_replies_and_every_notification_is_sent(document: dict[str, Any]) -> None:
    operations = document["operations"].values()
    names = {key: message["name"] for key, message in document["components"]["messages"].items()}
    said = {
        operation["title"]: {names[m["$ref"].rsplit("/", 1)[1]] for m in operation["reply"]["messages"]}
        for operation in operations
        if operation["action"] == "receive"
    }
    assert said == {
        event: {kind.reply_event, "error"} | ({kind.instead[0]} if kind.instead else set())
        for event, kind in REQUESTS.items()
    }
    assert {operation["title"] for operation in operations if operation["action"] == "send"} == NOTIFICATIONS.keys()


def test_every_event_that_the_server_names_is_in_the_catalogue() -> None:
    """A notification that is told but not listed would be in no schema."""
    named = {
        value
        for name, value in vars(catalogue).items()
        if name.isupper() and isinstance(value, str) and name not in {"NAMESPACE", "ERROR_EVENT"}
    }
    assert named - NOTIFICATIONS.keys() == set()


def test_who_may_ask_is_said(document: dict[str, Any]) -> None:
    assert document["operations"]["ask.room.close"]["x-roles"] == ["host"]
    assert "observer" not in document["operations"]["ask.produce"]["x-roles"]


def test_what_is_asked_beyond_a_role_is_said_and_explained(document: dict[str, Any]) -> None:
    assert document["operations"]["ask.poll.create"]["x-only-if"] == ["presents"]
    assert document["operations"]["ask.chat.delete"]["x-only-if"] == ["own_or_host"]
    assert document["operations"]["ask.hand.raise"]["x-only-if"] == []
    named = {name for operation in document["operations"].values() for name in operation.get("x-only-if", [])}
    assert named == document["channels"]["meeting"]["x-conditions"].keys()
