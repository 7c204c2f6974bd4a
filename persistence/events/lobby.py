"""Facts about the lobby: who asked to come in, and what became of it.

`waiting_id` names one time of waiting. Who waits is no participant yet, so the event's participant is the host who
decided, where one did.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from .payload import PERSONAL, Identifier, Payload, Text, sanitise

MOST_MESSAGE_CHARACTERS = 500


class LobbyAsked(Payload):
    type = "lobby.asked"
    personal = False

    waiting_id: Identifier
    user_id: Identifier
    display_name: Text


class LobbyAdmitted(Payload):
    type = "lobby.admitted"
    personal = False

    waiting_id: Identifier
    user_id: Identifier


class LobbyDenied(Payload):
    """By a host, or because the meeting was closed to all who waited."""

    type = "lobby.denied"
    personal = False

    waiting_id: Identifier
    user_id: Identifier


class LobbyTimedOut(Payload):
    """Nobody decided in time."""

    type = "lobby.timed_out"
    personal = False

    waiting_id: Identifier
    user_id: Identifier


class LobbyLeft(Payload):
    """They gave up, or their connection was lost."""

    type = "lobby.left"
    personal = False

    waiting_id: Identifier
    user_id: Identifier


class LobbyMessaged(Payload):
    """What a host told those who wait."""

    type = "lobby.messaged"

    text: Annotated[str, Field(min_length=1, max_length=MOST_MESSAGE_CHARACTERS), AfterValidator(sanitise), PERSONAL]
    waiting: Annotated[int, Field(ge=0)]


class LobbyEnabled(Payload):
    type = "lobby.enabled"


class LobbyDisabled(Payload):
    type = "lobby.disabled"
