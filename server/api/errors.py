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
    """A refusal with one of the protocol's error codes; its status follows from the code, unless one is given.

    `retry_after`: seconds after which the same request may succeed, where that is known.
    """

    def __init__(self, code: str, message: str, retry_after: float | None = None, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.status = status or STATUS[code]
