"""Whatever order people sign in, renew, sign out, lose copies and change passwords in: what is over stays over."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from config.settings import AuthSettings
from persistence.repositories import MAX_SIGN_INS
from persistence.store import Store
from server.accounts.accounts import Accounts, SignedIn
from server.api.errors import ApiError
from server.identity import TokenAuthority
from server.tokens.authenticator import Authenticator
from server.tokens.claims import InvalidTokenError
from server.tokens.revocations import Revocations
from signaling.passwords import Passwords

NOW = 1_800_000_000.0
EMAIL = "ada@example.org"


@dataclass
class Family:
    """What ought to be so of one sign-in."""

    good: str
    used: list[str] = field(default_factory=list)
    access: list[str] = field(default_factory=list)
    over: bool = False


class SignInLaws(RuleBasedStateMachine):
    families = Bundle("families")

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._password = "the first password"
        self._changes = 0
        self.all: list[Family] = []

    def run_(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)

    @initialize()
    def open(self) -> None:
        path = Path(self._folder.name)
        self.store = self.run_(Store.open(f"sqlite+aiosqlite:///{path / 'folkmoot.db'}", path))
        authority = TokenAuthority("a secret of more than thirty-two bytes", now=lambda: NOW)
        revocations = Revocations(self.store.revoked_tokens, now=lambda: NOW)
        self.accounts = Accounts(
            users=self.store.users,
            sign_ins=self.store.sign_ins,
            revocations=revocations,
            authority=authority,
            passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
            settings=AuthSettings(),
        )
        self.authenticator = Authenticator(authority, revoked=revocations)
        self.run_(self.accounts.sign_up(EMAIL, self._password, "Ada"))

    def code_of(self, coroutine: Any) -> str | None:
        """Of the refusal, or None when there was none."""
        try:
            self.run_(coroutine)
        except ApiError as error:
            return error.code
        return None

    @precondition(lambda self: len(self.all) < MAX_SIGN_INS - 1)
    @rule(target=families)
    def sign_in(self) -> Family:
        signed_in: SignedIn = self.run_(self.accounts.sign_in(EMAIL, self._password))
        family = Family(signed_in.refresh_token, access=[signed_in.token])
        self.all.append(family)
        return family

    @rule(family=families)
    def renew(self, family: Family) -> None:
        if family.over:
            assert self.code_of(self.accounts.refresh(family.good)) == "UNAUTHORIZED"
            return
        signed_in: SignedIn = self.run_(self.accounts.refresh(family.good))
        family.used.append(family.good)
        family.good = signed_in.refresh_token
        family.access.append(signed_in.token)

    @rule(family=families, which=st.integers(0, 5))
    def use_a_copy(self, family: Family, which: int) -> None:
        if family.used:
            copy = family.used[which % len(family.used)]
            assert self.code_of(self.accounts.refresh(copy)) == "UNAUTHORIZED"
            family.over = True

    @rule(family=families)
    def sign_out(self, family: Family) -> None:
        self.run_(self.accounts.sign_out(family.good, None))
        family.over = True

    @rule(family=families)
    def change_password(self, family: Family) -> None:
        if family.over:
            return
        caller = self.run_(self.authenticator.identify(family.access[-1]))
        self._changes += 1
        new = f"password number {self._changes}"
        self.run_(self.accounts.change_password(caller, self._password, new))
        self._password = new
        for other in self.all:
            other.over = other.over or other is not family

    @rule()
    def sign_in_with_another_password(self) -> None:
        assert self.code_of(self.accounts.sign_in(EMAIL, "the password before the first")) == "UNAUTHORIZED"

    @invariant()
    def a_token_is_good_as_long_as_its_sign_in(self) -> None:
        for family in self.all:
            for token in family.access:
                assert self.taken(token) is not family.over

    def taken(self, token: str) -> bool:
        try:
            self.run_(self.authenticator.identify(token))
        except InvalidTokenError:
            return False
        return True

    def teardown(self) -> None:
        self.run_(self.store.close())
        self._runner.close()
        self._folder.cleanup()


TestSignInLaws = SignInLaws.TestCase
TestSignInLaws.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
