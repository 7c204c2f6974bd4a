"""Rows as plain, frozen models: what the other packages may read and store."""

from .alerts import Alerts
from .blocks import Blocks
from .chats import ChatMessage, Chats
from .leases import Leases
from .meetings import Meeting, Meetings, NewMeeting
from .polls import Poll, PollResponse, Polls
from .revocations import Revocation, RevokedTokens
from .runs import Runs
from .sign_ins import MAX_SIGN_INS, Rotated, Rotation, SignIns
from .users import User, Users
from .webhook_progress import WebhookProgress
from .webhooks import Webhooks

__all__ = [
    "MAX_SIGN_INS",
    "Alerts",
    "Blocks",
    "ChatMessage",
    "Chats",
    "Leases",
    "Meeting",
    "Meetings",
    "NewMeeting",
    "Poll",
    "PollResponse",
    "Polls",
    "Revocation",
    "RevokedTokens",
    "Rotated",
    "Rotation",
    "Runs",
    "SignIns",
    "User",
    "Users",
    "WebhookProgress",
    "Webhooks",
]
