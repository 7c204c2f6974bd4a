"""Fixtures shared by the tests that run the real program."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.browser import launch
from tests.support.server import RunningServer, running_server

# No deadline: a shared machine stalls for longer than any example takes. In CI the same run twice is the same run.
hypothesis.settings.register_profile("folkmoot", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("folkmoot")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI, what real browsers and real seconds decide has a second try (docs/decisions.md, 96); nothing else has."""
    for item in items:
        if "CI" in os.environ and (item.get_closest_marker("browser") or item.get_closest_marker("slow")):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A running server, shared by the tests of one file."""
    with running_server() as running:
        yield running


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await launch(playwright)
        try:
            yield chromium
        finally:
            await chromium.close()
