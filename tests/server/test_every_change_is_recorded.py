"""No request over HTTP changes a table without an event that says so, and neither is kept without the other (EVT-1).

Each route that is no GET is asked once, of the routes that the application serves, and every table is compared before
and after. A route that is added without a deed here fails.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert, select

from config.settings import Settings
from persistence import change
from persistence.errors import UnavailableError
from persistence.events import Event, HandRaised
from persistence.store import Store, new_event_id, utc_now
from persistence.tables import Base, FailedEventRow, LogHeadRow, MeetingLogRow
from server.api.dispatch import ApiDispatch
from server.api.openapi import document
from server.app import Application
from server.doors import Doors
from server.outgoing import Outgoing
from signaling.rooms import Registry

SECRET: Final = "a secret of more than thirty-two bytes"
PASSWORD: Final = "a long and quiet river"
EMAIL: Final = "ada@example.org"
WEBHOOK: Final = {"url": "http://127.0.0.1:9/", "event_types": ["participant.*"]}
RULE: Final = {"name": "Raised", "when": {"event_types": ["hand.raised"]}, "quiet_s": 60}

THE_LOG_ITSELF: Final = frozenset({"log_head", "journal_position", "meeting_logs", "leases"})
"""What keeps events, and who of several nodes does what."""


@dataclass
class Asked:
    """A request by an operator, unless it says by whom."""

    body: Any = None
    id: str = ""
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Stage:
    store: Store
    client: TestClient[Any, Any]
    token: Callable[..., str]

    async def ask(self, route: str, asked: Asked) -> tuple[int, Any]:
        method, path = route.split()
        token = asked.token if asked.token is not None else self.token("op", operator=True)
        headers = {**asked.headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        answer = await self.client.request(method, path.format(id=asked.id), json=asked.body or {}, headers=headers)
        return answer.status, await answer.json()

    async def made(self, route: str, **asked: Any) -> Any:
        status, answer = await self.ask(route, Asked(**asked))
        assert status in {200, 201}, answer
        return answer

    async def tables(self) -> dict[str, set[str]]:
        await self.store.flush()
        async with self.store._engine.connect() as connection:
            return {
                table.name: {str(tuple(row)) for row in await connection.execute(select(table))}
                for table in Base.metadata.sorted_tables
                if table.name not in THE_LOG_ITSELF
            }

    async def head(self) -> int:
        async with self.store._engine.connect() as connection:
            return await connection.scalar(select(LogHeadRow.position)) or 0

    async def told_beyond(self, head: int) -> list[str]:
        await self.store.flush()
        question = select(MeetingLogRow.type).where(MeetingLogRow.position > head).order_by(MeetingLogRow.position)
        async with self.store._engine.connect() as connection:
            return list(await connection.scalars(question))


Deed = Callable[[Stage], Awaitable[Asked]]
DEEDS: Final[dict[str, tuple[Deed, tuple[str, ...]]]] = {}


def deed(route: str, *events: str) -> Callable[[Deed], Deed]:
    """What is asked of a route, after what it takes to be able to ask, and the events that it makes."""

    def declare(prepare: Deed) -> Deed:
        assert route not in DEEDS
        DEEDS[route] = prepare, events
        return prepare

    return declare


async def signed_up(stage: Stage) -> Any:
    return await stage.made("POST /api/auth/signup", body={"email": EMAIL, "password": PASSWORD})


@deed("POST /api/auth/signup", "account.created")
async def sign_up(_stage: Stage) -> Asked:
    return Asked({"email": EMAIL, "password": PASSWORD}, token="")


@deed("POST /api/auth/login")
async def sign_in(stage: Stage) -> Asked:
    await signed_up(stage)
    return Asked({"email": EMAIL, "password": PASSWORD}, token="")


@deed("POST /api/auth/refresh")
async def refresh(stage: Stage) -> Asked:
    return Asked({"refresh_token": (await signed_up(stage))["refresh_token"]}, token="")


@deed("POST /api/auth/logout")
async def sign_out(stage: Stage) -> Asked:
    return Asked({"refresh_token": (await signed_up(stage))["refresh_token"]}, token="")


@deed("POST /api/auth/password", "account.password_changed")
async def change_password(stage: Stage) -> Asked:
    wanted = {"current_password": PASSWORD, "new_password": PASSWORD + " at night"}
    return Asked(wanted, token=(await signed_up(stage))["token"])


@deed("POST /api/auth/guest")
async def guest(stage: Stage) -> Asked:
    made = await stage.made("POST /api/meetings", body={"title": "Weekly"})
    return Asked({"display_name": "Guest", "meeting_id": made["id"]}, token="")


@deed("POST /api/auth/revoke", "token.revoked")
async def revoke(_stage: Stage) -> Asked:
    return Asked({"id": "jti"})


@deed("POST /api/meetings", "meeting.created")
async def create_meeting(_stage: Stage) -> Asked:
    return Asked({"title": "Weekly"})


@deed("PATCH /api/meetings/{id}", "meeting.updated")
async def change_meeting(stage: Stage) -> Asked:
    made = await stage.made("POST /api/meetings", body={"title": "Weekly"})
    return Asked({"title": "Monthly"}, id=made["id"], headers={"If-Match": '"1"'})


@deed("POST /api/meetings/events", "hand.raised")
async def report(_stage: Stage) -> Asked:
    return Asked({"events": [raised().model_dump(mode="json")]})


@deed("POST /api/webhooks", "webhook.created")
async def create_webhook(_stage: Stage) -> Asked:
    return Asked(WEBHOOK)


async def webhook(stage: Stage) -> str:
    return str((await stage.made("POST /api/webhooks", body=WEBHOOK))["id"])


@deed("PATCH /api/webhooks/{id}", "webhook.changed")
async def change_webhook(stage: Stage) -> Asked:
    return Asked({"enabled": False}, id=await webhook(stage), headers={"If-Match": '"1"'})


@deed("DELETE /api/webhooks/{id}", "webhook.deleted")
async def delete_webhook(stage: Stage) -> Asked:
    return Asked(id=await webhook(stage), headers={"If-Match": '"1"'})


@deed("POST /api/webhooks/{id}/secret", "webhook.secret_rotated")
async def rotate(stage: Stage) -> Asked:
    return Asked(id=await webhook(stage))


@deed("POST /api/webhooks/{id}/replay", "webhook.replayed")
async def replay(stage: Stage) -> Asked:
    return Asked({"after": 0}, id=await webhook(stage))


@deed("POST /api/alert-rules", "alert_rule.changed")
async def create_rule(_stage: Stage) -> Asked:
    return Asked(RULE)


async def rule(stage: Stage) -> str:
    return str((await stage.made("POST /api/alert-rules", body=RULE))["id"])


@deed("PUT /api/alert-rules/{id}", "alert_rule.changed")
async def change_rule(stage: Stage) -> Asked:
    return Asked(RULE | {"enabled": False}, id=await rule(stage), headers={"If-Match": '"1"'})


@deed("DELETE /api/alert-rules/{id}", "alert_rule.changed")
async def delete_rule(stage: Stage) -> Asked:
    return Asked(id=await rule(stage), headers={"If-Match": '"1"'})


def raised(*, days_ago: float = 0) -> Event:
    at = utc_now() - timedelta(days=days_ago)
    return Event.of(HandRaised(), event_id=new_event_id(), meeting_id="m", participant_id="p", timestamp=at)


@deed("POST /api/failed-events/retry", "failed_events.retried", "hand.raised")
async def retry(stage: Stage) -> Asked:
    body = orjson.dumps(raised().model_dump(mode="json")).decode()
    async with stage.store._engine.begin() as connection:
        await connection.execute(insert(FailedEventRow).values(id="1", body=body, error="odd", failed_at=utc_now()))
    return Asked()


@deed("POST /api/retention/run", "retention.archived")
async def archive(stage: Stage) -> Asked:
    await stage.store.emitter.deliver([raised(days_ago=100)])
    await stage.store.flush()
    return Asked()


@deed("POST /api/erasures", "person.erased")
async def erase(stage: Stage) -> Asked:
    await signed_up(stage)
    return Asked({"email": EMAIL})


SIGN_INS: Final = {"POST /api/auth/login", "POST /api/auth/refresh", "POST /api/auth/logout"}
"""Who is signed in is kept while it lasts, and is no fact of the record."""

PIECE_BY_PIECE: Final = {"POST /api/erasures", "POST /api/retention/run"}
"""They work through more than one transaction holds, and are done again from where a crash left them."""

AT_ONCE: Final = DEEDS.keys() - SIGN_INS - PIECE_BY_PIECE - {"POST /api/auth/guest", "POST /api/meetings/events"}


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    settings = Settings(
        data_dir=tmp_path,
        auth={"secret": SECRET, "guests": True},  # type: ignore[arg-type]
        webhooks={"allowed_networks": ["127.0.0.0/8"]},  # type: ignore[arg-type]
    )
    application = Application(settings)
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'folkmoot.db'}", tmp_path)
    doors = Doors(settings, store, application._authority)
    outgoing = Outgoing(settings, store, doors.accounts)
    routes = application._routes(store, doors, outgoing, Registry(settings.limits))
    asked = {
        f"{method.upper()} {path}"
        for path, methods in document(routes, "1")["paths"].items()
        for method in methods
        if method != "get"
    }
    assert asked == DEEDS.keys()
    app = web.Application()
    ApiDispatch(doors.authenticator, doors.limits, origins=settings.http.cors_origins).mount(app, routes)
    async with TestClient(TestServer(app)) as client:
        yield Stage(store, client, lambda user, **claims: application._authority.issue(user, ttl_s=60, **claims))
    await store.close()


async def changed_by(stage: Stage, route: str, prepare: Deed) -> tuple[int, set[str], list[str]]:
    """Ask it: the status, the tables that are others now, and the events there were."""
    asked = await prepare(stage)
    before, head = await stage.tables(), await stage.head()
    status, _ = await stage.ask(route, asked)
    after = await stage.tables()
    return status, {name for name, rows in after.items() if rows != before[name]}, await stage.told_beyond(head)


@pytest.mark.parametrize("route", sorted(DEEDS))
async def test_what_a_request_changes_is_recorded(stage: Stage, route: str) -> None:
    prepare, events = DEEDS[route]
    status, changed, told = await changed_by(stage, route, prepare)
    assert status in {200, 201}
    assert told == list(events)
    if route in SIGN_INS:
        assert changed <= {"refresh_tokens", "revoked_tokens"}
    elif not events:
        assert changed == set()


@pytest.mark.parametrize("route", sorted(AT_ONCE))
async def test_a_change_whose_event_cannot_be_kept_is_not_made(
    stage: Stage, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_arguments: object, **_named: object) -> None:
        raise UnavailableError("gone")

    async def and_fail(stage: Stage) -> Asked:
        asked = await DEEDS[route][0](stage)
        monkeypatch.setattr(change, "apply", fail)
        return asked

    assert await changed_by(stage, route, and_fail) == (503, set(), [])


@pytest.mark.parametrize("route", sorted(AT_ONCE))
async def test_a_route_that_forgot_its_event_would_be_caught(
    stage: Stage, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(*_arguments: object) -> None:
        pass

    async def and_forget(stage: Stage) -> Asked:
        asked = await DEEDS[route][0](stage)
        monkeypatch.setattr(change.Change, "tell", forget)
        return asked

    status, changed, told = await changed_by(stage, route, and_forget)
    assert status in {200, 201}
    assert changed
    assert told != list(DEEDS[route][1])
