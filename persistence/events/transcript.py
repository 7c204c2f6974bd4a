"""Facts about transcription (SFU-11): when somebody's words are written down, and the words."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from .payload import PERSONAL, Identifier, Payload, Reason, sanitise

MOST_CHARACTERS = 4_000
_DAY_MS = 86_400_000

Spoken = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS), AfterValidator(sanitise), PERSONAL]


class TranscriptionStarted(Payload):
    """From now on what is said is written down. The event's participant asked for it, where one did.

    `language` as in BCP 47, where it is known.
    """

    type = "transcription.started"
    personal = False

    transcription_id: Identifier
    language: Reason | None = None


class TranscriptionStopped(Payload):
    type = "transcription.stopped"
    personal = False

    transcription_id: Identifier
    reason: Reason


class TranscriptChunk(Payload):
    """What the event's participant said, in `duration_ms` up to the event's time.

    `chunk` counts the chunks of a transcription from 1. The words are withheld: they are for those who were there, and
    who reads the log need not have been.
    """

    type = "transcript.chunk"
    withheld = frozenset({"text"})

    transcription_id: Identifier
    chunk: Annotated[int, Field(ge=1)]
    text: Spoken
    duration_ms: Annotated[int, Field(ge=0, le=_DAY_MS)] = 0
    language: Reason | None = None
