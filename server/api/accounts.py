"""Accounts over HTTP: sign up, sign in, stay signed in, sign out (REQUIREMENTS MGT-20)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from server.accounts.accounts import SIGNED_OUT, Accounts, SignedIn
from server.accounts.email_address import MAX_EMAIL_CHARS
from server.accounts.password_policy import MAX_PASSWORD_CHARS
from server.api.contract import Access, Answer, Body, Call, Cookie, Done, Rate, Route, WithCookie
from server.api.errors import ApiError

REFRESH_COOKIE: Final = "folkmoot_refresh"
COOKIE_PATH: Final = "/api/auth"
LOST_ANSWER: Final = timedelta(seconds=10)
"""A page that is left while it renews never gets its next cookie. So soon after, the last one is taken once more."""


Password = Annotated[str, StringConstraints(strip_whitespace=False, max_length=4 * MAX_PASSWORD_CHARS)]
Email = Annotated[str, Field(max_length=2 * MAX_EMAIL_CHARS)]


class SignIn(Body):
    """`cookie`: keep the refresh token in an HttpOnly cookie, where no script can read it, instead of answering it."""

    email: Email
    password: Password
    cookie: bool = False


class SignUp(SignIn):
    display_name: str = Field("", max_length=1024)


class Refresh(Body):
    """Without `refresh_token`, the one in the cookie."""

    refresh_token: str | None = Field(None, max_length=4096)


class ChangePassword(Body):
    current_password: Password
    new_password: Password


class Revoke(Body):
    """`id`: a token's `jti`, or the `sid` of a sign-in; `ttl_s`: how long a token with it could still live."""

    id: str = Field(min_length=1, max_length=255)
    ttl_s: int = Field(24 * 3600, ge=1, le=366 * 24 * 3600)


class UserAnswer(Answer):
    id: str
    email: str
    display_name: str


class SignedInAnswer(Answer):
    """`token` lives `expires_in` seconds; `refresh_token` is null when it went into the cookie."""

    token: str
    user: UserAnswer
    refresh_token: str | None
    expires_in: int


class Me(Answer):
    """`user` is null for guests and for people known by another service's token."""

    user_id: str
    name: str
    operator: bool
    user: UserAnswer | None


class AccountsApi:
    def __init__(self, accounts: Accounts, *, refresh_ttl_s: int) -> None:
        self._accounts = accounts
        self._refresh_ttl_s = refresh_ttl_s

    def routes(self) -> list[Route]:
        return [*self._without_a_token(), *self._with_a_token()]

    def _without_a_token(self) -> list[Route]:
        public = Access.PUBLIC
        return [
            Route(
                "POST",
                "/api/auth/signup",
                "Make an account and sign in",
                self.sign_up,
                SignedInAnswer,
                public,
                body=SignUp,
                status=201,
                errors=("ACCESS_DENIED", "CONFLICT", "UNAVAILABLE"),
                rate=Rate.STRICT,
            ),
            Route(
                "POST",
                "/api/auth/login",
                "Sign in",
                self.sign_in,
                SignedInAnswer,
                public,
                body=SignIn,
                errors=("UNAUTHORIZED", "UNAVAILABLE"),
                rate=Rate.STRICT,
                subject=lambda body: body.email.casefold(),
            ),
            Route(
                "POST",
                "/api/auth/refresh",
                "Another access token for whoever is signed in; the refresh token is exchanged too",
                self.refresh,
                SignedInAnswer,
                public,
                body=Refresh,
                errors=("UNAUTHORIZED", "ACCESS_DENIED"),
                rate=Rate.REFRESH,
            ),
            Route(
                "POST",
                "/api/auth/logout",
                "Sign out: the refresh token and every access token of this sign-in are over",
                self.sign_out,
                Done,
                public,
                body=Refresh,
                errors=("ACCESS_DENIED",),
                rate=Rate.REFRESH,
            ),
        ]

    def _with_a_token(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/api/auth/password",
                "Change the password, which ends every other sign-in",
                self.change_password,
                Done,
                body=ChangePassword,
                errors=("CONFLICT", "NOT_FOUND", "UNAVAILABLE"),
                rate=Rate.STRICT,
            ),
            Route("GET", "/api/auth/me", "Who the token says you are", self.me, Me),
            Route(
                "POST",
                "/api/auth/revoke",
                "End a token before its time: requests are refused at once, connections within seconds",
                self.revoke,
                Done,
                Access.OPERATOR,
                body=Revoke,
            ),
        ]

    async def sign_up(self, call: Call) -> SignedInAnswer | WithCookie:
        request: SignUp = call.body
        self._allow_cookie(call, wanted=request.cookie)
        signed_in = await self._accounts.sign_up(request.email, request.password, request.display_name)
        return self._answer(signed_in, call, cookie=request.cookie)

    async def sign_in(self, call: Call) -> SignedInAnswer | WithCookie:
        request: SignIn = call.body
        self._allow_cookie(call, wanted=request.cookie)
        signed_in = await self._accounts.sign_in(request.email, request.password)
        return self._answer(signed_in, call, cookie=request.cookie)

    async def refresh(self, call: Call) -> SignedInAnswer | WithCookie:
        request: Refresh = call.body
        text, in_cookie = self._refresh_token(call, request)
        if text is None:
            raise ApiError("UNAUTHORIZED", SIGNED_OUT)
        grace = LOST_ANSWER if in_cookie else timedelta(0)
        return self._answer(await self._accounts.refresh(text, grace=grace), call, cookie=in_cookie)

    async def sign_out(self, call: Call) -> Done | WithCookie:
        request: Refresh = call.body
        text, in_cookie = self._refresh_token(call, request)
        await self._accounts.sign_out(text, call.identity)
        return WithCookie(Done(), self._cookie("", call, lives_s=0)) if in_cookie else Done()

    async def change_password(self, call: Call) -> Done:
        request: ChangePassword = call.body
        await self._accounts.change_password(call.caller, request.current_password, request.new_password)
        return Done()

    async def me(self, call: Call) -> Me:
        user = await self._accounts.user(call.caller.user_id)
        return Me(
            user_id=call.caller.user_id,
            name=call.caller.name,
            operator=call.caller.operator,
            user=UserAnswer(id=user.id, email=user.email, display_name=user.display_name) if user else None,
        )

    async def revoke(self, call: Call) -> Done:
        request: Revoke = call.body
        await self._accounts.revoke(request.id, ttl_s=request.ttl_s, by=call.caller.user_id)
        return Done()

    def _refresh_token(self, call: Call, request: Refresh) -> tuple[str | None, bool]:
        """The token, and whether it came in the cookie: which another site's page could make a browser send."""
        if request.refresh_token is not None:
            return request.refresh_token, False
        text = call.sender.cookies.get(REFRESH_COOKIE)
        self._allow_cookie(call, wanted=text is not None)
        return text, text is not None

    def _allow_cookie(self, call: Call, *, wanted: bool) -> None:
        if wanted and not call.sender.same_origin:
            raise ApiError("ACCESS_DENIED", "Only this server's own pages may use the cookie.")

    def _answer(self, signed_in: SignedIn, call: Call, *, cookie: bool) -> SignedInAnswer | WithCookie:
        user = signed_in.user
        answer = SignedInAnswer(
            token=signed_in.token,
            user=UserAnswer(id=user.id, email=user.email, display_name=user.display_name),
            refresh_token=None if cookie else signed_in.refresh_token,
            expires_in=signed_in.expires_in_s,
        )
        if not cookie:
            return answer
        return WithCookie(answer, self._cookie(signed_in.refresh_token, call, lives_s=self._refresh_ttl_s))

    def _cookie(self, value: str, call: Call, *, lives_s: int) -> Cookie:
        return Cookie(REFRESH_COOKIE, value, path=COOKIE_PATH, lives_s=lives_s, secure=call.sender.secure)
