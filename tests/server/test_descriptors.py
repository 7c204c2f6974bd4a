"""A process takes as many connections as the system lets it ask for, not as many as it is given."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from server.descriptors import BESIDE_CONNECTIONS, raise_limit


@pytest.fixture(autouse=True)
def limits() -> Iterator[tuple[int, int]]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_the_system_lets_one_ask_for_is_asked_for(limits: tuple[int, int]) -> None:
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    assert raise_limit(100) == hard
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)


def test_a_limit_that_connections_would_reach_is_said(limits: tuple[int, int]) -> None:
    _, hard = limits
    if hard == resource.RLIM_INFINITY:
        pytest.skip("nothing is too much here")
    with capture_logs() as logs:
        raise_limit(hard - BESIDE_CONNECTIONS)
        assert logs == []
        raise_limit(hard - BESIDE_CONNECTIONS + 1)
    assert [entry["event"] for entry in logs] == ["few_descriptors"]
