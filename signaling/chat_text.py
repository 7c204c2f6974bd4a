"""What people write, made safe to show, and judged by what it is meant to be. Raises VALIDATION."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from persistence.events import FileReference
from signaling.errors import ErrorCode, SignalingError
from signaling.messages.chat import SharedFile

MOST_EMOJI: Final = 64
MOST_ADDRESS: Final = 2048
MOST_MARKS: Final = 8
"""Combining signs in a row: more than any script stacks, fewer than it takes to paint over other messages."""

_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e")
"""Embeddings and overrides of direction. Marks and isolates stay: text in two directions needs them, and a message is
shown as an isolate of its own."""

_KEYCAP: Final = "\N{COMBINING ENCLOSING KEYCAP}"


def clean_text(text: str) -> str:
    """Without control characters but tab and line feed, halves of surrogates, signs that reorder what follows."""
    kept = (sign for sign in text.replace("\r\n", "\n").replace("\r", "\n") if sign in "\n\t" or _may_stay(sign))
    return _thin_marks("".join(kept)).strip()


def check_text(kind: str, text: str, *, most: int) -> str:
    """The message's text as it is kept."""
    cleaned = clean_text(text)
    if not cleaned and kind != "File":
        raise _refused("text: must not be empty")
    if len(cleaned) > most:
        raise _refused(f"text: at most {most} characters")
    judge = _JUDGES.get(kind)
    if judge is not None:
        judge(cleaned)
    return cleaned


def check_file(kind: str, file: SharedFile | None) -> FileReference | None:
    if (kind == "File") is not (file is not None):
        raise _refused("file: belongs to messages of type File, and these need one")
    if file is None:
        return None
    name = " ".join(clean_text(file.name).replace("/", "_").replace("\\", "_").split())
    if not name:
        raise _refused("file.name: must not be empty")
    _check_address(file.url, where="file.url")
    content_type = clean_text(file.content_type) if file.content_type else None
    return FileReference(name=name, url=file.url, size=file.size, content_type=content_type)


def _check_emoji(text: str) -> None:
    spelled = any(unicodedata.category(sign)[0] in "LZP" for sign in text.replace(" ", ""))
    digits = any(unicodedata.category(sign)[0] == "N" for sign in text) and _KEYCAP not in text
    if spelled or digits or len(text) > MOST_EMOJI:
        raise _refused("text: must be emoji alone")


def _check_link(text: str) -> None:
    _check_address(text, where="text")


def _check_address(address: str, *, where: str) -> None:
    """An address that leads where it seems to: no script, no name of somebody before the host, nothing unseen."""
    fault = f"{where}: must be an http or https address"
    if len(address) > MOST_ADDRESS or not address.isprintable() or " " in address:
        raise _refused(fault)
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.username is None and parts.password is None and parts.port != 0
    except ValueError:
        raise _refused(fault) from None
    if parts.scheme not in {"http", "https"} or not named:
        raise _refused(fault)


_JUDGES: Final[Mapping[str, Callable[[str], None]]] = MappingProxyType({"Emoji": _check_emoji, "Link": _check_link})


def _may_stay(sign: str) -> bool:
    return unicodedata.category(sign) not in {"Cc", "Cs"} and sign not in _REORDERING


def _thin_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for sign in text:
        marks = marks + 1 if unicodedata.category(sign) in {"Mn", "Me"} else 0
        if marks <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _refused(message: str) -> SignalingError:
    return SignalingError(ErrorCode.VALIDATION, message)
