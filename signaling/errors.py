"""The ten codes a client can be answered with, and the one exception handlers raise."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """PROTOCOL, "Error codes"; requirement MGT-15. The same ten over Socket.IO and HTTP."""

    UNAUTHORIZED = "UNAUTHORIZED"
    ACCESS_DENIED = "ACCESS_DENIED"
    NOT_FOUND = "NOT_FOUND"
    VALIDATION = "VALIDATION"
    CONFLICT = "CONFLICT"
    CAPACITY_EXCEEDED = "CAPACITY_EXCEEDED"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    WEBRTC_TRANSPORT_ERROR = "WEBRTC_TRANSPORT_ERROR"
    INTERNAL = "INTERNAL"


class SignalingError(Exception):
    """A refusal with a code. `message` is read by people and holds nothing of what the client sent.

    `retry_after`: seconds after which the same request may succeed, where that is known.
    """

    def __init__(self, code: ErrorCode, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after


class FloodError(Exception):
    """More was refused than is worth answering: the connection has to end."""


def not_found(what: str) -> SignalingError:
    """For an id that is unknown, of another participant or of another room: the three must not be told apart."""
    return SignalingError(ErrorCode.NOT_FOUND, f"There is no such {what}.")
