"""Who may read the record of a meeting."""

from __future__ import annotations

from persistence.repositories.meetings import Meeting
from persistence.store import Store
from server.api.contract import Call
from server.api.errors import ApiError
from signaling.identity import Identity
from signaling.roles import Role


class RecordAccess:
    """Those who took part may read what happened, without what was withheld from them; figures about people, the room
    at any second and exports are for operators, whoever made the meeting, and its hosts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def readable(self, call: Call) -> Meeting:
        """The meeting of the path. Raises NOT_FOUND and ACCESS_DENIED."""
        meeting = await self._meeting(call)
        if not await self.may_read(call.caller, meeting):
            raise ApiError("ACCESS_DENIED", "Only its hosts may read that of a meeting.")
        return meeting

    async def shared(self, call: Call) -> Meeting:
        """The same for whoever took part, unless hosts keep them out by now."""
        meeting, caller = await self._meeting(call), call.caller
        if not await self.may_read(caller, meeting) and not await self._took_part(caller, meeting):
            raise ApiError("ACCESS_DENIED", "Only those who took part may read that.")
        return meeting

    async def _meeting(self, call: Call) -> Meeting:
        meeting = await self._store.meetings.get(call.path["id"])
        if meeting is None:
            raise ApiError("NOT_FOUND", "There is no such meeting.")
        return meeting

    async def _took_part(self, caller: Identity, meeting: Meeting) -> bool:
        if caller.meeting not in (None, meeting.id) or caller.user_id in await self._store.blocks.of(meeting.id):
            return False
        return await self._store.queries.role_of(meeting.id, caller.user_id) is not None

    async def may_read(self, caller: Identity, meeting: Meeting) -> bool:
        if caller.operator:
            return True
        if caller.meeting not in (None, meeting.id):
            return False
        if caller.user_id == meeting.creator_id or (caller.role is Role.HOST and caller.meeting == meeting.id):
            return True
        return await self._store.queries.role_of(meeting.id, caller.user_id) == Role.HOST
