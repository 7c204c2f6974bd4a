"""Who is in, as what, and with which permissions: what hosts decide about people."""

from __future__ import annotations

from dataclasses import replace

from persistence.events import (
    ParticipantBlocked,
    ParticipantRemoved,
    ParticipantUnblocked,
    PermissionsChanged,
    RoleChanged,
)
from signaling.closing import Closing
from signaling.data_closing import DataClosing
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError, not_found
from signaling.handlers.moderation import stop_share
from signaling.messages import catalogue, moderation
from signaling.moderating import check_blockable, other_than, target_of, turn
from signaling.participant import Participant
from signaling.permissions import may_share_screen
from signaling.ports import Record
from signaling.roles import Role
from signaling.standings import Standing


class MembershipHandlers:
    def __init__(self, record: Record, closing: Closing, data_closing: DataClosing) -> None:
        self._record = record
        self._closing = closing
        self._data_closing = data_closing

    @handles(moderation.ParticipantRemove)
    async def remove(
        self, participant: Participant, request: moderation.ParticipantRemove
    ) -> moderation.ParticipantRemoved:
        """Out at once. They may come back, through the lobby where there is one."""
        async with turn(participant, request):
            target = other_than(participant, request.participant_id)
            fact = ParticipantRemoved(target=target.id, user_id=target.user_id)
            participant.room.known.discard(target.user_id)
            await self._closing.leave(target, reason="removed", by=participant, facts=((fact, participant.id),))
        return moderation.ParticipantRemoved(participant_id=target.id)

    @handles(moderation.ParticipantBlock)
    async def block(
        self, participant: Participant, request: moderation.ParticipantBlock
    ) -> moderation.ParticipantBlocked:
        room = participant.room
        async with turn(participant, request):
            target = other_than(participant, request.participant_id)
            user_id = target.user_id
            check_blockable(room, user_id, by=participant)
            if target.own_role is Role.HOST:
                raise SignalingError(ErrorCode.ACCESS_DENIED, "Whose meeting it is cannot be blocked from it.")
            fact = ParticipantBlocked(user_id=user_id, display_name=target.display_name)
            await self._record.emit(room.id, fact, participant_id=participant.id)
            room.blocked[user_id] = target.display_name
            for stay in [other for other in room.participants.values() if other.user_id == user_id]:
                await self._closing.leave(stay, reason="blocked", by=participant)
        return moderation.ParticipantBlocked(participant_id=target.id, user_id=user_id)

    @handles(moderation.ParticipantUnblock)
    async def unblock(
        self, participant: Participant, request: moderation.ParticipantUnblock
    ) -> moderation.ParticipantUnblocked:
        room, user_id = participant.room, request.user_id
        async with turn(participant, request):
            if user_id not in room.blocked:
                raise not_found("blocked user")
            await self._record.emit(room.id, ParticipantUnblocked(user_id=user_id), participant_id=participant.id)
            room.blocked.pop(user_id, None)
        return moderation.ParticipantUnblocked(user_id=user_id)

    @handles(moderation.RoomBlocks)
    async def blocks(self, participant: Participant, _request: moderation.RoomBlocks) -> moderation.RoomBlocksListed:
        blocked = participant.room.blocked.items()
        return moderation.RoomBlocksListed(
            blocked=[moderation.BlockView(user_id=user_id, display_name=name) for user_id, name in blocked]
        )

    @handles(moderation.ParticipantSetRole)
    async def set_role(
        self, participant: Participant, request: moderation.ParticipantSetRole
    ) -> moderation.ParticipantRoleSet:
        """Hosts step down only when another host is there: a room loses its last host by their leaving alone."""
        role = Role(request.role)
        async with turn(participant, request):
            target = target_of(participant, request.participant_id)
            if target is participant and role is not Role.HOST and not _hosted_by_another(participant):
                raise SignalingError(ErrorCode.CONFLICT, "Make somebody else host first.")
            if target.role is not role:
                await self._change_role(target, role, by=participant)
        return moderation.ParticipantRoleSet(participant_id=target.id, role=request.role)

    async def _change_role(self, target: Participant, role: Role, *, by: Participant) -> None:
        room = by.room
        fact = RoleChanged(target=target.id, user_id=target.user_id, from_role=target.role, to_role=role)
        await self._record.emit(room.id, fact, participant_id=by.id)
        target.role = role
        self._keep(target)
        if target.gone:
            return
        room.tell(catalogue.PARTICIPANT_UPDATED, target.view(), but=by)
        if role is Role.OBSERVER:
            producers = list(target.producers())
            await self._closing.close_producers(target, producers, reason="role_changed", by=by, ends_share=True)
            await self._close_data(target)
        else:
            await self._stop_what_is_forbidden(target, by=by)

    async def _close_data(self, target: Participant) -> None:
        for producer in [each for each in target.room.data.producers.values() if each.owner is target]:
            if not producer.closed:
                await self._data_closing.expel(producer, reason="role_changed")

    @handles(moderation.ParticipantPermit)
    async def permit(
        self, participant: Participant, request: moderation.ParticipantPermit
    ) -> moderation.ParticipantPermitted:
        """What a token withholds cannot be given: ACCESS_DENIED."""
        wanted = request.model_dump(exclude={"participant_id"}, exclude_none=True)
        async with turn(participant, request):
            target = target_of(participant, request.participant_id)
            if any(given and name in target.withheld for name, given in wanted.items()):
                raise SignalingError(ErrorCode.ACCESS_DENIED, "Their token does not allow that.")
            permissions = replace(target.permissions, **wanted)
            view = _permitted(target, permissions.can_share_screen, permissions.can_use_chat, permissions.is_presenter)
            if permissions != target.permissions:
                fact = PermissionsChanged(
                    target=target.id, user_id=target.user_id, **view.model_dump(exclude={"participant_id"})
                )
                await self._record.emit(participant.room.id, fact, participant_id=participant.id)
                target.permissions = permissions
                self._keep(target)
                if not target.gone:
                    participant.room.tell(catalogue.PARTICIPANT_UPDATED, target.view(), but=participant)
                await self._stop_what_is_forbidden(target, by=participant)
        return view

    async def _stop_what_is_forbidden(self, target: Participant, *, by: Participant) -> None:
        if not target.gone and not may_share_screen(target):
            await stop_share(self._closing, target, by=by)

    def _keep(self, target: Participant) -> None:
        target.room.standings.keep(target.user_id, Standing(target.role, target.permissions))


def _hosted_by_another(participant: Participant) -> bool:
    others = (other for other in participant.room.participants.values() if other is not participant)
    return any(other.role is Role.HOST for other in others)


def _permitted(
    target: Participant, can_share_screen: bool, can_use_chat: bool, is_presenter: bool
) -> moderation.ParticipantPermitted:
    return moderation.ParticipantPermitted(
        participant_id=target.id,
        can_share_screen=can_share_screen,
        can_use_chat=can_use_chat,
        is_presenter=is_presenter,
    )
