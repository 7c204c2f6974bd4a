"""What an HTTP request can be refused with (REQUIREMENTS MGT-15)."""

from __future__ import annotations

STATUS = {
    "UNAUTHORIZED": 401,
    "ACCESS_DENIED": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "CAPACITY_EXCEEDED": 409,
    "VALIDATION": 422,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "WEBRTC_TRANSPORT_ERROR": 500,
    "UNAVAILABLE": 503,
}


class ApiError(Exception):
    """A refusal with one of the protocol's error codes; its status follows from the code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return STATUS[self.code]
