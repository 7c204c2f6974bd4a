"""A disk that is really full: refusals in words, nothing acknowledged is lost, and on again once there is room."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Root needs no user namespace, and where it may not make one, others may.
ALONE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]


def may_mount(directory: Path) -> bool:
    trial = [*ALONE, "mount", "-t", "tmpfs", "none", str(directory)]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def test_a_full_disk_refuses_in_words_and_recovers(tmp_path: Path) -> None:
    if not may_mount(tmp_path):
        pytest.skip("this machine lets nobody mount a file system")
    command = [*ALONE, sys.executable, "-m", "tests.persistence.full_disk", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    assert "acknowledged" in done.stdout
