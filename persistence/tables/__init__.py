"""The rows: one file a table, named by its noun. Importing this package fills `Base.metadata`."""

from .alert import AlertRow, AlertRuleRow
from .archive import ArchiveRow
from .archived_event import ArchivedEventRow
from .base import Base
from .capture import CaptureRow
from .chat_message import ChatMessageRow
from .erasure import ErasureRow
from .failed_event import FailedEventRow
from .feed_cursor import FeedCursorRow
from .journal_position import JournalPositionRow
from .lease import LeaseRow
from .log_head import LogHeadRow
from .meeting import MeetingRow, MeetingStatus, MeetingType
from .meeting_analytics import MeetingAnalyticsRow
from .meeting_block import MeetingBlockRow
from .meeting_counter import MeetingCounterRow
from .meeting_lifecycle import MeetingLifecycleRow
from .meeting_log import MeetingLogRow
from .participant import ParticipantRow, ParticipationStatus
from .participant_act import ParticipantActRow
from .participant_engagement import ParticipantEngagementRow
from .participant_session import ParticipantSessionRow
from .participant_state import ParticipantStateRow
from .poll import PollResponseRow, PollRow
from .refresh_token import RefreshTokenRow
from .revoked_token import RevokedTokenRow
from .track import TrackRow
from .user import UserRow
from .webhook_delivery import WebhookDeliveryRow
from .webhook_endpoint import WebhookEndpointRow

__all__ = [
    "AlertRow",
    "AlertRuleRow",
    "ArchiveRow",
    "ArchivedEventRow",
    "Base",
    "CaptureRow",
    "ChatMessageRow",
    "ErasureRow",
    "FailedEventRow",
    "FeedCursorRow",
    "JournalPositionRow",
    "LeaseRow",
    "LogHeadRow",
    "MeetingAnalyticsRow",
    "MeetingBlockRow",
    "MeetingCounterRow",
    "MeetingLifecycleRow",
    "MeetingLogRow",
    "MeetingRow",
    "MeetingStatus",
    "MeetingType",
    "ParticipantActRow",
    "ParticipantEngagementRow",
    "ParticipantRow",
    "ParticipantSessionRow",
    "ParticipantStateRow",
    "ParticipationStatus",
    "PollResponseRow",
    "PollRow",
    "RefreshTokenRow",
    "RevokedTokenRow",
    "TrackRow",
    "UserRow",
    "WebhookDeliveryRow",
    "WebhookEndpointRow",
]
