"""What is shared between the ways in, and what is not."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from pydantic import SecretStr

from config.settings import AuthSettings, Settings
from persistence.store import Store
from server.doors import Doors
from server.identity import TokenAuthority
from signaling.errors import ErrorCode, SignalingError

SECRET = "a secret of more than thirty-two bytes"
PASSWORD = "correct horse battery"


async def test_a_crowd_that_guesses_a_meetings_password_keeps_nobody_from_signing_in(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'folkmoot.db'}", tmp_path)
    settings = Settings(data_dir=tmp_path, auth=AuthSettings(secret=SecretStr(SECRET)))
    doors = Doors(settings, store, TokenAuthority(SECRET, now=time.time))
    await doors.accounts.sign_up("ada@example.org", PASSWORD, "Ada")
    hidden = await doors.meeting_passwords.hash("swordfish")
    crowd = [asyncio.create_task(doors.meeting_passwords.verify(hidden, "carp")) for _ in range(200)]
    await asyncio.sleep(0)
    sent_away = [task.exception() for task in crowd if task.done()]
    assert sent_away, "the crowd is larger than what is waited for"
    assert all(isinstance(error, SignalingError) and error.code is ErrorCode.UNAVAILABLE for error in sent_away)
    assert (await doors.accounts.sign_in("ada@example.org", PASSWORD)).user.display_name == "Ada"
    assert sum(not task.done() for task in crowd) > 50, "nobody waited for the crowd"
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    await store.close()
