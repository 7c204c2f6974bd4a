"""A transport from its first path to its end; the data plane is a list of what it was told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from sfu.commands import MediaError
from sfu.ortc import DtlsParameters
from sfu.ortc.model import DtlsFingerprint
from sfu.worker import transport as transport_module
from sfu.worker.dtls import DtlsAssociation, SrtpKeys, fingerprints, new_certificate
from sfu.worker.transport import EARLY_LIMIT, State, Surroundings, Transport

WORKER, BROWSER = new_certificate(), new_certificate()
BROWSER_PRINTS = tuple(fingerprints(BROWSER))
STRANGER_PRINTS = tuple(fingerprints(new_certificate()))


class Path:
    """The data plane's side of a transport: a wire to one browser, and the keys it was given."""

    def __init__(self) -> None:
        self.keys: dict[int, SrtpKeys] = {}
        self.browsers: dict[int, DtlsAssociation] = {}
        self.credentials: list[str] = []

    def restart_ice(self, _transport: int, ufrag: str, _password: str) -> None:
        self.credentials.append(ufrag)

    def send_dtls(self, transport: int, datagram: bytes) -> None:
        if transport in self.browsers:
            self.browsers[transport].receive(datagram)

    def set_srtp_keys(self, transport: int, profile: str, rx: bytes, tx: bytes) -> None:
        self.keys[transport] = SrtpKeys(profile, rx, tx)


class Bench:
    def __init__(self) -> None:
        self.path = Path()
        self.told: asyncio.Queue[tuple[str, State, str]] = asyncio.Queue()
        self.around = Surroundings(
            plane=self.path,
            certificate=WORKER,
            handshakes=asyncio.Semaphore(2),
            changed=lambda transport, state, reason: self.told.put_nowait((transport.id, state, reason)),
            drops=Counter(),
        )
        self.transports: list[Transport] = []

    def transport(self) -> Transport:
        handle = len(self.transports) + 1
        made = Transport(handle, f"t{handle}", "room", "send", self.around)
        self.transports.append(made)
        return made

    def browser(self, transport: Transport, role: str = "client") -> DtlsAssociation:
        association = DtlsAssociation(BROWSER, role, transport.datagram_received)  # type: ignore[arg-type]
        self.path.browsers[transport.handle] = association
        return association

    async def next(self) -> tuple[str, State, str]:
        return await asyncio.wait_for(self.told.get(), 5)

    async def connected(self, *, role: str = "client") -> tuple[Transport, DtlsAssociation, SrtpKeys]:
        transport = self.transport()
        browser = self.browser(transport, role)
        transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role=role))  # type: ignore[arg-type]
        transport.path_validated()
        keys = await browser.handshake(tuple(fingerprints(WORKER)))
        assert await self.next() == (transport.id, "connecting", "")
        assert await self.next() == (transport.id, "connected", "")
        return transport, browser, keys


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    for transport in made.transports:
        await transport.close()
    for browser in made.path.browsers.values():
        await browser.stop()


@pytest.mark.parametrize("role", ["client", "server"])
async def test_the_worker_takes_the_role_the_browser_leaves(bench: Bench, role: str) -> None:
    transport, _, keys = await bench.connected(role=role)
    assert bench.path.keys[transport.handle] == SrtpKeys(keys.profile, keys.tx, keys.rx)


async def test_a_browser_that_leaves_the_role_open_is_answered_as_server(bench: Bench) -> None:
    transport = bench.transport()
    browser = bench.browser(transport, "client")
    transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role="auto"))
    transport.path_validated()
    await browser.handshake(tuple(fingerprints(WORKER)))


async def test_as_client_nothing_is_sent_before_there_is_a_path(bench: Bench) -> None:
    transport = bench.transport()
    browser = bench.browser(transport, "server")
    heard: list[bytes] = []
    browser.receive = heard.append  # type: ignore[assignment, method-assign]
    transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role="server"))
    await asyncio.sleep(0)
    assert heard == []
    transport.path_validated()
    assert (await bench.next())[1] == "connecting"


async def test_a_browser_quicker_than_its_signaling_is_not_lost(bench: Bench) -> None:
    transport = bench.transport()
    browser = bench.browser(transport)
    handshake = asyncio.create_task(browser.handshake(tuple(fingerprints(WORKER))))
    transport.path_validated()
    await asyncio.sleep(0)
    transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role="client"))
    await asyncio.wait_for(handshake, 0.9)


async def test_what_comes_before_signaling_is_kept_up_to_a_limit(bench: Bench) -> None:
    transport = bench.transport()
    for _ in range(EARLY_LIMIT + 3):
        transport.datagram_received(b"\x16" * 50)
    assert bench.around.drops == {"dtls_queue_full": 3}


async def test_a_wrong_fingerprint_fails_the_transport_and_makes_no_keys(bench: Bench) -> None:
    transport = bench.transport()
    browser = bench.browser(transport)
    transport.connect(DtlsParameters(fingerprints=STRANGER_PRINTS, role="client"))
    transport.path_validated()
    await browser.handshake(tuple(fingerprints(WORKER)))
    assert [await bench.next(), await bench.next()] == [("t1", "connecting", ""), ("t1", "failed", "fingerprint")]
    assert bench.path.keys == {}


async def test_another_transport_does_not_notice(bench: Bench) -> None:
    failing, working = bench.transport(), bench.transport()
    for transport, prints in ((failing, STRANGER_PRINTS), (working, BROWSER_PRINTS)):
        bench.browser(transport)
        transport.connect(DtlsParameters(fingerprints=prints, role="client"))
        transport.path_validated()
    await asyncio.gather(*(b.handshake(tuple(fingerprints(WORKER))) for b in bench.path.browsers.values()))
    states = {await bench.next() for _ in range(4)}
    assert ("t1", "failed", "fingerprint") in states
    assert ("t2", "connected", "") in states
    assert set(bench.path.keys) == {working.handle}


async def test_a_handshake_that_breaks_is_tried_again(bench: Bench) -> None:
    """A fatal alert from the path ends one attempt; the browser's next hello begins another."""
    transport = bench.transport()
    transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role="client"))
    transport.path_validated()
    assert (await bench.next())[1] == "connecting"
    await broken_attempt(transport)
    browser = bench.browser(transport)
    await asyncio.wait_for(browser.handshake(tuple(fingerprints(WORKER))), 0.9)
    assert await bench.next() == ("t1", "connected", "")


async def test_it_is_not_tried_again_without_end(bench: Bench) -> None:
    transport = bench.transport()
    transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role="client"))
    transport.path_validated()
    assert (await bench.next())[1] == "connecting"
    for _ in range(transport_module.ATTEMPTS):
        await broken_attempt(transport)
    assert await bench.next() == ("t1", "failed", "handshake")


async def broken_attempt(transport: Transport) -> None:
    """An unencrypted fatal alert (handshake_failure), which OpenSSL believes before keys are agreed."""
    transport.datagram_received(b"\x15\xfe\xfd\0\0\0\0\0\0\0\0\0\x02\x02\x28")
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_handshake_that_never_comes_fails_at_the_deadline(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "HANDSHAKE_DEADLINE_S", 0.01)
    transport = bench.transport()
    transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role="client"))
    transport.path_validated()
    assert [await bench.next(), await bench.next()] == [("t1", "connecting", ""), ("t1", "failed", "handshake")]


async def test_no_more_handshakes_run_at_once_than_allowed(bench: Bench) -> None:
    for _ in range(3):
        transport = bench.transport()
        transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role="client"))
        transport.path_validated()
    assert {(await bench.next())[0] for _ in range(2)} == {"t1", "t2"}
    assert bench.told.empty()
    await bench.transports[0].close()
    assert await bench.next() == ("t3", "connecting", "")


async def test_close_notify_closes_the_transport(bench: Bench) -> None:
    transport, browser, _ = await bench.connected()
    await browser.stop()
    assert await bench.next() == (transport.id, "closed", "peer_closed")


async def test_closing_tells_the_browser(bench: Bench) -> None:
    transport, browser, _ = await bench.connected()
    await transport.close()
    await asyncio.wait_for(browser.wait_closed(), 5)
    assert bench.told.empty()


async def test_closing_ends_a_handshake_under_way(bench: Bench) -> None:
    transport = bench.transport()
    transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS, role="client"))
    transport.path_validated()
    assert (await bench.next())[1] == "connecting"
    await asyncio.wait_for(transport.close(), 5)
    assert bench.told.empty()


async def test_a_lost_path_fails_the_transport_until_there_is_one_again(bench: Bench) -> None:
    transport, _, _ = await bench.connected()
    transport.consent_expired()
    assert await bench.next() == (transport.id, "failed", "consent_expired")
    transport.path_validated()
    assert await bench.next() == (transport.id, "connected", "")


async def test_a_failed_handshake_is_not_healed_by_a_new_path(bench: Bench) -> None:
    transport = bench.transport()
    browser = bench.browser(transport)
    transport.connect(DtlsParameters(fingerprints=STRANGER_PRINTS, role="client"))
    transport.path_validated()
    await browser.handshake(tuple(fingerprints(WORKER)))
    assert [(await bench.next())[1], (await bench.next())[1]] == ["connecting", "failed"]
    await asyncio.sleep(0)
    transport.path_validated()
    assert bench.told.empty()


async def test_parameters_are_taken_once(bench: Bench) -> None:
    transport = bench.transport()
    transport.connect(DtlsParameters(fingerprints=(DtlsFingerprint("sha-256", "00"),)))
    with pytest.raises(MediaError) as refusal:
        transport.connect(DtlsParameters(fingerprints=BROWSER_PRINTS))
    assert refusal.value.code == "CONFLICT"


async def test_an_ice_restart_makes_new_credentials(bench: Bench) -> None:
    transport = bench.transport()
    before = transport.ice.ufrag
    parameters = transport.restart_ice()
    assert parameters["usernameFragment"] == bench.path.credentials[0] != before
    assert parameters["iceLite"] is True
