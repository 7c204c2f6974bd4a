"""Signaling put together: which handlers there are, and the sessions they serve. Knows no transport of messages."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog

from config.settings import Settings
from persistence.errors import PersistenceError
from sfu.ports import Rooms
from signaling.absence import Absences
from signaling.chatting import Chatting
from signaling.closing import SERVER_STOPPING, Closing
from signaling.counters import Counters
from signaling.credentials import Credentials
from signaling.data_closing import DataClosing
from signaling.denials import Denials
from signaling.dispatch import Dispatch
from signaling.facts import Facts
from signaling.guards import Guards
from signaling.handlers.token import TokenHandlers
from signaling.identity import Identity
from signaling.media_events import MediaEvents
from signaling.ports import Store
from signaling.presence import DELIBERATE, Presences
from signaling.ranks import Ranks
from signaling.rates.arrivals import Arrivals
from signaling.rates.creations import Creations
from signaling.rates.password_tries import PasswordTries
from signaling.rates.throttle import Allowances, Throttle
from signaling.recovery import Recovery
from signaling.revival import Revival
from signaling.rooms import Registry
from signaling.session import Asked, Line, NoLine, Session, Work
from signaling.speaking import Speaking
from signaling.wiring import Parts, all_handlers, lobbies_of, polling_of, reminders_of, utc_now

ID_BYTES: Final = 16
STOP_WAIT_S: Final = 10.0
log = structlog.get_logger(__name__)


def new_id() -> str:
    """128 random bits: ids are not guessed, and nobody learns anything from one."""
    return secrets.token_urlsafe(ID_BYTES)


class Signaling:
    """Owns every session and its task, from `connect` until the task ends."""

    def __init__(
        self,
        *,
        registry: Registry,
        media: Rooms,
        store: Store,
        settings: Settings,
        new_id: Callable[[], str] = new_id,
        guards: Guards | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.counters = Counters()
        guards = guards or Guards()
        self._arrivals = Arrivals(settings.rates, self.counters, clock)
        self._gate = partial(Throttle, Allowances.of(settings.rates), clock, self.counters)
        self._sessions: dict[str, tuple[Session, asyncio.Task[None]]] = {}
        self.credentials = Credentials(self._standing, revoked=guards.revoked, now=now, counters=self.counters)
        self._media = media
        self._closing = Closing(media, store.emitter, registry)
        self._data_closing = DataClosing(store.emitter, self._closing, registry)
        self.facts = Facts(store.emitter, dropped=self.counters.facts_dropped)
        self._presences = Presences(self.facts, ttl_s=settings.limits.presence_ttl_s, clock=clock)
        self._recovery = Recovery(media=media, closing=self._closing, counters=self.counters)
        self._lobbies = lobbies_of(registry, store, settings, new_id)
        self._polling = polling_of(store, settings)
        self._absences = Absences(
            registry=registry, closing=self._closing, new_id=new_id, within_s=settings.limits.resume_within_s
        )
        self._chatting = Chatting(store.emitter, store.chats, new_id=new_id, now=utc_now)
        self._revival = Revival(
            registry=registry,
            media=media,
            store=store,
            chatting=self._chatting,
            polling=self._polling,
            stand_in=self._stand_in,
            now=lambda: datetime.fromtimestamp(now(), UTC),
        )
        self.reminders = reminders_of(
            store, settings, registry=registry, lobbies=self._lobbies, facts=self.facts, now=now
        )
        self._ranks = Ranks(media, self.counters)
        self._speaking = Speaking(self._ranks, registry, self.facts)
        self._events = MediaEvents(
            registry=registry,
            closing=self._closing,
            data_closing=self._data_closing,
            facts=self.facts,
            recovery=self._recovery,
            speaking=self._speaking,
        )
        handlers = all_handlers(self._parts(registry, store, settings, new_id, guards))
        self._dispatch = Dispatch(handlers, self.counters, Denials(self.facts, clock))
        self._work = Work(serve=self._serve, leave=self._leave, absent=self._absent)
        self._watching: list[asyncio.Task[None]] = []
        self.accepting = False

    def _parts(
        self, registry: Registry, store: Store, settings: Settings, new_id: Callable[[], str], guards: Guards
    ) -> Parts:
        return Parts(
            registry=registry,
            media=self._media,
            store=store,
            settings=settings,
            new_id=new_id,
            closing=self._closing,
            data_closing=self._data_closing,
            absences=self._absences,
            revival=self._revival,
            chatting=self._chatting,
            lobbies=self._lobbies,
            polling=self._polling,
            presences=self._presences,
            ranks=self._ranks,
            passwords=guards.passwords,
            creations=Creations(settings.rates, guards.quotas, self.counters),
            arrivals=self._arrivals,
            tries=PasswordTries(settings.rates, guards.quotas, self.counters),
            tokens=TokenHandlers(guards.authenticate, self.credentials),
        )

    def __len__(self) -> int:
        return len(self._sessions)

    def start(self) -> None:
        self._media.subscribe(self._events.sink)
        self._watching = [
            asyncio.create_task(self._recovery.run(), name="recovery"),
            asyncio.create_task(self._speaking.run(), name="speaking"),
            asyncio.create_task(self._ranks.run(), name="ranks"),
            asyncio.create_task(self._lobbies.run(), name="lobbies"),
            asyncio.create_task(self._polling.run(), name="polling"),
            asyncio.create_task(self._presences.run(), name="presences"),
            asyncio.create_task(self.reminders.run(), name="reminders"),
            asyncio.create_task(self.credentials.run(), name="credentials"),
            asyncio.create_task(self.facts.run(), name="facts"),
        ]
        self.accepting = True

    async def revive(self) -> None:
        """Before anybody connects: the rooms that this node's last server left without a word."""
        await self._revival.run()

    def connect(
        self, session_id: str, identity: Identity, line: Line, *, client: str | None, address: str = ""
    ) -> Session:
        session = Session(session_id, identity, line, self._work, self._gate(), client=client, address=address)
        self._run(session)
        return session

    def _stand_in(self, identity: Identity) -> Session:
        session = Session(new_id(), identity, NoLine(), self._work, self._gate())
        self._run(session)
        return session

    def _run(self, session: Session) -> None:
        task = asyncio.create_task(session.run(), name=f"session {session.id}")
        self._sessions[session.id] = (session, task)
        task.add_done_callback(lambda _: self._sessions.pop(session.id, None))

    async def stop(self) -> None:
        """Nobody new; every participant leaves, recorded as `server_stopping`; then nothing of ours runs any more."""
        self.accepting = False
        sessions = list(self._sessions.values())
        for session, _ in sessions:
            session.end(SERVER_STOPPING)
        tasks = [task for _, task in sessions]
        late: set[asyncio.Task[None]] = set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_WAIT_S)
        # Together: a late session may be waiting for the recovery of its room.
        await _cancel(*late, *self._watching)
        await self.facts.drain()

    def _standing(self) -> list[Session]:
        return [session for session, _ in self._sessions.values()]

    async def _serve(self, session: Session, asked: Asked) -> bool:
        served = await self._dispatch.serve(session, asked)
        if served and session.participant is not None and asked.event in DELIBERATE:
            self._presences.touch(session.participant)
        return served

    async def _absent(self, session: Session) -> float:
        if session.participant is None or not self.accepting:
            return 0.0
        await self._absences.begin(session)
        return self._absences.within_s

    async def _leave(self, session: Session, reason: str) -> None:
        try:
            if session.participant is not None:
                await self._closing.leave(session.participant, reason=reason)
            else:
                await self._lobbies.leave(session)
        except PersistenceError as error:
            log.error("record_failed", socket_id=session.id, code=error.code)  # noqa: TRY400 - nothing of ours failed


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
