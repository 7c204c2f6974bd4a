"""Every setting, typed. Precedence: flag > environment > `.env` > YAML file > default (PROTOCOL, "Starting it")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from config.outgoing import RetentionSettings, WebhookSettings
from config.rates import RateSettings
from config.record import RecordSettings
from config.rtc import RtcSettings
from config.section import Networks, Section, Texts

DEV_SECRET = "folkmoot-development-secret-not-for-production"  # noqa: S105 - refused outside --dev, see problems()
SAMPLE_SECRETS = frozenset({DEV_SECRET, "replace-this-with-32-or-more-random-bytes"})
MIN_SECRET_BYTES = 32


def _is_a_safe_place(text: str) -> str:
    """Keys that came in the clear from another machine could be anybody's."""
    if "://" in text and not re.match(r"https://|http://(localhost|127\.0\.0\.1)[:/]", text):
        raise ValueError("keys come from an https address, this machine or a file")
    return text


KeyPlace = Annotated[str, Field(min_length=1), AfterValidator(_is_a_safe_place)]


class HttpSettings(Section):
    host: str = "0.0.0.0"  # noqa: S104 - a server is meant to be reached
    port: int = Field(7880, ge=0, le=65535)
    cors_origins: Texts = ()
    trusted_proxies: Networks = ()


class DatabaseSettings(Section):
    url: str | None = None  # default: SQLite under the data directory
    migrate_on_start: bool = True


class RedisSettings(Section):
    url: str | None = None
    timeout_s: float = Field(0.25, gt=0, le=10)


class AuthSettings(Section):
    secret: SecretStr = SecretStr("")
    token_ttl_s: int = Field(6 * 3600, ge=60)  # a guest's
    signup: bool = True
    access_ttl_s: int = Field(15 * 60, ge=30)  # an account's, renewed by its refresh token
    refresh_ttl_s: int = Field(30 * 24 * 3600, ge=60)
    guests: bool = True
    guests_create: bool | None = None  # None: only under --dev
    leeway_s: int = Field(30, ge=0, le=300)
    jwks: KeyPlace | None = None
    jwks_issuer: str | None = None
    jwks_audience: str = "folkmoot"
    jwks_operators: bool = False
    jwks_refresh_s: float = Field(300, ge=10)


class LimitSettings(Section):
    resume_within_s: float = Field(30.0, ge=0, le=600)
    max_participants: int = Field(1000, ge=1, le=10_000)
    max_rooms: int = Field(10_000, ge=1)
    max_transports_per_participant: int = Field(8, ge=2)
    max_producers_per_participant: int = Field(16, ge=1)
    max_consumers_per_participant: int = Field(4096, ge=1)
    max_data_producers_per_participant: int = Field(16, ge=0)
    max_data_consumers_per_participant: int = Field(256, ge=0)
    max_waiting: int = Field(100, ge=1, le=10_000)
    lobby_timeout_s: float = Field(600, gt=0)
    title_length: int = Field(100, ge=1, le=255)
    description_length: int = Field(500, ge=0)
    chat_length: int = Field(4000, ge=1, le=16_000)
    presence_ttl_s: float = Field(300, gt=0)
    remind_before_s: float = Field(300, ge=0, le=86_400)


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="FOLKMOOT_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = (init_settings, env_settings, dotenv_settings)
        yaml_file = settings_cls.model_config.get("yaml_file")
        return (*sources, YamlConfigSettingsSource(settings_cls, yaml_file)) if yaml_file else sources

    http: HttpSettings = HttpSettings()
    rtc: RtcSettings = RtcSettings()
    database: DatabaseSettings = DatabaseSettings()
    record: RecordSettings = RecordSettings()
    redis: RedisSettings = RedisSettings()
    auth: AuthSettings = AuthSettings()
    limits: LimitSettings = LimitSettings()
    rates: RateSettings = RateSettings()
    webhooks: WebhookSettings = WebhookSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    data_dir: Path = Path("data")
    dev: bool = False

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL, async driver included."""
        return self.database.url or f"sqlite+aiosqlite:///{(self.data_dir / 'folkmoot.db').absolute()}"

    @property
    def guests_create(self) -> bool:
        return self.dev if self.auth.guests_create is None else self.auth.guests_create

    def problems(self) -> list[str]:
        """Why this configuration may not serve, in words for the operator; empty when it may."""
        secret = self.auth.secret.get_secret_value()
        if self.dev:
            return []
        if not secret:
            return ["auth.secret is empty: set FOLKMOOT_AUTH__SECRET to 32 or more random bytes, or start with --dev"]
        if secret in SAMPLE_SECRETS:
            return ["auth.secret is a sample: anybody could sign tokens. Set FOLKMOOT_AUTH__SECRET to random bytes"]
        if len(secret.encode()) < MIN_SECRET_BYTES:
            return [f"auth.secret is shorter than {MIN_SECRET_BYTES} bytes"]
        return []


def load(config_file: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Settings from flags, environment, `.env` and a YAML file, in that precedence.

    Raises pydantic.ValidationError naming each bad key, and FileNotFoundError for a config file that is not there.
    """
    if config_file is not None and not config_file.is_file():
        raise FileNotFoundError(config_file)
    known: type[Settings] = (
        type("Settings", (Settings,), {"model_config": {"yaml_file": config_file}}) if config_file else Settings
    )
    settings = known(**(flags or {}))
    if settings.dev and not settings.auth.secret.get_secret_value():
        auth = settings.auth.model_copy(update={"secret": SecretStr(DEV_SECRET)})
        return settings.model_copy(update={"auth": auth})
    return settings
