"""The `folkmoot` command."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from config.settings import Settings
from persistence.errors import PersistenceError
from persistence.store import Store
from server import descriptors, logs, memory
from server.app import Application
from server.cli_settings import ConfigFile, Dev, settings_from
from server.identity import TokenAuthority
from server.loadtest import report
from server.loadtest.run import GeneratorDiedError, LoadTest
from server.loadtest.scenario import Scenario
from server.operator_cli import add_operator_commands
from server.replay_cli import replay
from sfu.worker_process import WorkerStartError
from signaling.roles import Role

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="Folkmoot: a self-hosted realtime meeting server.")
add_operator_commands(cli)
cli.command()(replay)

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BANNER = """
  Folkmoot is running in DEVELOPMENT mode: anybody can sign tokens for it.

      open  http://localhost:{port}

"""


@cli.command()
def serve(config: ConfigFile = None, dev: Dev = False) -> None:
    """Serve meetings until SIGINT or SIGTERM."""
    settings = settings_from(config, dev)
    logs.configure(settings.log)
    if settings.dev:
        typer.echo(BANNER.format(port=settings.http.port), err=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_serve(settings))
        except (PersistenceError, WorkerStartError, OSError) as error:
            typer.echo(f"Folkmoot cannot start: {error}", err=True)
            raise typer.Exit(1) from None


async def _serve(settings: Settings) -> None:
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, asked_to_stop.set)
    descriptors.raise_limit(settings.rates.connections_per_address)
    application = Application(settings)
    await application.start()
    memory.settle()
    try:
        await asked_to_stop.wait()
    finally:
        await application.stop()


@cli.command("create-token")
def create_token(  # noqa: PLR0917 - typer names each on the command line
    identity: Annotated[str, typer.Option(help="User id: any opaque text.")],
    name: Annotated[str | None, typer.Option(help="Display name.")] = None,
    meeting: Annotated[str | None, typer.Option(help="Limit the token to this meeting.")] = None,
    role: Annotated[Role | None, typer.Option(help="Role in the meeting.")] = None,
    operator: Annotated[bool, typer.Option("--operator", help="May see every room.")] = False,
    ttl: Annotated[str, typer.Option(help="How long it lives: 90s, 15m, 6h, 7d.")] = "6h",
    config: ConfigFile = None,
    dev: Dev = False,
) -> None:
    """Print a JWT made with the configured secret."""
    match = re.fullmatch(r"([1-9]\d{0,8})([smhd])", ttl)
    if match is None:
        raise typer.BadParameter("--ttl takes a number and one of s, m, h, d, as in 6h")
    settings = settings_from(config, dev)
    authority = TokenAuthority(settings.auth.secret.get_secret_value(), now=time.time)
    claims: dict[str, Any] = {"name": name, "meeting": meeting, "role": role.value if role else None}
    if operator:
        claims["operator"] = True
    typer.echo(authority.issue(identity, ttl_s=int(match[1]) * UNITS[match[2]], **claims))


@cli.command()
def migrate(config: ConfigFile = None, dev: Dev = False) -> None:
    """Bring the database to this version's tables."""
    settings = settings_from(config, dev)
    asyncio.run(_migrate(settings))
    typer.echo("the database is up to date")


async def _migrate(settings: Settings) -> None:
    store = await Store.open(settings.database_url, settings.data_dir)
    await store.close()


@cli.command("load-test")
def load_test(  # noqa: PLR0917 - typer names each on the command line
    url: Annotated[str, typer.Option(help="The server under test.")] = "http://localhost:7880",
    rooms: Annotated[int, typer.Option(min=1, max=10_000, help="Rooms at the same time.")] = 1,
    publishers: Annotated[int, typer.Option(min=1, max=1000, help="In each room, sending.")] = 1,
    subscribers: Annotated[int, typer.Option(min=0, max=10_000, help="In each room, receiving only.")] = 10,
    publishers_watch: Annotated[bool, typer.Option(help="Publishers receive each other, as in a meeting.")] = False,
    video: Annotated[str, typer.Option(help="Simulcast bitrates in kbit/s, lowest first; 0: none.")] = "100,300,900",
    fps: Annotated[int, typer.Option(min=1, max=120, help="Frames a second of each encoding.")] = 30,
    audio: Annotated[bool, typer.Option(help="Send sound, 32 kbit/s.")] = True,
    duration: Annotated[float, typer.Option(min=1, help="Seconds after the last join.")] = 30.0,
    joins_per_second: Annotated[float, typer.Option(min=0.1, help="How fast people arrive.")] = 20.0,
    processes: Annotated[int, typer.Option(min=1, max=256, help="To spread the load over.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the results there as well.")] = None,
    config: ConfigFile = None,
    dev: Dev = False,
) -> None:
    """Send people without faces into a running server: ICE, DTLS and SRTP over the public protocol."""
    if not re.fullmatch(r"\d{1,6}(,\d{1,6})*", video):
        raise typer.BadParameter("--video takes bitrates in kbit/s, as in 100,300,900")
    scenario = Scenario(
        url=url,
        rooms=rooms,
        publishers=publishers,
        subscribers=subscribers,
        publishers_watch=publishers_watch,
        video_kbps=() if video == "0" else tuple(map(int, video.split(","))),
        frames_per_s=fps,
        audio=audio,
        duration_s=duration,
        joins_per_s=joins_per_second,
    )
    if problems := scenario.problems():
        raise typer.BadParameter("; ".join(problems))
    authority = TokenAuthority(settings_from(config, dev).auth.secret.get_secret_value(), now=time.time)
    test = LoadTest(scenario, processes, partial(_tester_token, authority), partial(typer.echo, err=True))
    try:
        found = asyncio.run(test.run())
    except (GeneratorDiedError, TimeoutError) as error:
        typer.echo(f"the load test did not end: {error or 'out of time'}", err=True)
        raise typer.Exit(1) from None
    typer.echo(report.table(found, test.processes))
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=2) + "\n")
    raise typer.Exit(0 if found["joins"]["joined"] == scenario.people and not found["joins"]["failed"] else 1)


def _tester_token(authority: TokenAuthority, identity: str, meeting_id: str) -> str:
    claims: dict[str, Any] = {"name": "Load test", "meeting": meeting_id, "grants": {"room_create": True}}
    return authority.issue(identity, ttl_s=24 * 3600, **claims)


def main() -> None:
    """Entry point of the `folkmoot` command."""
    sys.exit(cli())
