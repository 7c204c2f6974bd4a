"""`python -m signaling.schema` prints the JSON Schema of every message (SIG-9), from which clients make types."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from signaling.errors import ErrorCode
from signaling.messages.catalogue import ERROR_EVENT, NAMESPACE, NOTIFICATIONS, REQUESTS, RequestKind
from signaling.messages.model import ConnectRefused, Error, Handshake


def document() -> dict[str, Any]:
    """One JSON Schema document: `$defs` of all messages, and which event carries which.

    Shape: `{namespace, handshake: {auth, refused}, error_codes, error: {event, data}, requests: {event: {payload,
    reply_event, reply, instead?: {event: data}}}, notifications: {event: data}, $defs}`, every message a `$ref`. The
    same messages always give the same document.
    """
    refs, definitions = models_json_schema(messages(), by_alias=True, ref_template="#/$defs/{model}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Folkmoot signaling",
        "namespace": NAMESPACE,
        "handshake": {"auth": refs[Handshake, "validation"], "refused": refs[ConnectRefused, "serialization"]},
        "error_codes": [code.value for code in ErrorCode],
        "error": {"event": ERROR_EVENT, "data": refs[Error, "serialization"]},
        "requests": {
            event: {
                "payload": refs[kind.payload, "validation"],
                "reply_event": kind.reply_event,
                "reply": refs[kind.reply, "serialization"],
                **_instead(kind, refs),
            }
            for event, kind in REQUESTS.items()
        },
        "notifications": {event: refs[model, "serialization"] for event, model in NOTIFICATIONS.items()},
        "$defs": definitions["$defs"],
    }


def messages() -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    """Every model that crosses the line, in a fixed order."""
    asked: list[type[BaseModel]] = [Handshake, *(kind.payload for kind in REQUESTS.values())]
    told: set[type[BaseModel]] = _answers() | set(NOTIFICATIONS.values()) | {Error, ConnectRefused}
    answered = sorted(told, key=lambda model: model.__name__)
    return [(model, "validation") for model in asked] + [(model, "serialization") for model in answered]


def _answers() -> set[type[BaseModel]]:
    kinds = REQUESTS.values()
    return {kind.reply for kind in kinds} | {kind.instead[1] for kind in kinds if kind.instead is not None}


def _instead(kind: RequestKind, refs: Mapping[Any, Any]) -> dict[str, Any]:
    """What else a request may be answered with, by event."""
    return {"instead": {kind.instead[0]: refs[kind.instead[1], "serialization"]}} if kind.instead is not None else {}


def main() -> None:
    sys.stdout.buffer.write(orjson.dumps(document(), option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
