"""The rules of accounts: who gets a token, who keeps one, and who loses it."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from config.settings import AuthSettings
from persistence.errors import EmailTakenError
from persistence.events import TokenRevoked
from persistence.repositories import Rotation, SignIns, User, Users
from server.accounts.email_address import InvalidEmailError, normalised_email
from server.accounts.password_policy import WeakPasswordError, accepted_password, comparable_password
from server.accounts.refresh_token import RefreshToken
from server.api.errors import ApiError
from server.identity import TokenAuthority
from server.tokens.revocations import Revocations
from signaling.display_name import clean_display_name
from signaling.identity import Identity
from signaling.passwords import Passwords

USER_ID_BYTES: Final = 12
WRONG: Final = "The e-mail address or the password is wrong."
SIGNED_OUT: Final = "You are signed out. Sign in again."
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SignedIn:
    user: User
    token: str
    refresh_token: str
    expires_in_s: int


class Accounts:
    """Every refusal is an ApiError and counted in `refused` by its reason, which is not told."""

    def __init__(
        self,
        *,
        users: Users,
        sign_ins: SignIns,
        revocations: Revocations,
        authority: TokenAuthority,
        passwords: Passwords,
        settings: AuthSettings,
    ) -> None:
        self._users = users
        self._sign_ins = sign_ins
        self._revocations = revocations
        self._authority = authority
        self._passwords = passwords
        self._settings = settings
        self.refused: Counter[str] = Counter()

    async def sign_up(self, email: str, password: str, display_name: str) -> SignedIn:
        if not self._settings.signup:
            raise self._refuse("signup_closed", "ACCESS_DENIED", "This server does not take new accounts.")
        try:
            address = normalised_email(email)
            name = clean_display_name(display_name, fallback=address.partition("@")[0])
            accepted = accepted_password(password, about=(address, address.partition("@")[0], name))
        except (InvalidEmailError, WeakPasswordError) as error:
            raise self._refuse("signup_invalid", "VALIDATION", str(error)) from None
        # Hashed before the address is looked up: a taken one is answered no sooner than a free one.
        password_hash = await self._passwords.hash(accepted)
        user_id = f"user:{secrets.token_urlsafe(USER_ID_BYTES)}"
        try:
            user = await self._users.create(user_id, email=address, display_name=name, password_hash=password_hash)
        except EmailTakenError:
            raise self._refuse("email_taken", "CONFLICT", "This e-mail address cannot be used. Sign in?") from None
        log.info("account_made", user_id=user.id)
        return await self._begin(user)

    async def sign_in(self, email: str, password: str) -> SignedIn:
        """One answer, after one hash, whether there is no such account or the password is another."""
        user = await self._by_email(email)
        password_hash = user.password_hash if user else self._passwords.decoy()
        right = await self._passwords.verify(password_hash, comparable_password(password))
        if user is None or not right:
            raise self._refuse("wrong_credentials", "UNAUTHORIZED", WRONG)
        return await self._begin(user)

    async def refresh(self, text: str, *, grace: timedelta = timedelta(0)) -> SignedIn:
        """A new access token and the next refresh token. A refresh token that was used before ends its whole family,

        unless it is the last one used, within `grace`.
        """
        given = RefreshToken.read(text)
        if given is None:
            raise self._refuse("refresh_unknown", "UNAUTHORIZED", SIGNED_OUT)
        following = given.next()
        rotated = await self._sign_ins.rotate(
            given.family, old_hash=given.digest, new_hash=following.digest, ttl=self._refresh_ttl, grace=grace
        )
        if rotated.outcome is Rotation.REUSED:
            log.warning("refresh_token_reused", user_id=rotated.user_id)
            await self._revoke([given.family])
        user = await self._users.get(rotated.user_id) if rotated.user_id is not None else None
        if rotated.outcome is not Rotation.ROTATED or user is None:
            raise self._refuse(f"refresh_{rotated.outcome.value}", "UNAUTHORIZED", SIGNED_OUT)
        return self._signed_in(user, following)

    async def sign_out(self, text: str | None, caller: Identity | None) -> None:
        """End the sign-in that the refresh token or the caller's token belongs to, and every token it gave out."""
        given = RefreshToken.read(text) if text else None
        family = given.family if given else caller.sign_in if caller else None
        if family is not None:
            await self._sign_ins.end(family)
            await self._revoke([family])

    async def change_password(self, caller: Identity, old: str, new: str) -> None:
        """Ends every other sign-in of the user: whoever knew the old password is out."""
        user = await self._users.get(caller.user_id)
        if user is None:
            raise ApiError("NOT_FOUND", "This token belongs to no account.")
        if not await self._passwords.verify(user.password_hash, comparable_password(old)):
            raise self._refuse("wrong_credentials", "ACCESS_DENIED", "The current password is wrong.")
        about = (user.email, user.email.partition("@")[0], user.display_name, old)
        try:
            accepted = accepted_password(new, about=about)
        except WeakPasswordError as error:
            raise self._refuse("signup_invalid", "VALIDATION", str(error)) from None
        new_hash = await self._passwords.hash(accepted)
        if not await self._users.change_password(user.id, old_hash=user.password_hash, new_hash=new_hash):
            raise ApiError("CONFLICT", "The password was changed meanwhile.")
        await self._revoke(await self._sign_ins.end_all(user.id, but=caller.sign_in))
        log.info("password_changed", user_id=user.id)

    async def end_sign_ins(self, user_id: str) -> None:
        """Everywhere at once, as when the account is about to be deleted."""
        await self._revoke(await self._sign_ins.end_all(user_id))

    async def revoke(self, token_id: str, *, ttl_s: float, by: str) -> None:
        """End any token, whoever issued it; a sign-in with that id cannot renew its tokens any more."""
        await self._revocations.revoke(token_id, ttl_s=ttl_s, fact=TokenRevoked(token_id=token_id, by=by))
        await self._sign_ins.end(token_id)

    async def user(self, user_id: str) -> User | None:
        return await self._users.get(user_id)

    async def _by_email(self, email: str) -> User | None:
        try:
            address = normalised_email(email)
        except InvalidEmailError:
            return None
        return await self._users.by_email(address)

    async def _begin(self, user: User) -> SignedIn:
        first = RefreshToken.first()
        ended = await self._sign_ins.begin(first.family, user.id, token_hash=first.digest, ttl=self._refresh_ttl)
        await self._revoke(ended)
        return self._signed_in(user, first)

    def _signed_in(self, user: User, refresh_token: RefreshToken) -> SignedIn:
        ttl_s = self._settings.access_ttl_s
        token = self._authority.issue(user.id, ttl_s=ttl_s, name=user.display_name, sid=refresh_token.family)
        return SignedIn(user, token, refresh_token.text, ttl_s)

    async def _revoke(self, families: list[str]) -> None:
        # As long as the last access token of the family could live, with the difference of clocks forgiven to it.
        await self._revocations.revoke(*families, ttl_s=self._settings.access_ttl_s + self._settings.leeway_s)

    @property
    def _refresh_ttl(self) -> timedelta:
        return timedelta(seconds=self._settings.refresh_ttl_s)

    def _refuse(self, reason: str, code: str, message: str) -> ApiError:
        self.refused[reason] += 1
        return ApiError(code, message)
