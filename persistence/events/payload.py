"""The base of every payload, and the kinds of text that payloads are made of."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def sanitise(text: str) -> str:
    """Drop control characters: PostgreSQL refuses NUL in text and JSON, and logs are read in terminals."""
    if text.isprintable():
        return text
    return "".join(sign for sign in text if sign in "\t\n" or unicodedata.category(sign) != "Cc")


@dataclass(frozen=True, slots=True)
class PersonalOf:
    """Marks what somebody wrote or is called. It is taken out when their data is erased (`personal.py`).

    They are the user named by the payload's field `owner`, or the event's participant where it has no such field.
    """

    owner: str = "user_id"


PERSONAL: Final = PersonalOf()

Text = Annotated[str, Field(max_length=255), AfterValidator(sanitise), PERSONAL]
"""Free text up to 255 characters, as wide as the columns that take it. Whoever wrote it may have it erased."""

Identifier = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(sanitise)]
"""An opaque id made elsewhere, such as the `sub` of a token."""

Reason = Annotated[str, Field(max_length=64), AfterValidator(sanitise)]
"""Why something ended: a short word such as `left`, `disconnected`, `removed`."""


class Payload(BaseModel):
    """What one type of event tells beyond who, where and when (EVT-2). One subclass a type, none for two.

    `type` is the tag, `subject.verb`. `personal` says that the event is about one participant and means nothing
    without. `withheld` are the fields that the record keeps and does not show to whoever may read it: what was said in
    private, or taken back since. They are read where it is known whom they are for.

    `version` counts changes that readers of earlier ones would not understand. What is only added, with a value for
    events that lack it, changes nothing for them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ClassVar[str]
    version: ClassVar[int] = 1
    personal: ClassVar[bool] = True
    withheld: ClassVar[frozenset[str]] = frozenset()
