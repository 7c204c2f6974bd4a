"""Messages about what people write to each other (SIG-10)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from persistence.events import FileReference, MessageType
from signaling.messages.model import Id, Request, Told

MOST_A_PAGE = 100
MessageText = Annotated[str, Field(max_length=16_000)]


class SharedFile(Request):
    """A file that lies elsewhere: `url` is http or https. `size` in bytes."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    url: Annotated[str, Field(min_length=1, max_length=2048)]
    size: Annotated[int, Field(ge=0, le=2**53)] | None = None
    content_type: Annotated[str, Field(max_length=255)] | None = None


class ChatSend(Request):
    """`text` is the message: any (Text), emoji alone (Emoji), one http or https address (Link), or words on a `file`.

    With `to_participant_id` it is for them and oneself alone. `nonce` is any mark of one's own: saying a message again
    with the same, because its answer was lost, is answered with the message that is there.
    """

    type: Literal["Text", "Emoji", "File", "Link"] = "Text"
    text: MessageText = ""
    file: SharedFile | None = None
    reply_to: Id | None = None
    to_participant_id: Id | None = None
    nonce: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class ChatEdit(Request):
    """One's own message gets another text, within its type."""

    message_id: Id
    text: MessageText


class ChatDelete(Request):
    """One's own message, or, by hosts, anybody's that they can read."""

    message_id: Id


class ChatList(Request):
    """Messages before that `number`, or the last ones; at most `limit`."""

    before: Annotated[int, Field(ge=1)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_A_PAGE)] = 50


class ChatMessageView(Told):
    """A message as it is now. `number` is its place in the chat, `revision` that of its last change: the later counts.

    `participant_id`, `user_id` and `display_name` are its author's; a System message has no name, and the ids of whom
    it tells of. With `to_participant_id` it is private. A `deleted` one has no text. Times: RFC 3339, UTC.
    """

    message_id: str
    number: int
    revision: int
    type: MessageType
    participant_id: str | None = None
    user_id: str | None = None
    display_name: str | None = None
    text: str
    file: FileReference | None = None
    reply_to: str | None = None
    to_participant_id: str | None = None
    to_user_id: str | None = None
    to_name: str | None = None
    nonce: str | None = None
    sent_at: str
    edited_at: str | None = None
    deleted: bool = False


class ChatPage(Told):
    """Messages one may read, oldest first, and the `revision` of the whole chat, to be given as `chat_seen`.

    With `since`, they are all that changed after that revision: new, edited and deleted ones. Without, they stand in a
    row, and `more` says whether there are older ones.
    """

    messages: list[ChatMessageView]
    revision: int
    more: bool
    since: int | None = None
