"""A meeting where the network lets little through: TCP alone, IPv6 alone, a TURN server alone."""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from pydantic import SecretStr

from config.rtc import RtcSettings
from signaling.ice_servers import IceServers
from tests.e2e.browser import BrowserPerson
from tests.e2e.connections import connections, only, unreachable_but_by_relay
from tests.e2e.test_a_meeting import hears, sees
from tests.support.server import RunningServer, running_server
from tests.support.turn import TurnServer, running_turn

pytestmark = pytest.mark.browser


async def meet(browser: Browser, server: RunningServer, **narrow: str) -> tuple[BrowserPerson, BrowserPerson]:
    """Ada over whatever works best, Ben over what he is left."""
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    meeting_id = await ada.create_meeting()
    await ada.join()
    ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}", only(**narrow))
    await ben.join()
    for one, other in ((ada, ben), (ben, ada)):
        await sees(one, other)
        await hears(one, other)
    return ada, ben


async def pairs(person: BrowserPerson) -> list[dict[str, Any]]:
    used = [connection for connection in await connections(person) if connection["state"] != "closed"]
    assert len(used) == 2, "one to send, one to receive"
    assert all(connection["state"] == "connected" for connection in used), used
    return used


async def test_where_udp_is_blocked_media_flows_over_tcp(browser: Browser, server: RunningServer) -> None:
    _ada, ben = await meet(browser, server, candidates=" tcp ")
    for used in await pairs(ben):
        assert (used["local"]["protocol"], used["remote"]["protocol"]) == ("tcp", "tcp")


async def test_where_both_are_possible_udp_is_taken(browser: Browser, server: RunningServer) -> None:
    _ada, ben = await meet(browser, server)
    for used in await pairs(ben):
        assert used["remote"]["protocol"] == "udp"


def has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
        return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("protocol", ["udp", "tcp"])
async def test_a_meeting_over_ipv6_alone(browser: Browser, protocol: str) -> None:
    with running_server(FOLKMOOT_RTC__LISTEN_IP="::1", FOLKMOOT_RTC__ANNOUNCED_IP="::1") as server:
        _ada, ben = await meet(browser, server, candidates=f" {protocol} ")
        for used in await pairs(ben):
            assert (used["remote"]["protocol"], used["remote"]["address"]) == (protocol, "::1")


async def test_a_meeting_on_every_address_of_this_machine(browser: Browser) -> None:
    with running_server(FOLKMOOT_RTC__LISTEN_IP="::", FOLKMOOT_RTC__ANNOUNCED_IP="") as server:
        await meet(browser, server)


async def test_media_flows_through_a_turn_server_alone(browser: Browser) -> None:
    with (
        running_turn(secrets.token_hex(16)) as turn,
        running_server(FOLKMOOT_RTC__TURN_URLS=turn.url, FOLKMOOT_RTC__TURN_SECRET=turn.secret) as server,
    ):
        _ada, ben = await meet(browser, server, policy="relay")
        for used in await pairs(ben):
            assert used["local"]["candidateType"] == "relay"
        assert turn.secret not in server.log()


async def test_who_gets_no_media_through_may_try_the_relay_and_keeps_to_it(browser: Browser) -> None:
    with (
        running_turn(secrets.token_hex(16)) as turn,
        running_server(FOLKMOOT_RTC__TURN_URLS=turn.url, FOLKMOOT_RTC__TURN_SECRET=turn.secret) as server,
    ):
        ada = await BrowserPerson.arrive(browser, "Ada", server.url)
        meeting_id = await ada.create_meeting()
        await ada.join()
        ben = await BrowserPerson.arrive(browser, "Ben", f"{server.url}/m/{meeting_id}", unreachable_but_by_relay)
        await ben.join()
        await expect(ben.part("connecting-media")).to_be_visible(timeout=20_000)
        await ben.part("try-relay").click()
        for one, other in ((ada, ben), (ben, ada)):
            await sees(one, other)
            await hears(one, other)
        for used in await pairs(ben):
            assert used["local"]["candidateType"] == "relay"
        await expect(ben.part("connecting-media")).to_have_count(0)
        await expect(ben.part("try-relay")).to_have_count(0)
        assert ada.errors == ben.errors == []


def relayed(turn: TurnServer, username: str, credential: str) -> bool:
    """Whether coturn's own client gets messages through."""
    # fmt: off
    client = [
        "turnutils_uclient", "-y", "-c", "-n", "2", "-m", "1", "-l", "100", "-p", str(turn.port),
        "-u", username, "-w", credential, "127.0.0.1",
    ]
    # fmt: on
    return subprocess.run(client, capture_output=True, check=False, timeout=60).returncode == 0


def test_coturn_takes_the_credential_until_it_ends_and_no_other() -> None:
    with running_turn(secrets.token_hex(16)) as turn:
        settings = RtcSettings(turn_urls=(turn.url,), turn_secret=SecretStr(turn.secret), turn_ttl_s=60)

        def credential(at: float) -> tuple[str, str]:
            [server] = IceServers(settings, lambda: at).of("ada")
            return server["username"], server["credential"]

        username, password = credential(time.time())
        assert relayed(turn, username, password)
        assert not relayed(turn, username.replace("ada", "bob"), password)
        assert not relayed(turn, *credential(time.time() - 3600))
