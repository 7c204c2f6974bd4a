"""The table in README.md is true: each case has a test, and each test it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = dict(
    re.findall(r"^\| (\d+) \| [^|]+ \| (.+) \|$", (Path(__file__).parent / "README.md").read_text(), re.MULTILINE)
)


def test_every_case_of_media_the_way_in_questions_and_webhooks_has_a_row() -> None:
    rows = [int(case) for case in ROWS]
    assert rows == sorted(set(rows))
    assert {*range(1, 59), 64, 73, 75, 76, 77, 86} <= set(rows)


@pytest.mark.parametrize("case", ROWS)
def test_the_tests_of_a_case_are_there(case: str) -> None:
    named = re.findall(r"`([^`]+)::(\w+)`", ROWS[case])
    assert named
    missing = [name for path, name in named if not re.search(rf"\b(fn|def) {name}\b", (ROOT / path).read_text())]
    assert missing == []
