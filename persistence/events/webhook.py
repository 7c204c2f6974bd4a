"""Facts about webhook endpoints: who made them what they are, and when the server gave one up.

They belong to the server's own log, not to a meeting. `by` is the user id of the operator. Addresses and secrets of
endpoints are in none of them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .payload import Identifier, Payload, Reason


class WebhookCreated(Payload):
    type = "webhook.created"
    personal = False

    endpoint_id: Identifier
    event_types: Annotated[list[Reason], Field(max_length=64)]
    by: Identifier


class WebhookChanged(Payload):
    """`changed` are the names of what was set."""

    type = "webhook.changed"
    personal = False

    endpoint_id: Identifier
    changed: Annotated[list[Reason], Field(max_length=64)]
    by: Identifier


class WebhookSecretRotated(Payload):
    type = "webhook.secret_rotated"
    personal = False

    endpoint_id: Identifier
    by: Identifier


class WebhookReplayed(Payload):
    """Everything beyond the position `after` is delivered (again)."""

    type = "webhook.replayed"
    personal = False

    endpoint_id: Identifier
    after: Annotated[int, Field(ge=0)]
    by: Identifier


class WebhookDisabled(Payload):
    """The server gave up: the endpoint said it is gone, or nothing was taken for too long. What it missed waits."""

    type = "webhook.disabled"
    personal = False

    endpoint_id: Identifier
    reason: Literal["gone", "failing"]
    failures: Annotated[int, Field(ge=1)]
    failing_s: Annotated[float, Field(ge=0)]
    last_error: Reason


class WebhookDeleted(Payload):
    type = "webhook.deleted"
    personal = False

    endpoint_id: Identifier
    by: Identifier
