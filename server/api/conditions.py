"""Changes that are made only to what was read: ETag and If-Match (MGT-14; RFC 9110, 8.8.3 and 13.1.1)."""

from __future__ import annotations

import re
from typing import Final

from server.api.errors import ApiError

_STRONG: Final = re.compile(r'"(\d{1,18})"')


def tag_of(revision: int) -> str:
    return f'"{revision}"'


def required_revision(if_match: str | None) -> int:
    """The revision a change is meant for. Raises CONFLICT: 428 without one, 412 for what no reading answers with."""
    if if_match is None:
        raise ApiError("CONFLICT", "Say with If-Match which version you change.", status=428)
    match = _STRONG.fullmatch(if_match.strip())
    if match is None:
        raise stale()
    return int(match.group(1))


def stale() -> ApiError:
    return ApiError("CONFLICT", "It was changed since you read it.", status=412)
