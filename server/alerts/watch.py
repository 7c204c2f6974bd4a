"""Follows the log with the rules that are enabled, on one node of all; and says when this node's record is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import ValidationError

from persistence.background import Background
from persistence.errors import PersistenceError
from persistence.events import CATALOGUE, SERVER_LOG, Event, RecordBehind, RecordCaughtUp
from persistence.store import Store
from server.alerts.evaluator import Evaluator
from server.alerts.rule import Rule, Seen
from server.metrics import Sample
from server.webhooks.dispatcher import Dispatcher

LOOK_S: Final = 1.0
SKIPPED: Final = 1_000
"""Positions after which the cursor is kept though nothing fired."""

FRESH: Final = timedelta(hours=1)
"""What happened longer ago, and is brought in only now, is no cause for alarm."""

MAX_OPEN_READ: Final = 1_000
log = structlog.get_logger(__name__)


class AlertWatch:
    """Owns its task. After a crash what was not kept is looked at again, and makes the same alerts: no others."""

    def __init__(self, store: Store, dispatcher: Dispatcher, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._evaluator = Evaluator({})
        self._revisions: tuple[tuple[str, int], ...] | None = None
        self._types: frozenset[str] = frozenset()
        self._cursor = 0
        self._kept = 0
        self._behind_since: datetime | None = None
        self._background = Background()
        self.fired = 0

    async def start(self) -> None:
        self._background.begin(self._run(), name="alert watch")

    async def stop(self) -> None:
        await self._background.end()

    def samples(self) -> Iterable[Sample]:
        yield Sample("folkmoot_alerts_open", "gauge", "Alerts that last", {(): self._evaluator.open})
        yield Sample("folkmoot_alerts_fired", "counter", "Alerts that fired", {(): self.fired})

    async def look(self) -> None:
        """Once: at this node's record, at the rules, at what is new in the log. Raises `UnavailableError`."""
        await self._look_at_record()
        if not self._dispatcher.leading:
            self._revisions = None
            return
        await self._refresh_rules()
        await self._tell(self._evaluator.tick(self._clock()))
        while (stretch := await self._store.feed.read(self._cursor, types=self._types)).end > self._cursor:
            oldest = self._clock() - FRESH
            fresh = (Seen.of(event) for event in stretch.events if event.timestamp >= oldest)
            made = [alert for event in fresh for alert in self._evaluator.take(event)]
            await self._tell(made)
            self._cursor = stretch.end
            if made or self._cursor - self._kept >= SKIPPED:
                await self._store.alerts.keep_cursor(self._cursor)
                self._kept = self._cursor

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except PersistenceError as error:
                log.warning("alerts wait for the database", code=error.code)
            except Exception:  # whatever it is, the next look may succeed; without this task nobody is alarmed
                log.exception("the alert watch stumbled")
            await self._store.feed.beyond(self._cursor, within_s=LOOK_S)
            await asyncio.sleep(LOOK_S)  # what comes together is looked at together

    async def _refresh_rules(self) -> None:
        """Begin anew with the alerts that last when rules were changed, or when another node looked until now."""
        stored = [rule for rule in await self._store.alerts.rules() if rule.enabled]
        revisions = tuple((rule.id, rule.revision) for rule in stored)
        if revisions == self._revisions:
            return
        rules: dict[str, Rule] = {}
        for one in stored:
            try:
                rules[one.id] = Rule.model_validate(one.rule)
            except ValidationError:
                log.warning("an alert rule of another version is left out", rule_id=one.id)
        evaluator, now = Evaluator(rules), self._clock()
        lasting = await self._store.alerts.fired(still_open=True, limit=MAX_OPEN_READ)
        await self._tell([ended for alert in lasting for ended in evaluator.resume(alert, now)])
        if self._revisions is None:
            kept = await self._store.alerts.cursor()
            self._cursor = self._kept = await self._store.feed.find_head() if kept is None else kept
        self._evaluator, self._revisions = evaluator, revisions
        self._types = frozenset[str]().union(*(rule.types(CATALOGUE) for rule in rules.values()))

    async def _look_at_record(self) -> None:
        """Emitted here and not found in the log: the log is what is behind."""
        problem, now = self._store.behind(), self._clock()
        if problem is not None and self._behind_since is None:
            self._behind_since = now
            (event,) = await self._store.emitter.emit(SERVER_LOG, RecordBehind(node=self._store.node, problem=problem))
            await self._tell_at_once(event)
        elif problem is None and self._behind_since is not None:
            lasted_s = max(0.0, (now - self._behind_since).total_seconds())
            self._behind_since = None
            await self._store.emitter.emit(SERVER_LOG, RecordCaughtUp(node=self._store.node, lasted_s=lasted_s))

    async def _tell_at_once(self, event: Event) -> None:
        """Past the log, which may not move for long. It comes again in its order, with the same id."""
        made = self._evaluator.take(
            Seen(
                event.event_id,
                event.type,
                event.meeting_id,
                event.participant_id,
                event.timestamp,
                event.payload.model_dump(),
            )
        )
        await self._tell(made)
        for alert in made:
            await self._dispatcher.send_now(alert)

    async def _tell(self, alerts: Sequence[Event]) -> None:
        await self._store.emitter.deliver(alerts)
        for alert in alerts:
            self.fired += alert.type == "alert.fired"
            log.warning(alert.type, meeting_id=alert.meeting_id, alert=alert.payload.model_dump(mode="json"))
