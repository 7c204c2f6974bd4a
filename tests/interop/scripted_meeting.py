"""A meeting of twenty as data: who says what, in order. Each client plays the same and must hear the same.

A step is `[who, deed, ...]`:

* `connect`, `lose` (the network goes, without a goodbye), `disconnect`
* `ask, event, payload`: with an ack. Texts that begin with `$` are what somebody was answered or told before:
  `$p03.waiting_id` is the last `waiting_id` that p03 got, `$p03.participant_id` is p03.
* `told, event, count`: wait until they have heard the event so often.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

PEOPLE: Final = [f"p{n:02}" for n in range(20)]
HOST, CO_HOST, LATE, UNWANTED = "p00", "p01", "p18", "p19"
INSIDE: Final = PEOPLE[:18]
GONE: Final = {HOST, "p13", "p14", "p16", "p17"}
"""Who is out when the host closes the room, and the host, who is answered instead."""
Step = list[Any]


def ask(who: str, event: str, **payload: Any) -> Step:
    return [who, "ask", event, payload]


def told(who: str, event: str, count: int = 1) -> Step:
    return [who, "told", event, count]


def script(meeting: str) -> list[Step]:
    parts = (
        _arrival(meeting),
        _showing(),
        _chat(),
        _hosting(meeting),
        _lobby(meeting),
        _poll(),
        _resume(meeting),
        _end(),
    )
    return [step for part in parts for step in part]


def _arrival(meeting: str) -> Iterable[Step]:
    yield from ([who, "connect"] for who in PEOPLE)
    yield ask("p02", "hand:raise", raised=True)
    yield from (ask(who, "room:join", meeting_id=meeting, display_name=f"Person {who}") for who in INSIDE)
    yield ask("p02", "room:join", meeting_id=meeting)
    yield ask("p02", "room:levitate")
    yield ask("p02", "media:toggle", kind="smell", enabled=1)
    yield told(HOST, "participant:joined", len(INSIDE) - 1)


def _showing() -> Iterable[Step]:
    yield ask("p03", "media:toggle", kind="audio", enabled=True)
    yield ask("p03", "media:toggle", kind="video", enabled=True)
    yield ask("p04", "hand:raise", raised=True)
    yield ask("p05", "hand:raise", raised=True)
    yield told("p17", "hand:raised", 2)
    yield ask(HOST, "hand:lower", participant_id="$p04.participant_id")
    yield ask(HOST, "hand:lower_all")
    yield ask("p06", "reaction:send", reaction="👏")
    yield ask("p02", "transport:create", direction="send")
    yield ask("p03", "transport:connect", transport_id="$p02.id", dtlsParameters={})


def _chat() -> Iterable[Step]:
    yield ask("p07", "chat:send", text="Good morning, everybody.")
    yield told("p08", "chat:message")
    yield ask("p08", "chat:send", text="And to you.", reply_to="$p07.message_id")
    yield ask("p09", "chat:send", text="Between us: is this on?", to_participant_id="$p10.participant_id")
    yield told("p10", "chat:message", 3)
    yield ask("p07", "chat:edit", message_id="$p07.message_id", text="Good evening, everybody.")
    yield ask("p08", "chat:delete", message_id="$p07.message_id")
    yield ask(HOST, "chat:delete", message_id="$p08.message_id")
    yield ask("p11", "chat:list")
    yield ask("p10", "chat:list")


def _hosting(meeting: str) -> Iterable[Step]:
    yield ask("p12", "room:lock", locked=True)
    yield ask(HOST, "participant:mute", participant_id="$p03.participant_id", kind="audio")
    yield told("p03", "participant:muted")
    yield ask(HOST, "participant:ask_unmute", participant_id="$p03.participant_id", kind="audio")
    yield told("p03", "unmute:requested")
    yield ask(HOST, "participant:set_role", participant_id="$p01.participant_id", role="co_host")
    yield told(CO_HOST, "participant:updated")
    yield ask(CO_HOST, "participant:permit", participant_id="$p02.participant_id", is_presenter=True)
    yield ask(CO_HOST, "participant:remove", participant_id="$p00.participant_id")
    yield ask(CO_HOST, "room:features", reactions=False)
    yield ask("p06", "reaction:send", reaction="👏")
    yield ask(CO_HOST, "room:features", reactions=True)
    yield ask(HOST, "room:spotlight", participant_ids=["$p02.participant_id"])
    yield ask(HOST, "participant:remove", participant_id="$p17.participant_id")
    yield told("p17", "participant:left")
    yield ask(HOST, "participant:block", participant_id="$p16.participant_id")
    yield told("p16", "participant:left", 2)
    yield ask("p16", "room:join", meeting_id=meeting)
    yield ask(HOST, "room:lock", locked=True)
    yield ask("p17", "room:join", meeting_id=meeting)
    yield ask(HOST, "room:lock", locked=False)


def _lobby(meeting: str) -> Iterable[Step]:
    yield ask(HOST, "room:lobby", enabled=True)
    yield ask(LATE, "room:join", meeting_id=meeting)
    yield told(HOST, "lobby:asked")
    yield ask(UNWANTED, "room:join", meeting_id=meeting)
    yield told(HOST, "lobby:asked", 2)
    yield ask(LATE, "chat:send", text="Let me in!")
    yield ask(HOST, "lobby:message", text="One moment, please.")
    yield told(LATE, "lobby:message")
    yield told(UNWANTED, "lobby:message")
    yield ask(HOST, "lobby:admit", waiting_id="$p18.waiting_id")
    yield told(LATE, "lobby:admitted")
    yield ask(LATE, "room:join", meeting_id=meeting)
    yield ask(HOST, "lobby:deny", waiting_id="$p19.waiting_id")
    yield told(UNWANTED, "lobby:denied")
    yield ask(HOST, "room:lobby", enabled=False)


def _poll() -> Iterable[Step]:
    yield ask(CO_HOST, "poll:create", type="SingleChoice", question="Tea?", options=["Yes", "No", "Later"], live=False)
    yield told("p05", "poll:created")
    for who, choice in (("p03", 0), ("p04", 0), ("p05", 2), ("p05", 1)):
        yield ask(who, "poll:vote", poll_id="$p01.poll_id", choices=[choice])
    yield ask("p06", "poll:vote", poll_id="$p01.poll_id", choices=[7])
    yield ask(CO_HOST, "poll:close", poll_id="$p01.poll_id")
    yield told("p05", "poll:closed")
    yield ask("p05", "poll:vote", poll_id="$p01.poll_id", choices=[0])


def _resume(meeting: str) -> Iterable[Step]:
    yield ["p05", "lose"]
    yield told(HOST, "participant:updated", 2)
    yield ask("p07", "chat:send", text="Where has p05 gone?")
    yield ["p05", "connect"]
    yield ask("p05", "room:join", meeting_id=meeting, resume_token="$p05.resume_token")
    yield told(HOST, "participant:updated", 3)
    yield ask("p05", "chat:list")


def _end() -> Iterable[Step]:
    yield ask("p14", "room:leave")
    yield told("p13", "participant:left", 3)
    yield ["p13", "disconnect"]
    yield told(CO_HOST, "participant:left", 4)
    yield ask("p04", "room:close")
    yield ask(HOST, "room:close")
    yield from (told(who, "room:closed") for who in [*INSIDE, LATE] if who not in GONE)
    yield ask("p01", "hand:raise", raised=True)
    yield ask("p14", "room:leave")


Transcript = dict[str, Any]
"""`answers`: what each step was answered, in order; `heard`: by person, each event with its data, in order."""

AT_THEIR_OWN_PACE: Final = frozenset({"poll:updated", "speaker:changed"})
"""Notifications of which several may become one: when they come is not for the script to say."""

_SECRET: Final = frozenset({"resume_token", "iceParameters", "iceCandidates", "dtlsParameters", "iceServers", "id"})
"""Of which it counts that they are there."""

_IDS: Final = frozenset({"by", "reply_to", "spotlight", "transports"})


def comparable(transcript: Transcript) -> Transcript:
    """Without what differs from one meeting to the next: ids by the order in which they turn up, no times."""
    names: dict[str, str] = {}

    def plain(value: Any, key: str = "") -> Any:
        if key in _SECRET or key.endswith("_at"):
            return f"<{key}>"
        if isinstance(value, dict):
            return {name: plain(inner, name) for name, inner in sorted(value.items())}
        if isinstance(value, list):
            return [plain(inner, key) for inner in value]
        if isinstance(value, str) and (key.endswith(("_id", "_ids")) or key in _IDS):
            return names.setdefault(value, f"<{len(names)}>")
        return value

    answers = [plain(answer) for answer in transcript["answers"]]
    heard = {
        who: [[event, plain(data)] for event, data in transcript["heard"][who] if event not in AT_THEIR_OWN_PACE]
        for who in PEOPLE
    }
    return {"answers": answers, "heard": heard}
