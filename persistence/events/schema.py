"""The catalogue of events for machines to read (EVT-1, EVT-2)."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic.json_schema import models_json_schema

from .event import CATALOGUE


def document() -> dict[str, Any]:
    """One JSON Schema document: the envelope, and by tag what each type carries.

    Shape: `{event, types: {tag: {version, personal, withheld, description, payload}}, $defs}`; `event` and each
    `payload` are schemas. The fields `withheld` are in the record and not in what its readers are shown. The same
    catalogue always gives the same document.
    """
    payloads = [(payload, "serialization") for payload in CATALOGUE.values()]
    refs, definitions = models_json_schema(payloads, ref_template="#/$defs/{model}")  # type: ignore[arg-type]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Folkmoot events",
        "event": _envelope(),
        "types": {
            tag: {
                "version": payload.version,
                "personal": payload.personal,
                "withheld": sorted(payload.withheld),
                "description": inspect.cleandoc(payload.__doc__ or ""),
                "payload": refs[payload, "serialization"],
            }
            for tag, payload in CATALOGUE.items()
        },
        "$defs": definitions["$defs"],
    }


def _envelope() -> dict[str, Any]:
    identifier = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
    return {
        "type": "object",
        "required": ["event_id", "type", "meeting_id", "timestamp", "payload"],
        "additionalProperties": False,
        "properties": {
            "event_id": {"type": "string", "format": "uuid"},
            "type": {"enum": list(CATALOGUE)},
            "meeting_id": identifier,
            "participant_id": {"anyOf": [identifier, {"type": "null"}], "description": "The actor"},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened, in UTC"},
            "payload": {"type": "object", "description": "What `types` says of the type"},
        },
    }
