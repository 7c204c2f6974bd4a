"""Where media goes: addresses, ports, workers, and the servers that help browsers to get through."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from config.section import Section, split_at_commas

# host: a name, an IPv4 address, or an IPv6 address in brackets
_HOST_AND_PORT = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_STUN_URL = re.compile(rf"stuns?:{_HOST_AND_PORT}")
_TURN_URL = re.compile(rf"turns?:{_HOST_AND_PORT}(?:\?transport=(?:udp|tcp))?")


def _joined(value: object) -> object:
    """A list, as YAML has it, is the same as its members with commas between them."""
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _are_addresses(value: str) -> str:
    return ",".join(str(ipaddress.ip_address(text.strip())) for text in value.split(","))


def _are_stun_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    """RFC 7064."""
    for url in urls:
        if not _STUN_URL.fullmatch(url):
            raise ValueError(f"{url!r} is no STUN URL such as stun:stun.example.org:3478")
    return urls


def _are_turn_urls(urls: tuple[str, ...]) -> tuple[str, ...]:
    """RFC 7065."""
    for url in urls:
        if not _TURN_URL.fullmatch(url):
            raise ValueError(f"{url!r} is no TURN URL such as turn:turn.example.org:3478?transport=udp")
    return urls


Addresses = Annotated[str, BeforeValidator(_joined), AfterValidator(_are_addresses)]
StunUrls = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_at_commas), AfterValidator(_are_stun_urls)]
TurnUrls = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_at_commas), AfterValidator(_are_turn_urls)]


class RtcSettings(Section):
    """Worker i listens on `udp_port + i` and `tcp_port + i`: two spaces of numbers, which may overlap.

    Each address of `listen_ip` gets a socket of its own; `::` is every address of both families. `announced_ip` is what
    browsers are told; None: every address of the host. Both are one address or several, with commas between them.

    A worker busier than `spread_cpu` (share of a core) or with `spread_transports` transports takes no newcomers of its
    rooms while another can; 0 spreads every room over all workers.
    """

    listen_ip: Addresses = "::"
    announced_ip: Annotated[Addresses | None, BeforeValidator(lambda value: value or None)] = None
    udp_port: int = Field(7882, ge=0, le=65535)  # 0: any, and any of TCP too
    tcp_port: int | None = Field(7881, ge=0, le=65535)  # None: no media over TCP
    workers: int | None = Field(None, ge=1, le=256)  # None: one for each core
    spread_cpu: float = Field(0.6, ge=0, le=1)
    spread_transports: int = Field(1000, ge=0)
    initial_bitrate: int = Field(1_000_000, ge=100_000, le=100_000_000)  # bits/s a path is taken to carry at first
    minimum_bitrate: int = Field(600_000, ge=50_000, le=100_000_000)  # and at least, until it has shown less
    stun_urls: StunUrls = ()
    turn_urls: TurnUrls = ()
    turn_secret: SecretStr = SecretStr(
        ""
    )  # shared with the TURN server: each participant gets a credential of their own
    turn_ttl_s: int = Field(6 * 3600, ge=60, le=7 * 24 * 3600)  # how long such a credential opens a new relay
    turn_username: str = ""  # without turn_secret: one credential for everybody
    turn_password: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _a_turn_server_has_credentials(self) -> Self:
        shared = bool(self.turn_secret.get_secret_value())
        fixed = bool(self.turn_username and self.turn_password.get_secret_value())
        if self.turn_urls and shared == fixed:
            raise ValueError("turn_urls needs either turn_secret or turn_username with turn_password")
        return self

    @property
    def worker_count(self) -> int:
        return self.workers or os.cpu_count() or 1

    def udp_port_of(self, worker: int) -> int:
        return self.udp_port + worker if self.udp_port else 0

    def tcp_port_of(self, worker: int) -> int | None:
        if self.tcp_port is None:
            return None
        return self.tcp_port + worker if self.udp_port and self.tcp_port else 0
