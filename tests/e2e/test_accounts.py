"""Signing up, in and out in a real browser, and what that lets somebody do."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import BrowserPerson
from tests.support.eventually import eventually
from tests.support.server import RunningServer, running_server

pytestmark = pytest.mark.browser
PASSWORD = "three green bicycles"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """One on which guests start no meetings, and whose tokens live so short that calls outlive them."""
    with running_server(
        FOLKMOOT_AUTH__GUESTS_CREATE="false",
        FOLKMOOT_AUTH__ACCESS_TTL_S="40",
        FOLKMOOT_RATES__HTTP_STRICT_PER_MIN="100",
    ) as running:
        yield running


def metrics_of(server: RunningServer) -> str:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


async def sign_up(person: BrowserPerson, email: str) -> None:
    await person.part("home-sign-up").click()
    await person.part("account-name").fill(person.name)
    await person.part("account-email").fill(email)
    await person.part("account-password").fill(PASSWORD)
    await person.part("account-submit").click()
    await expect(person.part("account-menu")).to_be_visible()


async def fill_sign_in(person: BrowserPerson, email: str, password: str) -> None:
    await person.part("account-email").fill(email)
    await person.part("account-password").fill(password)
    await person.part("account-submit").click()


async def stored(person: BrowserPerson) -> str:
    script = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    return str(await person.page.evaluate(script))


async def test_somebody_signs_up_starts_a_meeting_and_is_joined_by_a_guest(
    server: RunningServer, browser: Browser
) -> None:
    ada = await BrowserPerson.arrive(browser, "Ada", server.url)
    await expect(ada.part("new-meeting")).to_be_hidden()
    await sign_up(ada, "ada@example.org")
    meeting = await ada.create_meeting()
    await ada.join()
    bob = await BrowserPerson.arrive(browser, "Bob", f"{server.url}/m/{meeting}")
    await bob.join()
    await expect(ada.tile_of("Bob")).to_be_visible()
    _, room = server.request("GET", f"/api/rooms/{meeting}", token=server.operator_token())
    roles = {
        person["display_name"]: (person["role"], person["user_id"].partition(":")[0]) for person in room["participants"]
    }
    assert roles == {"Ada": ("host", "user"), "Bob": ("participant", "guest")}
    assert "eyJ" not in await stored(ada), "no token where a script could take it from"

    async def refreshed() -> bool:
        return 'folkmoot_requests_total{event="token:refresh",outcome="ok"}' in metrics_of(server)

    await eventually(refreshed, "the page hands in another token before its own ends")
    assert (ada.errors, bob.errors) == ([], [])
    await ada.close()
    await bob.close()


async def test_who_is_signed_in_stays_so_after_a_reload_and_in_another_tab_and_not_after_signing_out(
    server: RunningServer, browser: Browser
) -> None:
    eve = await BrowserPerson.arrive(browser, "Eve", server.url)
    await sign_up(eve, "eve@example.org")
    await eve.page.reload()
    await expect(eve.part("account-menu")).to_be_visible()
    other = await eve.context.new_page()
    await other.goto(server.url)
    await expect(other.get_by_test_id("account-menu")).to_be_visible()
    await eve.page.reload()
    await eve.part("account-menu").click()
    await expect(eve.part("account-who")).to_contain_text("eve@example.org")
    await eve.part("sign-out").click()
    await expect(eve.part("open-sign-in")).to_be_visible()
    await expect(other.get_by_test_id("open-sign-in")).to_be_visible()
    await eve.page.reload()
    await expect(eve.part("sign-in-to-start")).to_be_visible()
    await eve.close()


async def test_a_password_is_changed_and_the_old_one_opens_nothing(server: RunningServer, browser: Browser) -> None:
    kim = await BrowserPerson.arrive(browser, "Kim", server.url)
    await sign_up(kim, "kim@example.org")
    await kim.part("account-menu").click()
    await kim.part("change-password").click()
    await kim.part("account-current").fill("not this one")
    await kim.part("account-password").fill("seven blue umbrellas")
    await kim.part("account-submit").click()
    await expect(kim.part("account-problem")).to_contain_text("current password is wrong")
    await kim.part("account-current").fill(PASSWORD)
    await kim.part("account-submit").click()
    await expect(kim.part("account-dialog")).to_be_hidden()
    await kim.part("account-menu").click()
    await kim.part("sign-out").click()
    await kim.part("open-sign-in").click()
    await fill_sign_in(kim, "kim@example.org", PASSWORD)
    await expect(kim.part("account-problem")).to_contain_text("wrong")
    await fill_sign_in(kim, "KIM@example.org", "seven blue umbrellas")
    await expect(kim.part("account-menu")).to_be_visible()
    assert kim.errors == []
    await kim.close()


async def test_a_guest_who_is_not_let_in_signs_in_and_is(server: RunningServer, browser: Browser) -> None:
    closed = {"title": "Members", "guests_allowed": False}
    _, meeting = server.request("POST", "/api/meetings", token=server.token("ida"), body=closed)
    mia = await BrowserPerson.arrive(browser, "Mia", server.url)
    await sign_up(mia, "mia@example.org")
    await mia.part("account-menu").click()
    await mia.part("sign-out").click()
    await expect(mia.part("open-sign-in")).to_be_visible()
    await mia.page.goto(f"{server.url}/m/{meeting['id']}")
    await mia.part("prejoin-name").fill("Mia")
    await mia.part("join-button").click()
    await mia.part("sign-in-instead").click()
    await fill_sign_in(mia, "mia@example.org", PASSWORD)
    await mia.join()
    assert mia.errors == []
    await mia.close()


async def test_a_bad_sign_up_is_answered_in_words(server: RunningServer, browser: Browser) -> None:
    lou = await BrowserPerson.arrive(browser, "Lou", server.url)
    await sign_up(lou, "lou@example.org")
    await lou.part("account-menu").click()
    await lou.part("sign-out").click()
    await lou.part("home-sign-up").click()
    await fill_sign_in(lou, "lou@example.org", PASSWORD)
    await expect(lou.part("account-problem")).to_contain_text("There is an account with this address")
    await fill_sign_in(lou, "lou2@example.org", "password123")
    await expect(lou.part("account-problem")).to_contain_text("first anybody would try")
    await lou.part("to-sign-in").click()
    await fill_sign_in(lou, "lou@example.org", PASSWORD)
    await expect(lou.part("account-menu")).to_be_visible()
    await lou.close()
