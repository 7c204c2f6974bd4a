"""Whether the compiled data plane was built from the Rust sources beside it.

A checkout may move on while the binary stays: such a binary is refused at start, because its faults would be looked for
in sources that it does not come from. An installed package has no sources, and there is nothing to compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sfu import _dataplane

_WORKSPACE = Path(__file__).parent / "dataplane"
_SOURCES = (
    "Cargo.lock",
    "Cargo.toml",
    "core/Cargo.toml",
    "core/src",
    "python/Cargo.toml",
    "python/build.rs",
    "python/src",
)  # as in python/build.rs, which computes the same digest


class StaleDataPlaneError(RuntimeError):
    """`sfu._dataplane` was built from other sources than those in this checkout."""


def source_digest(workspace: Path) -> str | None:
    """SHA-256, in hex, over name, length and content of every source, by name. None where there are no sources."""
    if not (workspace / "Cargo.toml").is_file():
        return None
    digest = hashlib.sha256()
    for name in sorted(_names(workspace)):
        content = (workspace / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def check_dataplane(workspace: Path = _WORKSPACE, built_from: str = _dataplane.SOURCE_DIGEST) -> None:
    """Raise StaleDataPlaneError when the binary in use does not come from the sources in `workspace`."""
    expected = source_digest(workspace)
    if expected is not None and expected != built_from:
        raise StaleDataPlaneError(
            f"the compiled data plane ({_dataplane.__file__}) is older than its sources in {workspace}; "
            "`make run` and `make test` build it anew"
        )


def _names(workspace: Path) -> Iterator[str]:
    for source in _SOURCES:
        path = workspace / source
        files = path.rglob("*") if path.is_dir() else [path]
        yield from (file.relative_to(workspace).as_posix() for file in files if file.is_file())
