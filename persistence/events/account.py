"""Facts about accounts, and about what operators did to tokens. They belong to the server's own log.

Who is signed in is nobody's business but theirs: it is kept while it lasts, and is no fact of the record. That an
account is gone is told by `person.erased`.
"""

from __future__ import annotations

from .payload import Identifier, Payload


class AccountCreated(Payload):
    type = "account.created"
    personal = False

    user_id: Identifier


class AccountPasswordChanged(Payload):
    type = "account.password_changed"
    personal = False

    user_id: Identifier


class TokenRevoked(Payload):
    """An operator ended a token before its time. `token_id`: its `jti`, or the `sid` of the sign-in it came from."""

    type = "token.revoked"
    personal = False

    token_id: Identifier
    by: Identifier
