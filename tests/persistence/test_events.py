"""An event is what its schema says and nothing else."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from persistence.errors import InvalidEventError
from persistence.events import CATALOGUE, AudioMuted, Event, MeetingEnded, ParticipantJoined, Payload, schema
from persistence.events.payload import sanitise

JOINED: dict[str, Any] = {
    "event_id": "01a1fb25-0248-749b-9e17-8a6bb48cc68f",
    "type": "participant.joined",
    "meeting_id": "abcd-efgh-jkmn",
    "participant_id": "p1",
    "timestamp": "2026-11-20T22:00:00Z",
    "payload": {"user_id": "ann", "display_name": "Ann", "role": "host"},
}


def test_the_catalogue_holds_every_payload() -> None:
    assert set(CATALOGUE.values()) == set(Payload.__subclasses__())


ASKED_FOR = """
    conference.joined meeting.started meeting.ended participant.joined participant.left
    audio.muted audio.unmuted video.muted video.unmuted screen_share.started screen_share.stopped
    transcription.started transcription.stopped transcript.chunk recording.started recording.stopped
    dominant_speaker.changed connection.stats track.added track.removed
"""


def test_each_of_the_twenty_types_that_meetings_must_have_is_in_the_catalogue() -> None:
    assert len(ASKED_FOR.split()) == 20
    assert set(ASKED_FOR.split()) <= CATALOGUE.keys()


def test_tags_follow_the_grammar_subject_verb() -> None:
    for tag in CATALOGUE:
        subject, verb = tag.split(".")
        assert subject.replace("_", "").isalpha()
        assert verb.replace("_", "").isalpha()


def test_an_event_survives_json() -> None:
    event = Event.parse(JOINED)
    assert event.payload == ParticipantJoined(user_id="ann", display_name="Ann", role="host")
    assert Event.parse(event.model_dump(mode="json")) == event


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "not-a-uuid"},
        {"type": "participant.exploded"},
        {"type": "participant.left"},
        {"meeting_id": "../etc"},
        {"meeting_id": "a" * 65},
        {"participant_id": None},
        {"timestamp": "2026-11-20T22:00:00"},
        {"timestamp": "yesterday"},
        {"payload": {"user_id": "ann", "display_name": "Ann"}},
        {"payload": {"user_id": "ann", "display_name": "A" * 256, "role": "host"}},
        {"payload": {"user_id": "ann", "display_name": "Ann", "role": "host", "admin": True}},
        {"payload": []},
        {"extra": 1},
    ],
    ids=str,
)
def test_a_broken_event_is_refused_without_repeating_its_values(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidEventError) as refusal:
        Event.parse({**JOINED, **change})
    assert refusal.value.code == "VALIDATION"
    assert "Ann" not in str(refusal.value)


@pytest.mark.parametrize("raw", [None, 7, "text", [], {}])
def test_what_is_no_event_at_all_is_refused(raw: object) -> None:
    with pytest.raises(InvalidEventError):
        Event.parse(raw)


def test_a_meeting_event_needs_no_participant_and_a_personal_one_does() -> None:
    envelope = {"event_id": JOINED["event_id"], "meeting_id": "m", "participant_id": None}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    Event.of(MeetingEnded(reason="closed"), timestamp=moment, **envelope)
    with pytest.raises(InvalidEventError, match="participant_id"):
        Event.of(AudioMuted(), timestamp=moment, **envelope)


def test_time_is_kept_in_utc() -> None:
    there = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    event = Event.parse({**JOINED, "timestamp": there})
    assert event.timestamp.tzinfo is UTC
    assert event.model_dump(mode="json")["timestamp"] == "2026-01-01T07:00:00Z"


def test_control_characters_are_taken_out_of_text_and_other_scripts_stay() -> None:
    payload = ParticipantJoined(user_id="u\x00\x1b", display_name="Zoë\x00 \x07世界 👋", role="host")
    assert payload.user_id == "u"
    assert payload.display_name == "Zoë 世界 👋"


@given(st.text())
def test_sanitised_text_lacks_its_control_characters_and_nothing_else(text: str) -> None:
    kept = [sign for sign in text if sign in "\t\n" or unicodedata.category(sign) != "Cc"]
    assert list(sanitise(text)) == kept


def test_the_published_catalogue_describes_every_type_with_a_version() -> None:
    document = schema.document()
    assert document["types"].keys() == CATALOGUE.keys()
    for tag, told in document["types"].items():
        name = told["payload"]["$ref"].rsplit("/", 1)[1]
        assert told["version"] >= 1
        assert set(told["withheld"]) <= document["$defs"][name]["properties"].keys(), tag
    Draft202012Validator.check_schema(document["event"])


def test_an_event_fits_its_published_schema() -> None:
    document = schema.document()
    told = Event.parse(JOINED)
    body = told.model_dump(mode="json")
    Draft202012Validator(document["event"]).validate(body)
    payload = {**document["types"][told.type]["payload"], "$defs": document["$defs"]}
    Draft202012Validator(payload).validate(body["payload"])
    assert not Draft202012Validator(payload).is_valid({"user_id": 7})
