"""Facts about what people write to each other (SIG-10).

`revision` counts the changes of a meeting's chat, so that the latest change of a message is known in whatever order the
facts are delivered. A message's `number`, its place, is the revision it came with.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .payload import PERSONAL, Identifier, Payload, PersonalOf, Reason, Text, sanitise

MOST_CHARACTERS = 16_000
MessageType = Literal["Text", "Emoji", "File", "Link", "System"]
Written = Annotated[str, Field(max_length=MOST_CHARACTERS), AfterValidator(sanitise), PERSONAL]
Revision = Annotated[int, Field(ge=1)]
MessageId = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(sanitise)]


class FileReference(BaseModel):
    """A file that lies elsewhere. `size` in bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    url: Annotated[str, Field(max_length=2048), AfterValidator(sanitise), PERSONAL]
    size: Annotated[int, Field(ge=0, le=2**53)] | None = None
    content_type: Text | None = None


class ChatMessageSent(Payload):
    """By a participant. A System message says what they did in the room, in words of the server's.

    `to_participant_id`, `to_user_id` and `to_name` are there in a private message alone. `nonce` is the sender's own
    mark: the same message said again, because its answer was lost, is known by it.
    """

    type = "chat.message_sent"
    withheld = frozenset({"text", "file", "nonce"})

    message_id: MessageId
    revision: Revision
    message_type: MessageType
    user_id: Identifier | None = None
    display_name: Text = ""
    text: Written = ""
    file: FileReference | None = None
    reply_to: MessageId | None = None
    to_participant_id: Identifier | None = None
    to_user_id: Identifier | None = None
    to_name: Annotated[Text | None, PersonalOf("to_user_id")] = None
    nonce: Reason | None = None


class ChatMessageEdited(Payload):
    type = "chat.message_edited"
    withheld = frozenset({"text"})

    message_id: MessageId
    revision: Revision
    text: Written


class ChatMessageDeleted(Payload):
    """By its author or a host. What it said is gone from the chat."""

    type = "chat.message_deleted"

    message_id: MessageId
    revision: Revision
