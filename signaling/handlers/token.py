"""Another token for a connection that stands."""

from __future__ import annotations

from signaling.credentials import Credentials
from signaling.dispatch import handles
from signaling.errors import ErrorCode, SignalingError
from signaling.identity import Authenticate, Identity
from signaling.messages import token
from signaling.messages.catalogue import PARTICIPANT_UPDATED
from signaling.participant import Participant
from signaling.session import Session
from signaling.standings import stand


class TokenHandlers:
    def __init__(self, authenticate: Authenticate, credentials: Credentials) -> None:
        self._authenticate = authenticate
        self._credentials = credentials

    @handles(token.TokenRefresh, joined=False)
    async def refresh(self, session: Session, request: token.TokenRefresh) -> token.TokenRefreshed:
        """Whoever somebody is, and where they are, stays: what another token allows holds for what they ask next."""
        try:
            identity = await self._authenticate(request.token)
        except Exception:  # noqa: BLE001 - one answer for whatever is wrong with a token, as at the handshake
            raise SignalingError(ErrorCode.UNAUTHORIZED, "The token is missing or not valid.") from None
        room_id = session.participant.room.id if session.participant else None
        elsewhere = identity.meeting is not None and room_id is not None and identity.meeting != room_id
        if identity.user_id != session.identity.user_id or elsewhere:
            raise SignalingError(ErrorCode.ACCESS_DENIED, "The token is somebody else's or for another meeting.")
        session.identity = identity
        if session.participant is not None:
            _regrant(session.participant, identity)
        return token.TokenRefreshed(expires_in=self._credentials.left_s(session))


def _regrant(participant: Participant, identity: Identity) -> None:
    before = participant.view()
    stand(participant, identity)
    if participant.view() != before:
        participant.room.tell(PARTICIPANT_UPDATED, participant.view())
