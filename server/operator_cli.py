"""Commands that ask a running server over its HTTP API, as an operator."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Annotated, Any, Final

import typer

from config.settings import Settings
from server.cli_settings import ConfigFile, Dev, settings_from
from server.identity import TokenAuthority

ANSWERS_WITHIN_S: Final = 15.0
LONG_WORK_S: Final = 3600.0
"""Erasing reads the whole log and every archive."""

Url = Annotated[str, typer.Option(help="The server asked.")]
HERE: Final = "http://localhost:7880"

retention = typer.Typer(no_args_is_help=True, help="Old events: what was archived, and archiving now.")


def add_operator_commands(cli: typer.Typer) -> None:
    cli.command()(rooms)
    cli.command()(webhooks)
    cli.command()(erase)
    cli.command("failed-events")(failed_events)
    cli.add_typer(retention, name="retention")


def rooms(url: Url = HERE, config: ConfigFile = None, dev: Dev = False) -> None:
    """Show the rooms that are live on a running server."""
    live = ask(settings_from(config, dev), url, "GET", "/api/rooms")["rooms"]
    for room in live:
        people = len(room["participants"])
        typer.echo(f"{room['meeting_id']}  {people} {'person' if people == 1 else 'people'}  {room['title']}")
    if not live:
        typer.echo("no room is live")


def webhooks(url: Url = HERE, config: ConfigFile = None, dev: Dev = False) -> None:
    """Show the webhook endpoints of a running server, and how far behind each is."""
    found = ask(settings_from(config, dev), url, "GET", "/api/webhooks")["items"]
    for endpoint in found:
        state = "enabled" if endpoint["enabled"] else f"disabled ({endpoint['disabled_reason'] or 'by an operator'})"
        error = f"  {endpoint['failures']} failures, last: {endpoint['last_error']}" if endpoint["failures"] else ""
        typer.echo(f"{endpoint['id']}  {state}  {endpoint['behind']} behind  {endpoint['url']}{error}")
    if not found:
        typer.echo("there is no webhook endpoint")


def erase(  # noqa: PLR0917 - typer names each on the command line
    user_id: Annotated[str | None, typer.Option(help="The id of the user, the sub of their tokens.")] = None,
    email: Annotated[str | None, typer.Option(help="The address of their account.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    url: Url = HERE,
    config: ConfigFile = None,
    dev: Dev = False,
) -> None:
    """Take a person's data out of everything a running server keeps. This cannot be taken back."""
    if (user_id is None) == (email is None):
        raise typer.BadParameter("give either --user-id or --email")
    if not yes:
        typer.confirm(f"Erase everything of {user_id or email}?", abort=True)
    body = {"user_id": user_id} if user_id is not None else {"email": email}
    done = ask(settings_from(config, dev), url, "POST", "/api/erasures", body, within_s=LONG_WORK_S)
    typer.echo(
        f"erased, now {done['pseudonym']}: {done['events']} events, {done['archived_events']} in archives, "
        f"{done['rows']} rows{', and the account' if done['account'] else ''}"
    )


def failed_events(
    retry: Annotated[bool, typer.Option("--retry", help="Try to store them once more.")] = False,
    url: Url = HERE,
    config: ConfigFile = None,
    dev: Dev = False,
) -> None:
    """Show the events that the database of a running server would not take, and why."""
    settings = settings_from(config, dev)
    if retry:
        done = ask(settings, url, "POST", "/api/failed-events/retry", {}, within_s=LONG_WORK_S)
        typer.echo(f"{done['stored']} stored after all, {done['left']} left")
        return
    found = ask(settings, url, "GET", "/api/failed-events")
    for event in found["items"]:
        typer.echo(
            f"{event['failed_at']}  {event['type']}  {event['meeting_id']}  {event['event_id']}  {event['error']}"
        )
    typer.echo(f"{found['count']} in all")


@retention.command("run")
def run_retention(url: Url = HERE, config: ConfigFile = None, dev: Dev = False) -> None:
    """Archive what is old now, on a running server, until nothing is left to."""
    settings = settings_from(config, dev)
    finished = False
    while not finished:
        done = ask(settings, url, "POST", "/api/retention/run", {}, within_s=LONG_WORK_S)
        for archive in done["archives"]:
            typer.echo(f"{archive['file']}  {archive['events']} events  sha256 {archive['sha256']}")
        finished = done["finished"]
    typer.echo("nothing more is old enough")


@retention.command("show")
def show_retention(url: Url = HERE, config: ConfigFile = None, dev: Dev = False) -> None:
    """Show what a running server has archived."""
    state = ask(settings_from(config, dev), url, "GET", "/api/retention")
    kept = f"events older than {state['days']:g} days are archived" if state["days"] else "events are kept for ever"
    typer.echo(f"{kept}; {state['files']} files hold {state['events']} events in {state['bytes']} bytes")
    if state["last_error"]:
        typer.echo(f"the last run failed: {state['last_error']}")


def ask(
    settings: Settings, url: str, method: str, path: str, body: Any = None, *, within_s: float = ANSWERS_WITHIN_S
) -> Any:
    """What the server answers, or a readable end of the program."""
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("--url is an http or https address")
    authority = TokenAuthority(settings.auth.secret.get_secret_value(), now=time.time)
    token = authority.issue("folkmoot-cli", ttl_s=60, operator=True)
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        f"{url}{path}", data=data, method=method, headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=within_s) as answer:  # noqa: S310 - the scheme is checked above
            return json.load(answer)
    except urllib.error.HTTPError as error:
        typer.echo(f"{url} refused: {_message(error)}", err=True)
    except (urllib.error.URLError, TimeoutError) as error:
        typer.echo(f"{url} does not answer: {error}", err=True)
    raise typer.Exit(1)


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"
