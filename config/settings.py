"""Every setting, typed. Precedence: flag > environment > `.env` > YAML file > default (PROTOCOL, "Starting it")."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

DEV_SECRET = "folkmoot-development-secret-not-for-production"  # noqa: S105 - refused outside --dev, see problems()
MIN_SECRET_BYTES = 32


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HttpSettings(Section):
    host: str = "0.0.0.0"  # noqa: S104 - a server is meant to be reached
    port: int = Field(7880, ge=0, le=65535)
    cors_origins: tuple[str, ...] = ()


class RtcSettings(Section):
    """Worker i listens on `udp_port + i`. `announced_ip` is what browsers are told; without it, every address of the host."""

    listen_ip: str = "0.0.0.0"  # noqa: S104 - media arrives on every interface
    announced_ip: str | None = None
    udp_port: int = Field(7882, ge=0, le=65535)
    tcp_port: int = Field(7881, ge=0, le=65535)
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)


class DatabaseSettings(Section):
    url: str | None = None  # default: SQLite under the data directory


class RedisSettings(Section):
    url: str | None = None


class AuthSettings(Section):
    secret: SecretStr = SecretStr("")
    token_ttl_s: int = Field(6 * 3600, ge=60)
    guests: bool = True
    guests_create: bool | None = None  # None: only under --dev
    leeway_s: int = Field(30, ge=0, le=300)


class LimitSettings(Section):
    max_participants: int = Field(1000, ge=1, le=10_000)
    max_rooms: int = Field(10_000, ge=1)
    max_transports_per_participant: int = Field(8, ge=2)
    max_producers_per_participant: int = Field(16, ge=1)
    max_consumers_per_participant: int = Field(4096, ge=1)
    title_length: int = Field(100, ge=1, le=255)
    description_length: int = Field(500, ge=0)


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="FOLKMOOT_", env_nested_delimiter="__", env_file=".env", extra="ignore", frozen=True
    )

    http: HttpSettings = HttpSettings()
    rtc: RtcSettings = RtcSettings()
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    auth: AuthSettings = AuthSettings()
    limits: LimitSettings = LimitSettings()
    log: LogSettings = LogSettings()
    data_dir: Path = Path("data")
    dev: bool = False

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL, async driver included."""
        return self.database.url or f"sqlite+aiosqlite:///{(self.data_dir / 'folkmoot.db').absolute()}"
