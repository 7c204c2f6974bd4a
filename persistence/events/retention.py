"""Facts about what the record no longer holds. They belong to the server's own log."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .payload import Identifier, Payload, Reason

Count = Annotated[int, Field(ge=0)]


class RetentionArchived(Payload):
    """Events `first_sequence` to `last_sequence` of a meeting are in `file` and leave the log. `sha256`: the file's."""

    type = "retention.archived"
    personal = False

    archived_meeting_id: Identifier
    file: Identifier
    first_sequence: Annotated[int, Field(ge=1)]
    last_sequence: Annotated[int, Field(ge=1)]
    events: Count
    bytes: Count
    sha256: Reason


class PersonErased(Payload):
    """Somebody's data was taken out: they are `pseudonym` from now on. Who they were is nowhere.

    `events` of the log, `archived_events` in archives and `rows` of tables were changed; `account` says whether there
    was one, which is deleted. `by` is the user id of the operator.
    """

    type = "person.erased"
    personal = False

    pseudonym: Identifier
    events: Count
    archived_events: Count
    rows: Count
    account: bool
    by: Identifier
