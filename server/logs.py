"""Structured logging: JSON lines for machines, colours for people (REQUIREMENTS WEB-6)."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import structlog

from config.settings import LogSettings

# Whatever the call site, these never reach a log.
SECRETS = frozenset({"token", "password", "secret", "ice_password", "authorization", "resume_token"})


def configure(settings: LogSettings) -> None:
    """Set up structlog for this process; standard-library loggers of libraries go the same way from `warning` up."""
    level = getattr(logging, settings.level.upper())
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide_secrets,
            *_rendering(as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if as_json
        else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(name)s %(levelname)s %(message)s"
    )


def _rendering(as_json: bool) -> list[Any]:
    if not as_json:
        return [structlog.dev.ConsoleRenderer()]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=lambda entry, **_: orjson.dumps(entry, default=str)),
    ]


def _hide_secrets(_logger: object, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name in SECRETS & entry.keys():
        entry[name] = "[hidden]"
    return entry
