"""Fixtures shared by the tests that run the real program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import RunningServer, running_server


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A running server, shared by the tests of one file."""
    with running_server() as running:
        yield running
