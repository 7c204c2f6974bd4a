"""Which of two events happened first: by time, and by id when they happened at one time.

Ids are compared where times are equal, so that what counts does not depend on what was delivered first. Rows from
before ids were kept beside times have none: theirs is taken for the smallest.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_

from persistence.dialect import Insert


def later(when: Any, event_id: Any, given: Insert) -> ColumnElement[bool]:
    """Nothing is there yet, or what is given happened after it. `when` and `event_id` are the columns of one fact."""
    at, by = given.excluded[when.key], given.excluded[event_id.key]
    return or_(when.is_(None), when < at, and_(when == at, _known(event_id) < by))


def earlier(when: Any, event_id: Any, given: Insert) -> ColumnElement[bool]:
    """Nothing is there yet, or what is given happened before it."""
    at, by = given.excluded[when.key], given.excluded[event_id.key]
    return or_(when.is_(None), when > at, and_(when == at, _known(event_id) > by))


def _known(event_id: Any) -> ColumnElement[str]:
    return func.coalesce(event_id, "")
