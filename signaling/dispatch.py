"""From a request to its handler and back to one answer. The only place where errors become codes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, overload

import structlog
from pydantic import ValidationError

from persistence.errors import PersistenceError
from sfu.commands import MediaError
from signaling.counters import UNKNOWN_EVENT, Counters
from signaling.denials import Denials
from signaling.errors import ErrorCode, SignalingError
from signaling.messages.catalogue import REQUEST_OF, REQUESTS, RequestKind
from signaling.messages.model import Request, Told
from signaling.participant import Participant
from signaling.roles import may_ask
from signaling.session import Asked, Session

MAX_FAULTS_TOLD: Final = 3
log = structlog.get_logger(__name__)

_MARK: Final = "__handles__"
_CODES: Final = frozenset(code.value for code in ErrorCode)
Q = TypeVar("Q", bound=Request)
Self_ = TypeVar("Self_")
ByParticipant = Callable[[Self_, Participant, Q], Awaitable[Told]]
BySession = Callable[[Self_, Session, Q], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Mark:
    """What `handles` writes on a method."""

    kind: RequestKind
    joined: bool


@overload
def handles(payload: type[Q]) -> Callable[[ByParticipant[Self_, Q]], ByParticipant[Self_, Q]]: ...


@overload
def handles(payload: type[Q], *, joined: Literal[False]) -> Callable[[BySession[Self_, Q]], BySession[Self_, Q]]: ...


def handles(payload: type[Q], *, joined: bool = True) -> Callable[[Any], Any]:
    """This method answers the request with this payload: schema and names come from the catalogue, roles from `roles`.

    `joined`: only for those in a room, and the method gets the participant; else it gets the session.
    """

    def mark(method: Any) -> Any:
        setattr(method, _MARK, Mark(REQUEST_OF[payload], joined))
        return method

    return mark


@dataclass(frozen=True, slots=True)
class Handler:
    mark: Mark
    method: Callable[[Any, Any], Awaitable[Told]]


class Dispatch:
    """Serves requests with the marked methods of `handlers`. Raises ValueError unless each request has exactly one."""

    def __init__(self, handlers: Iterable[object], counters: Counters, denials: Denials) -> None:
        found = [handler for owner in handlers for handler in _marked(owner)]
        self._handlers = {handler.mark.kind.event: handler for handler in found}
        self._counters = counters
        self._denials = denials
        if len(found) != len(REQUESTS) or self._handlers.keys() != REQUESTS.keys():
            raise ValueError("the handlers do not answer each request of the catalogue once")

    async def serve(self, session: Session, asked: Asked) -> bool:
        """Answer the request, once, whatever happens. Returns whether it was carried out."""
        handler = self._handlers.get(asked.event)
        event = handler.mark.kind.event if handler else UNKNOWN_EVENT
        try:
            if handler is None:
                raise SignalingError(ErrorCode.NOT_FOUND, "There is no such request.")  # noqa: TRY301
            told = await self._handle(handler, session, asked)
        except Exception as error:  # noqa: BLE001 - the boundary: every failure becomes one coded answer
            refusal = translate(error, event)
            self._counters.requests[event, refusal.code] += 1
            if refusal.code == ErrorCode.ACCESS_DENIED and session.participant is not None:
                self._denials.note(session.participant, event)
            asked.refuse(refusal)
            return False
        self._counters.requests[event, "ok"] += 1
        asked.reply(handler.mark.kind.event_of(told), told)
        return True

    async def _handle(self, handler: Handler, session: Session, asked: Asked) -> Told:
        caller: Session | Participant = session
        if handler.mark.joined:
            if session.participant is None:
                raise SignalingError(ErrorCode.ACCESS_DENIED, "Join a meeting first.")
            caller = session.participant
            if not may_ask(caller.role, asked.event):
                raise SignalingError(ErrorCode.ACCESS_DENIED, "Your role in this meeting does not allow that.")
        return await handler.method(caller, read(handler.mark.kind.payload, asked.payload))


def _marked(owner: object) -> Iterable[Handler]:
    for name in dir(type(owner)):
        mark = getattr(getattr(type(owner), name), _MARK, None)
        if isinstance(mark, Mark):
            yield Handler(mark, getattr(owner, name))


def read(model: type[Q], payload: object) -> Q:
    """Raises SignalingError VALIDATION that says which fields are wrong and why, without a word of the input."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise SignalingError(ErrorCode.VALIDATION, explain(error)) from None


def explain(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(_explain(fault["type"], fault["loc"], fault["msg"]) for fault in faults[:MAX_FAULTS_TOLD])


def _explain(kind: str, location: tuple[int | str, ...], message: str) -> str:
    if kind == "extra_forbidden":
        # The last step would be the client's own word.
        location, message = location[:-1], "Unknown fields are not accepted"
    where = ".".join(map(str, location)) or "payload"
    return f"{where}: {message}"


def translate(error: Exception, event: str) -> SignalingError:
    """The coded answer for whatever a handler raised. What was not foreseen is logged and tells nothing."""
    if isinstance(error, SignalingError):
        return error
    if isinstance(error, MediaError) and error.code in _CODES:
        return SignalingError(ErrorCode(error.code), error.message)
    if isinstance(error, PersistenceError) and error.code != ErrorCode.INTERNAL:
        return SignalingError(ErrorCode(error.code), str(error))
    log.error("request_failed", request=event, exc_info=error)
    return SignalingError(ErrorCode.INTERNAL, "The server could not answer this request.")
