"""Which events an endpoint is told of. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

PATTERN: Final = re.compile(r"\*|[a-z_]{1,32}\.(\*|[a-z_]{1,31})")
"""All types, all of one subject, or one."""


def matches(pattern: str, type_: str) -> bool:
    if pattern == "*":
        return True
    return type_.startswith(pattern[:-1]) if pattern.endswith(".*") else type_ == pattern


def choose(patterns: Iterable[str], known: Collection[str]) -> frozenset[str] | None:
    """The known types that are meant; None for all, also those this version does not know."""
    patterns = list(patterns)
    if "*" in patterns:
        return None
    return frozenset(type_ for type_ in known if any(matches(pattern, type_) for pattern in patterns))


def unknown_patterns(patterns: Iterable[str], known: Collection[str]) -> list[str]:
    """Those that mean no type there is."""
    return [pattern for pattern in patterns if not any(matches(pattern, type_) for type_ in known)]


def addressed_to(endpoint_id: str, payload: Mapping[str, Any]) -> bool:
    """Whether an event names the endpoint itself, as an alert does whose rule names it."""
    named = payload.get("endpoint_ids")
    return isinstance(named, list) and endpoint_id in named
