"""Which handlers there are, and what each is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from config.settings import Settings
from sfu.ports import Rooms
from signaling.absence import Absences
from signaling.admission import Admission
from signaling.chatting import Chatting
from signaling.closing import Closing
from signaling.data_closing import DataClosing
from signaling.door import Door
from signaling.facts import Facts
from signaling.handlers.chat import ChatHandlers
from signaling.handlers.consumer import ConsumerHandlers
from signaling.handlers.data import DataHandlers
from signaling.handlers.lobby import LobbyHandlers
from signaling.handlers.media import MediaHandlers
from signaling.handlers.membership import MembershipHandlers
from signaling.handlers.moderation import ModerationHandlers
from signaling.handlers.participant import ParticipantHandlers
from signaling.handlers.poll import PollHandlers
from signaling.handlers.producer import ProducerHandlers
from signaling.handlers.room import RoomHandlers
from signaling.handlers.rules import RuleHandlers
from signaling.handlers.token import TokenHandlers
from signaling.handlers.transport import TransportHandlers
from signaling.ice_servers import IceServers
from signaling.lobby import Lobbies
from signaling.passwords import Passwords
from signaling.polling import Polling
from signaling.polls import Ballots
from signaling.ports import Store
from signaling.presence import Presences
from signaling.ranks import Ranks
from signaling.rates.arrivals import Arrivals
from signaling.rates.creations import Creations
from signaling.rates.password_tries import PasswordTries
from signaling.reminders import Reminders
from signaling.revival import Revival
from signaling.rooms import Registry
from signaling.switches import Switches


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What handlers share."""

    registry: Registry
    media: Rooms
    store: Store
    settings: Settings
    new_id: Callable[[], str]
    closing: Closing
    data_closing: DataClosing
    absences: Absences
    revival: Revival
    chatting: Chatting
    lobbies: Lobbies
    polling: Polling
    presences: Presences
    ranks: Ranks
    passwords: Passwords
    creations: Creations
    arrivals: Arrivals
    tries: PasswordTries
    tokens: TokenHandlers


def lobbies_of(registry: Registry, store: Store, settings: Settings, new_id: Callable[[], str]) -> Lobbies:
    return Lobbies(
        registry=registry,
        record=store.emitter,
        new_id=new_id,
        now=utc_now,
        most=settings.limits.max_waiting,
        timeout_s=settings.limits.lobby_timeout_s,
    )


def reminders_of(
    store: Store, settings: Settings, *, registry: Registry, lobbies: Lobbies, facts: Facts, now: Callable[[], float]
) -> Reminders:
    return Reminders(
        registry=registry,
        lobbies=lobbies,
        meetings=store.meetings,
        facts=facts,
        before_s=settings.limits.remind_before_s,
        now=lambda: datetime.fromtimestamp(now(), UTC),
    )


def polling_of(store: Store, settings: Settings) -> Polling:
    """Ballots of anonymous polls hold as long as the secret does."""
    return Polling(store.polls, Ballots(settings.auth.secret.get_secret_value().encode()))


def all_handlers(parts: Parts) -> list[object]:
    record, limits = parts.store.emitter, parts.settings.limits
    switches = Switches(parts.media, record)
    ice_servers = IceServers(parts.settings.rtc, time.time)
    return [
        RoomHandlers(
            registry=parts.registry,
            media=parts.media,
            record=record,
            admission=Admission(parts.store, parts.passwords, parts.creations, parts.tries),
            door=Door(parts.registry, parts.lobbies, parts.store.blocks),
            lobbies=parts.lobbies,
            chatting=parts.chatting,
            polling=parts.polling,
            passwords=parts.passwords,
            closing=parts.closing,
            absences=parts.absences,
            revival=parts.revival,
            arrivals=parts.arrivals,
            ice_servers=ice_servers,
            limits=limits,
            new_id=parts.new_id,
        ),
        TransportHandlers(parts.media, parts.closing, ice_servers, limits, parts.new_id),
        ProducerHandlers(
            media=parts.media,
            record=record,
            closing=parts.closing,
            switches=switches,
            ranks=parts.ranks,
            limits=limits,
            new_id=parts.new_id,
        ),
        ConsumerHandlers(parts.media, parts.closing, limits, parts.new_id),
        DataHandlers(
            media=parts.media,
            record=record,
            closing=parts.closing,
            data_closing=parts.data_closing,
            limits=limits,
            new_id=parts.new_id,
        ),
        MediaHandlers(record, switches),
        ModerationHandlers(record, switches, parts.closing),
        MembershipHandlers(record, parts.closing, parts.data_closing),
        RuleHandlers(record, parts.closing, parts.ranks, parts.chatting),
        ChatHandlers(parts.chatting, utc_now, chat_length=limits.chat_length),
        PollHandlers(record, parts.polling, parts.chatting, new_id=parts.new_id, now=utc_now),
        LobbyHandlers(record, parts.lobbies),
        ParticipantHandlers(record, parts.chatting, parts.presences, utc_now),
        parts.tokens,
    ]
