"""A webhook goes to the public network and nowhere this server alone can reach (SSRF)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.webhooks.addresses import AddressRule, ForbiddenAddressError
from server.webhooks.resolver import GuardedResolver, InvalidTargetError, Targets, system_lookup

FORBIDDEN = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "fe80::1%eth0"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::"),
]
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8", "2002:808:808::1"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_private_and_special_addresses_are_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        AddressRule(()).check(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    AddressRule(()).check(address)


@given(st.ip_addresses(v=4).filter(lambda address: not address.is_global))
def test_what_is_not_public_in_ipv4_is_not_reached_through_ipv6_either(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for wrapped in (
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address(0x0064FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1),
        ipaddress.IPv6Address(number),
    ):
        with pytest.raises(ForbiddenAddressError):
            AddressRule(()).check(str(wrapped))


def test_only_the_networks_that_are_named_become_allowed() -> None:
    rule = AddressRule(("10.0.0.0/8", "fd00::/8"))
    for address in ("10.1.2.3", "fd00::1", "::ffff:10.1.2.3"):
        rule.check(address)
    for address in ("127.0.0.1", "192.168.0.1", "fc00::1"):
        with pytest.raises(ForbiddenAddressError):
            rule.check(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:7f00:1]/", "https://0.0.0.0/"),
        *("https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://localhost/"),
        *("https://localhost./", "https://user:secret@93.184.216.34/", "https://93.184.216.34@127.0.0.1/"),
        *("file:///etc/passwd", "gopher://127.0.0.1/", "ftp://93.184.216.34/", "//93.184.216.34/", "nonsense", ""),
        *("http://93.184.216.34/", "https://[fe80::1%25eth0]/", "https:///x", "https://93.184.216.34/\r\nX: y"),
        "https://93.184.216.34/" + "x" * 2048,
        "https://169.254.169.254/latest/meta-data/",
    ],
)
async def test_an_endpoint_there_is_refused_when_it_is_set(url: str) -> None:
    with pytest.raises(InvalidTargetError):
        await Targets(AddressRule(())).check(url)


def answering(*answers: Sequence[str]) -> tuple[list[str], object]:
    """A name server that says something else each time."""
    asked: list[str] = []

    async def lookup(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return asked, lookup


async def test_a_name_that_leads_inside_is_refused() -> None:
    _, lookup = answering(["10.0.0.7"])
    with pytest.raises(InvalidTargetError):
        await Targets(AddressRule(()), lookup).check("https://inside.example/")  # type: ignore[arg-type]


async def test_one_inner_address_among_outer_ones_refuses_them_all() -> None:
    _, lookup = answering(["93.184.216.34", "127.0.0.1"])
    with pytest.raises(ForbiddenAddressError):
        await GuardedResolver(AddressRule(()), lookup).resolve("mixed.example", 443)  # type: ignore[arg-type]


async def test_a_name_that_changes_its_answer_is_asked_once_for_each_connection_and_looked_at_each_time() -> None:
    asked, lookup = answering(["93.184.216.34"], ["127.0.0.1"])
    rule = AddressRule(())
    await Targets(rule, lookup).check("https://rebind.example/")  # type: ignore[arg-type]
    with pytest.raises(ForbiddenAddressError):
        await GuardedResolver(rule, lookup).resolve("rebind.example", 443)  # type: ignore[arg-type]
    assert asked == ["rebind.example"] * 2


async def test_what_is_connected_to_is_what_was_looked_at() -> None:
    _, lookup = answering(["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
    found = await GuardedResolver(AddressRule(()), lookup).resolve("example.org", 443)  # type: ignore[arg-type]
    assert [entry["host"] for entry in found] == ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]


async def test_the_systems_own_lookup_gives_addresses() -> None:
    assert set(await system_lookup("localhost", 80)) <= {"127.0.0.1", "::1"}
