"""Addresses, ports and helping servers: how they may be written, and what refuses to start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config.rtc import RtcSettings
from config.settings import Settings, load


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def from_environment(monkeypatch: pytest.MonkeyPatch, **values: str) -> RtcSettings:
    for name, value in values.items():
        monkeypatch.setenv(f"FOLKMOOT_RTC__{name.upper()}", value)
    return Settings().rtc


def test_the_environment_separates_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    rtc = from_environment(
        monkeypatch,
        announced_ip="203.0.113.7, 2001:DB8::7",
        stun_urls="stun:a.example:3478,stun:[2001:db8::1]",
        turn_urls="turn:t.example:3478?transport=udp, turns:t.example:443?transport=tcp",
        turn_secret="shared",
    )
    assert rtc.announced_ip == "203.0.113.7,2001:db8::7"
    assert rtc.stun_urls == ("stun:a.example:3478", "stun:[2001:db8::1]")
    assert rtc.turn_urls == ("turn:t.example:3478?transport=udp", "turns:t.example:443?transport=tcp")


def test_yaml_has_lists(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("rtc: {listen_ip: [10.0.0.5, '::1'], announced_ip: null, stun_urls: ['stun:a.example']}")
    rtc = load(file).rtc
    assert (rtc.listen_ip, rtc.announced_ip, rtc.stun_urls) == ("10.0.0.5,::1", None, ("stun:a.example",))


def test_an_empty_announced_address_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment(monkeypatch, announced_ip="").announced_ip is None


@pytest.mark.parametrize(
    "bad",
    [
        {"listen_ip": "meet.example"},
        {"announced_ip": "10.0.0.256"},
        {"announced_ip": "10.0.0.5,"},
        {"stun_urls": ["http://a.example"]},
        {"stun_urls": ["stun:"]},
        {"turn_urls": ["turn:t.example?transport=sctp"], "turn_secret": "s"},
        {"turn_urls": ["turn:user@t.example"], "turn_secret": "s"},
        {"turn_urls": ["turn:t.example"]},
        {"turn_urls": ["turn:t.example"], "turn_username": "somebody"},
        {"turn_urls": ["turn:t.example"], "turn_secret": "s", "turn_username": "a", "turn_password": "b"},
    ],
)
def test_what_cannot_work_refuses_to_start(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RtcSettings(**bad)


def test_a_refusal_does_not_repeat_the_secret_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as refusal:
        from_environment(
            monkeypatch, turn_secret="hush-hush", turn_password="whisper", turn_username="a", turn_urls="turn:t"
        )
    assert "turn_secret" in str(refusal.value)
    assert "hush-hush" not in str(refusal.value)
    assert "whisper" not in str(refusal.value)


def test_workers_count_up_from_both_ports() -> None:
    rtc = RtcSettings()
    assert [(rtc.udp_port_of(worker), rtc.tcp_port_of(worker)) for worker in range(3)] == [
        (7882, 7881),
        (7883, 7882),
        (7884, 7883),
    ]
    assert RtcSettings(udp_port=0).tcp_port_of(1) == 0, "any"
    assert RtcSettings(tcp_port=None).tcp_port_of(1) is None
