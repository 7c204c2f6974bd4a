"""`folkmoot replay`: rows made anew from the log of events."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from config.settings import Settings
from persistence.errors import PersistenceError
from persistence.replay import BY_NAME, Replay
from server.cli_settings import ConfigFile, Dev, settings_from

One = Annotated[str | None, typer.Option("--meeting", help="Only this meeting.")]
Names = Annotated[
    list[str] | None,
    typer.Option("--projection", help=f"Only these rows, again for each: {', '.join(BY_NAME)}."),
]


def replay(meeting: One = None, projection: Names = None, config: ConfigFile = None, dev: Dev = False) -> None:
    """Make rows anew from the log of events, also while a server is running."""
    if set(projection or ()) - set(BY_NAME):
        raise typer.BadParameter(f"--projection is one of {', '.join(BY_NAME)}")
    settings = settings_from(config, dev)
    try:
        whole = asyncio.run(_replay(settings, meeting, projection or []))
    except (PersistenceError, OSError) as error:
        typer.echo(f"the replay was broken off, what was told is done: {error}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(0 if whole else 1)


async def _replay(settings: Settings, meeting: str | None, projections: list[str]) -> bool:
    """Whether everything that was asked for was made anew."""
    done, left = 0, 0
    archive = settings.retention.archive_dir or settings.data_dir / "archive"
    async with Replay.open(settings.database_url, archive) as log:
        async for one in log.run(meeting_id=meeting, projections=projections):
            if one.lacking is not None:
                left += 1
                typer.echo(f"{one.meeting_id}  left as it was: {one.lacking}", err=True)
            else:
                done += 1
                typer.echo(f"{one.meeting_id}  {one.events} events, {one.mended} rows were wrong")
    if meeting is not None and not done + left:
        typer.echo(f"there is no meeting {meeting}", err=True)
        return False
    return not left
