"""What leaves the record: to endpoints outside, and into archives when it is old."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from config.section import Networks, Section


class WebhookSettings(Section):
    """A failed delivery is tried again after `retry_base_s`, then after twice as long each time up to `retry_cap_s`,
    shortened by chance to as little as half. After `disable_after_s` without one success the endpoint is disabled.
    """

    allowed_networks: Networks = ()  # besides public addresses; these may do without TLS
    max_endpoints: int = Field(100, ge=0)
    timeout_s: float = Field(10, gt=0, le=60)
    retry_base_s: float = Field(5, gt=0)
    retry_cap_s: float = Field(3600, gt=0)
    disable_after_s: float = Field(3 * 24 * 3600, gt=0)


class RetentionSettings(Section):
    days: float = Field(90, ge=0)  # after which events go into the archive; 0: never
    every_s: float = Field(6 * 3600, gt=0)  # how often is looked for some
    archive_dir: Path | None = None  # None: `archive` under the data directory
