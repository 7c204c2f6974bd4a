"""Roles in a meeting (SIG-13)."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is in a meeting, most trusted first."""

    HOST = "host"
    CO_HOST = "co_host"
    PRESENTER = "presenter"
    PARTICIPANT = "participant"
    OBSERVER = "observer"
