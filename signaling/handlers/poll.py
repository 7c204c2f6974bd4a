"""Polls: to ask everybody, to answer, to close, and to read what was answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from persistence.events import PollClosed, PollCreated, PollVoted
from persistence.repositories import Poll, PollResponse
from signaling.chat_text import clean_text
from signaling.chatting import Chatting
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.lookup import still_in
from signaling.messages import catalogue
from signaling.messages import poll as messages
from signaling.participant import Participant
from signaling.permissions import may_undo, presents
from signaling.polling import Polling, manages, may_see_answers
from signaling.polls import MOST_RESPONSES, RunningPoll
from signaling.ports import Record

YES_AND_NO = ("Yes", "No")
STEPS = 5


class PollHandlers:
    def __init__(
        self,
        record: Record,
        polling: Polling,
        chatting: Chatting,
        *,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._record = record
        self._polling = polling
        self._chatting = chatting
        self._new_id = new_id
        self._now = now

    @handles(messages.PollCreate)
    async def create(self, participant: Participant, request: messages.PollCreate) -> messages.PollView:
        """By hosts and presenters. It is open at once."""
        room = participant.room
        async with room.polls.turn:
            still_in(participant)
            if not presents(participant):
                raise SignalingError(ErrorCode.ACCESS_DENIED, "Only hosts and presenters open polls here.")
            if room.polls.full:
                raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "This meeting has as many polls as it can have.")
            terms = self._terms(participant, request)
            fact = PollCreated(
                poll_type=terms.type, **terms.model_dump(include=set(PollCreated.model_fields) - {"poll_type"})
            )
            await self._record.emit(room.id, fact, participant_id=participant.id)
            poll = room.polls.add(terms)
        for other in room.participants.values():
            if other is not participant:
                other.tell(catalogue.POLL_CREATED, self._polling.view(poll, other))
        await self._chatting.note(participant, f"{participant.display_name} opened a poll: {terms.question}")
        return self._polling.view(poll, participant)

    def _terms(self, participant: Participant, request: messages.PollCreate) -> Poll:
        options = [_line(option, "options") for option in request.options]
        if len(set(options)) < len(options):
            raise SignalingError(ErrorCode.VALIDATION, "options: each must differ from the others")
        several = request.type == "MultipleChoice"
        return Poll(
            poll_id=self._new_id(),
            type=request.type,
            question=_line(request.question, "question"),
            options=list(YES_AND_NO) if request.type == "YesNo" else options,
            most_choices=(request.most_choices or len(options)) if several else 1,
            steps=(request.steps or STEPS) if request.type == "Rating" else None,
            anonymous=request.anonymous,
            live=request.live,
            participant_id=participant.id,
            user_id=participant.user_id,
            display_name=participant.display_name,
            opened_at=self._now(),
            closed_at=None,
        )

    @handles(messages.PollVote)
    async def vote(self, participant: Participant, request: messages.PollVote) -> messages.PollView:
        """One answer of each person, changed at will until the poll is closed."""
        room = participant.room
        poll = _find(participant, request.poll_id)
        _check_open(poll)
        terms, answer = poll.terms, _check_answer(poll, request)
        ballot = self._polling.ballots.of(terms, participant.user_id)
        before = poll.responses.get(ballot)
        if before is None and len(poll.responses) >= MOST_RESPONSES:
            raise SignalingError(ErrorCode.CAPACITY_EXCEEDED, "As many people have answered as can.")
        if before is None or answer != _given(before):
            response = PollResponse(
                ballot=ballot,
                revision=poll.next_revision(),
                user_id=None if terms.anonymous else participant.user_id,
                display_name=None if terms.anonymous else participant.display_name,
                **answer,
            )
            fact = PollVoted(poll_id=terms.poll_id, **response.model_dump())
            # In the journal it comes before the poll's end, or `_check_open` would have refused it.
            await self._record.emit(room.id, fact, participant_id=None if terms.anonymous else participant.id)
            poll.count(response)
            self._polling.note(room, poll)
        return self._polling.view(poll, participant)

    @handles(messages.PollClose)
    async def close(self, participant: Participant, request: messages.PollClose) -> messages.PollView:
        """By whoever opened it and by hosts. Everybody sees the results. Closing twice changes nothing."""
        room = participant.room
        async with room.polls.turn:
            still_in(participant)
            poll = _find(participant, request.poll_id)
            terms = poll.terms
            if not manages(participant, poll) or not may_undo(participant, terms.participant_id, terms.user_id):
                raise SignalingError(ErrorCode.ACCESS_DENIED, "Only whoever opened it or a host can close a poll.")
            if poll.terms.closed_at is not None:
                return self._polling.view(poll, participant)
            poll.closing = True
            try:
                await self._record.emit(room.id, PollClosed(poll_id=terms.poll_id), participant_id=participant.id)
                poll.close(self._now())
            finally:
                poll.closing = False
        for other in room.participants.values():
            if other is not participant:
                other.tell(catalogue.POLL_CLOSED, self._polling.view(poll, other))
        await self._chatting.note(participant, f"{participant.display_name} closed the poll: {terms.question}")
        return self._polling.view(poll, participant)

    @handles(messages.PollList)
    async def list(self, participant: Participant, _request: messages.PollList) -> messages.PollsListed:
        return messages.PollsListed(polls=self._polling.views(participant.room, participant))

    @handles(messages.PollAnswers)
    async def answers(self, participant: Participant, request: messages.PollAnswers) -> messages.PollAnswersListed:
        poll = _find(participant, request.poll_id)
        if not may_see_answers(participant, poll):
            raise SignalingError(ErrorCode.ACCESS_DENIED, "These answers are not shown one by one.")
        end = request.offset + request.limit
        answers = poll.answers()
        return messages.PollAnswersListed(
            answers=[
                messages.PollAnswerView(**each.model_dump(exclude={"ballot", "revision"}))
                for each in answers[request.offset : end]
            ],
            more=end < len(answers),
        )


def _find(participant: Participant, poll_id: str) -> RunningPoll:
    poll = participant.room.polls.get(poll_id)
    if poll is None:
        raise not_found("poll")
    return poll


def _check_open(poll: RunningPoll) -> None:
    if not poll.open:
        raise SignalingError(ErrorCode.CONFLICT, "The poll is closed.")


def _check_answer(poll: RunningPoll, request: messages.PollVote) -> dict[str, object]:
    """The answer as it is kept, if it is one to this poll. Raises VALIDATION."""
    terms = poll.terms
    choices = sorted(set(request.choices))
    text = clean_text(request.text) if request.text is not None else None
    rates, tells = terms.type == "Rating", terms.type == "OpenEnded"
    if rates is not (request.rating is not None) or tells is not bool(text):
        raise SignalingError(ErrorCode.VALIDATION, "payload: another kind of answer is asked for")
    if request.rating is not None and terms.steps is not None and request.rating > terms.steps:
        raise SignalingError(ErrorCode.VALIDATION, f"rating: at most {terms.steps}")
    most = 0 if rates or tells else terms.most_choices
    if len(choices) > most or (most > 0 and not choices) or any(choice >= len(terms.options) for choice in choices):
        raise SignalingError(ErrorCode.VALIDATION, f"choices: at most {most}, of those there are")
    return {"choices": choices, "rating": request.rating, "text": text}


def _given(response: PollResponse) -> dict[str, object]:
    return {"choices": response.choices, "rating": response.rating, "text": response.text}


def _line(text: str, where: str) -> str:
    cleaned = " ".join(clean_text(text).split())
    if not cleaned:
        raise SignalingError(ErrorCode.VALIDATION, f"{where}: must not be empty")
    return cleaned
