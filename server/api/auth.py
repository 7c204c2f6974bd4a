"""Tokens for people without an account."""

from __future__ import annotations

from pydantic import Field

from config.settings import AuthSettings
from persistence.store import Store
from server.api.contract import Access, Answer, Body, Call, Rate, Route
from server.api.errors import ApiError
from server.identity import TokenAuthority, guest_id, is_guest
from signaling.display_name import clean_display_name


class GuestRequest(Body):
    """With `meeting_id`: a token for that meeting. Without: one that may create meetings, where guests may.

    With the token of a guest in the header: another one for the same guest, before the old one ends.
    """

    display_name: str = Field(min_length=1, max_length=1024)
    meeting_id: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,64}$")


class TokenAnswer(Answer):
    token: str
    user_id: str


class PublicConfig(Answer):
    """What the home page has to know before anybody signed in."""

    guests: bool
    guests_create: bool
    signup: bool


class AuthApi:
    def __init__(self, store: Store, authority: TokenAuthority, settings: AuthSettings, *, guests_create: bool) -> None:
        self._store = store
        self._authority = authority
        self._settings = settings
        self._guests_create = guests_create

    def routes(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/api/auth/guest",
                "A short-lived token for a guest",
                self.guest,
                TokenAnswer,
                Access.PUBLIC,
                body=GuestRequest,
                errors=("ACCESS_DENIED", "NOT_FOUND"),
                rate=Rate.GUEST,
            ),
            Route(
                "GET",
                "/api/config",
                "What may be done here without an account",
                self.config,
                PublicConfig,
                Access.PUBLIC,
            ),
        ]

    async def config(self, _call: Call) -> PublicConfig:
        return PublicConfig(
            guests=self._settings.guests, guests_create=self._guests_create, signup=self._settings.signup
        )

    async def guest(self, call: Call) -> TokenAnswer:
        request: GuestRequest = call.body
        if not self._settings.guests:
            raise ApiError("ACCESS_DENIED", "This server does not admit guests.")
        again = call.identity if call.identity is not None and is_guest(call.identity.user_id) else None
        # A guest who comes with a good token stays who they are, and limited to what they were limited to.
        meeting_id = again.meeting if again else request.meeting_id
        user_id = again.user_id if again else guest_id()
        token = self._authority.issue(
            user_id,
            ttl_s=self._settings.token_ttl_s,
            name=clean_display_name(request.display_name, fallback="Guest"),
            meeting=meeting_id,
            grants=await self._grants(meeting_id),
        )
        return TokenAnswer(token=token, user_id=user_id)

    async def _grants(self, meeting_id: str | None) -> dict[str, bool]:
        if meeting_id is None:
            if not self._guests_create:
                raise ApiError("ACCESS_DENIED", "Guests may not create meetings here.")
            return {"room_create": True, "room_join": True}
        meeting = await self._store.meetings.get(meeting_id)
        if meeting is None:
            raise ApiError("NOT_FOUND", "There is no such meeting.")
        if not meeting.guests_allowed:
            raise ApiError("ACCESS_DENIED", "This meeting does not admit guests.")
        return {"room_join": True}
