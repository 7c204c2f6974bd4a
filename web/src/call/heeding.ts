import type { Notification } from '../protocol/messages'
import { noticeFor, type Subject } from '../state/notices'
import { isHost, personOfId } from '../state/rules'
import type { Gestures } from './gestures'
import type { HostWishes } from './host-wishes'
import type { Hosting } from './hosting'
import type { Session } from './session'

interface Heeding {
  readonly wishes: HostWishes
  readonly hosting: Hosting
  readonly gestures: Gestures
  /** What the person does not want to be told of. */
  readonly silenced: readonly Subject[]
}

/** What others do to us, done on our side; what to say about it. */
export function heed(
  notification: Notification,
  session: Session,
  me: string,
  { wishes, hosting, gestures, silenced }: Heeding,
): string | undefined {
  const roster = session.roster.get()
  if (notification.type === 'producer:paused') {
    const paused = session.publisher.kindOf(notification.data.producer_id)
    return paused && wishes.paused(paused, roster)
  }
  const wasHost = isHost(personOfId(roster, me)?.role)
  if (notification.type === 'participant:updated' && notification.data.participant_id === me) {
    if (!wasHost && isHost(notification.data.role)) void hosting.listWaiting()
  }
  if (notification.type === 'hand:raised' && notification.data.participant_id === me) {
    gestures.noteHand(notification.data.raised)
  }
  return wishes.hear(notification, roster, me) ?? noticeFor(notification, roster, me, silenced)
}
