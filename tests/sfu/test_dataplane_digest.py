"""A compiled data plane that does not come from the sources beside it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfu._dataplane import SOURCE_DIGEST
from sfu.dataplane_digest import StaleDataPlaneError, check_dataplane, source_digest


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A tiny set of sources."""
    for name in ("core/src", "python/src"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("Cargo.toml", "core/src/lib.rs", "python/src/lib.rs"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_the_module_in_use_comes_from_this_checkout() -> None:
    check_dataplane()
    assert len(SOURCE_DIGEST) == 64


def test_a_changed_a_new_and_a_renamed_source_each_change_the_digest(workspace: Path) -> None:
    digests = {source_digest(workspace)}
    (workspace / "core/src/lib.rs").write_text("changed")
    digests.add(source_digest(workspace))
    (workspace / "core/src/new.rs").write_text("")
    digests.add(source_digest(workspace))
    (workspace / "core/src/new.rs").rename(workspace / "core/src/other.rs")
    digests.add(source_digest(workspace))
    assert len(digests) == 4


def test_a_stale_binary_is_refused_with_what_to_do(workspace: Path) -> None:
    with pytest.raises(StaleDataPlaneError, match="make run"):
        check_dataplane(workspace, built_from="0" * 64)


def test_without_sources_there_is_nothing_to_compare(tmp_path: Path) -> None:
    assert source_digest(tmp_path) is None
    check_dataplane(tmp_path, built_from="0" * 64)
