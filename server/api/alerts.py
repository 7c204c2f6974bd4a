"""Alert rules and the alerts they caused. Operators only."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import uuid_utils
from pydantic import AwareDatetime, Field

from persistence.events import AlertRuleChanged
from persistence.repositories.alerts import Alert, StoredRule
from persistence.store import Store
from server.alerts.rule import Rule
from server.api.conditions import required_revision, stale, tag_of
from server.api.contract import Access, Answer, Body, Call, Done, Rate, Route, Tagged
from server.api.errors import ApiError

MAX_RULES = 100


class AlertRuleBody(Rule, Body):
    """A rule, whole: changing one replaces it."""

    enabled: bool = True


class AlertRuleView(Answer):
    id: str
    enabled: bool
    rule: Rule
    created_at: datetime
    updated_at: datetime


class AlertRuleList(Answer):
    items: list[AlertRuleView]


class AlertQuery(Body):
    """`before`: the `fired_at` of the oldest one already seen."""

    state: Literal["open", "all"] = "open"
    before: AwareDatetime | None = None
    limit: int = Field(100, ge=1, le=1000)


class AlertList(Answer):
    """`problems`: what is wrong with this node right now, whether or not a rule asks for it."""

    items: list[Alert]
    problems: list[str]


class AlertsApi:
    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        who, base, one = Access.OPERATOR, "/api/alert-rules", "/api/alert-rules/{id}"
        missing = ("NOT_FOUND",)
        return [
            Route("GET", "/api/alerts", "Alerts, the newest first", self.alerts, AlertList, who, query=AlertQuery),
            Route(
                "POST",
                base,
                "Make an alert rule",
                self.create,
                AlertRuleView,
                who,
                body=AlertRuleBody,
                status=201,
                errors=("CAPACITY_EXCEEDED",),
                rate=Rate.CREATION,
            ),
            Route("GET", base, "Alert rules", self.all, AlertRuleList, who),
            Route("GET", one, "An alert rule", self.get, AlertRuleView, who, errors=missing),
            Route(
                "PUT",
                one,
                "Replace, disable or enable an alert rule",
                self.change,
                AlertRuleView,
                who,
                body=AlertRuleBody,
                errors=missing,
                conditional=True,
            ),
            Route("DELETE", one, "Delete an alert rule", self.delete, Done, who, errors=missing, conditional=True),
        ]

    async def alerts(self, call: Call) -> AlertList:
        query: AlertQuery = call.query
        problem = self._store.behind()
        items = await self._store.alerts.fired(still_open=query.state == "open", before=query.before, limit=query.limit)
        return AlertList(items=items, problems=[problem] if problem is not None else [])

    async def create(self, call: Call) -> Tagged:
        body: AlertRuleBody = call.body
        await self._check_endpoints(body)
        rule_id = f"ar_{uuid_utils.uuid7().hex}"
        rule = body.model_dump(mode="json", exclude={"enabled"})
        fact = _fact(rule_id, "created", call)
        made = await self._store.alerts.make(rule_id, rule, enabled=body.enabled, fact=fact, most=MAX_RULES)
        return _tagged(made)

    async def all(self, _call: Call) -> AlertRuleList:
        return AlertRuleList(items=[_view(rule) for rule in await self._store.alerts.rules()])

    async def get(self, call: Call) -> Tagged:
        return _tagged(await self._find(call))

    async def change(self, call: Call) -> Tagged:
        body: AlertRuleBody = call.body
        found = await self._current(call)
        await self._check_endpoints(body)
        rule = body.model_dump(mode="json", exclude={"enabled"})
        changed = await self._store.alerts.change(
            found.id, rule, enabled=body.enabled, fact=_fact(found.id, "changed", call), revision=found.revision
        )
        if changed is None:
            raise stale()
        return _tagged(changed)

    async def delete(self, call: Call) -> Done:
        found = await self._current(call)
        fact = _fact(found.id, "deleted", call)
        if not await self._store.alerts.delete(found.id, fact=fact, revision=found.revision):
            raise stale()
        return Done()

    async def _check_endpoints(self, rule: Rule) -> None:
        known = {endpoint.id for endpoint in await self._store.webhooks.all()} if rule.endpoint_ids else set()
        if not known.issuperset(rule.endpoint_ids):
            raise ApiError("VALIDATION", "endpoint_ids: there is no such webhook endpoint")

    async def _find(self, call: Call) -> StoredRule:
        found = await self._store.alerts.rule(call.path["id"]) if call.path["id"].isprintable() else None
        if found is None:
            raise ApiError("NOT_FOUND", "There is no such alert rule.")
        return found

    async def _current(self, call: Call) -> StoredRule:
        revision = required_revision(call.if_match)
        found = await self._find(call)
        if found.revision != revision:
            raise stale()
        return found


def _fact(rule_id: str, what: Literal["created", "changed", "deleted"], call: Call) -> AlertRuleChanged:
    return AlertRuleChanged(rule_id=rule_id, what=what, by=call.caller.user_id)


def _view(stored: StoredRule) -> AlertRuleView:
    return AlertRuleView(
        id=stored.id,
        enabled=stored.enabled,
        rule=Rule.model_validate(stored.rule),
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )


def _tagged(stored: StoredRule) -> Tagged:
    return Tagged(_view(stored), tag_of(stored.revision))
