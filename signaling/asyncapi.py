"""`python -m signaling.asyncapi` prints signaling as an AsyncAPI 3 document (SIG-9), made from the catalogue."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from typing import Any, Final

import orjson
from pydantic.json_schema import models_json_schema

from signaling.errors import ErrorCode
from signaling.messages.catalogue import ERROR_EVENT, NAMESPACE, NOTIFICATIONS, REQUESTS, RequestKind
from signaling.messages.model import ConnectRefused, Error, Handshake
from signaling.rates.kind import rate_of
from signaling.roles import MEANINGS, PERMITTED, Role
from signaling.schema import messages

CHANNEL: Final = "meeting"
SOCKET_PATH: Final = "/socket.io/"

ABOUT: Final = """\
Socket.IO 5 over Engine.IO 4, namespace `/meeting`. A client asks with an event and one object and gets exactly one
answer: with an ack callback `{"ok": true, "data"}` or `{"ok": false, "error"}`, where `data` is the payload of the
reply message; without one the reply message itself, or `error`. Whoever asked gets the reply and not also the
notification of the same fact. Operations are written from the server's side: it receives requests, and sends
replies and notifications.
"""
CREDENTIAL: Final = """\
A JWT, as `token` of the `auth` object in the Socket.IO CONNECT packet; never in the address. Made by signing in,
by `POST /api/auth/guest`, by `folkmoot create-token`, or by an issuer the server is configured to trust.
"""


def document(host: str = "localhost:7880") -> dict[str, Any]:
    """The AsyncAPI document. The same messages always give the same one; `host` is the server's default address."""
    refs, definitions = models_json_schema(messages(), by_alias=True, ref_template="#/components/schemas/{model}")
    payloads = _payloads(refs)
    names = sorted(payloads)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Folkmoot signaling", "version": version("folkmoot"), "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            scheme: {
                "host": "{host}",
                "protocol": scheme,
                "pathname": SOCKET_PATH,
                "variables": {"host": {"default": host, "description": "Where the server is reached."}},
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
            for scheme in ("wss", "ws")
        },
        "channels": {
            CHANNEL: {
                "address": NAMESPACE,
                "description": "The Socket.IO namespace. A message's name is the event, its payload the one argument.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
                "x-handshake": {
                    "auth": refs[Handshake, "validation"],
                    "refused": refs[ConnectRefused, "serialization"],
                },
                "x-conditions": {condition.value: meaning for condition, meaning in MEANINGS.items()},
            }
        },
        "operations": _asking() | _telling(),
        "components": {
            "schemas": definitions["$defs"] | _of_the_handshake(),
            "messages": {name: payloads[name] for name in names},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": CREDENTIAL}
            },
        },
    }


def _payloads(refs: Any) -> dict[str, dict[str, Any]]:
    """Every message by its key. Requests, replies and notifications apart: an event may be one and the other."""
    found: dict[str, dict[str, Any]] = {}
    for kind in REQUESTS.values():
        found[_key("request", kind.event)] = _message(kind.event, refs[kind.payload, "validation"], kind.payload)
        for event, model in _answers(kind):
            found[_key("reply", event)] = _message(event, refs[model, "serialization"], model)
    for event, model in NOTIFICATIONS.items():
        found[_key("notification", event)] = _message(event, refs[model, "serialization"], model)
    found[_key("reply", ERROR_EVENT)] = _message(ERROR_EVENT, refs[Error, "serialization"], Error)
    return found


def _asking() -> dict[str, Any]:
    return {
        _key("ask", kind.event): {
            "action": "receive",
            "channel": _channel(),
            "title": kind.event,
            "summary": _summary(kind),
            "messages": [_in_channel("request", kind.event)],
            "reply": {
                "channel": _channel(),
                "messages": [_in_channel("reply", event) for event in [*dict(_answers(kind)), ERROR_EVENT]],
            },
            "x-roles": [role.value for role in Role if role in PERMITTED[kind.event].roles],
            "x-only-if": [condition.value for condition in PERMITTED[kind.event].only_if],
            "x-rate": rate_of(kind.event).value,
        }
        for kind in REQUESTS.values()
    }


def _telling() -> dict[str, Any]:
    return {
        _key("tell", event): {
            "action": "send",
            "channel": _channel(),
            "title": event,
            "messages": [_in_channel("notification", event)],
        }
        for event in NOTIFICATIONS
    }


def _answers(kind: RequestKind) -> list[tuple[str, Any]]:
    return [(kind.reply_event, kind.reply), *([kind.instead] if kind.instead is not None else [])]


def _summary(kind: RequestKind) -> str:
    events = " or ".join(f"`{event}`" for event, _ in _answers(kind))
    return f"`{kind.event}` is answered {events}, or `{ERROR_EVENT}`."


def _message(event: str, payload: Any, model: Any) -> dict[str, Any]:
    told = {"name": event, "title": model.__name__, "payload": payload}
    about = " ".join((model.__doc__ or "").split())
    return told | ({"description": about} if about else {})


def _of_the_handshake() -> dict[str, Any]:
    codes = {"type": "string", "enum": [code.value for code in ErrorCode], "description": "Every code there is."}
    ack = {
        "description": "What an ack callback is called with. `data` is the payload of the reply message.",
        "oneOf": [
            {"type": "object", "required": ["ok", "data"], "properties": {"ok": {"const": True}, "data": {}}},
            {
                "type": "object",
                "required": ["ok", "error"],
                "properties": {"ok": {"const": False}, "error": {"$ref": f"#/components/schemas/{Error.__name__}"}},
            },
        ],
    }
    return {"ErrorCode": codes, "Ack": ack}


def _key(family: str, event: str) -> str:
    return f"{family}.{re.sub(r'[^A-Za-z0-9_-]', '.', event)}"


def _channel() -> dict[str, str]:
    return {"$ref": f"#/channels/{CHANNEL}"}


def _in_channel(family: str, event: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{CHANNEL}/messages/{_key(family, event)}"}


def main() -> None:
    sys.stdout.buffer.write(orjson.dumps(document(), option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
