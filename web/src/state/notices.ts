import type { MeetingReminder, Notification, NotificationName } from '../protocol/messages'
import type { Roster } from './roster'

export interface Notice {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'warning'
}

/** What people may choose not to be told of. */
export const SUBJECTS = ['people', 'hands', 'screens', 'schedule'] as const
export type Subject = (typeof SUBJECTS)[number]

const subjectOf: Readonly<Partial<Record<NotificationName, Subject>>> = {
  'participant:joined': 'people',
  'participant:left': 'people',
  'hand:raised': 'hands',
  'producer:added': 'screens',
  'meeting:reminder': 'schedule',
}

const MOST_NOTICES = 4

export function withNotice(notices: readonly Notice[], notice: Notice): readonly Notice[] {
  return [...notices, notice].slice(-MOST_NOTICES)
}

/** A schedule, as one says it to somebody who looks up. */
export function reminderWords({ about, in_s: left }: MeetingReminder): string {
  const minutes = Math.round(left / 60)
  const when = minutes > 1 ? `in ${minutes} minutes` : 'in a minute'
  return about === 'start' ? `The meeting begins ${when}` : `The meeting is to end ${when}`
}

/** What to say about something another person did, given who was there before it; undefined for what speaks for itself. */
export function noticeFor(
  notification: Notification,
  before: Roster,
  me: string,
  silenced: readonly Subject[] = [],
): string | undefined {
  const subject = subjectOf[notification.type]
  if (subject && silenced.includes(subject)) return undefined
  const nameOf = (id: string) => before.people.find((person) => person.id === id)?.name
  switch (notification.type) {
    case 'participant:joined':
      return notification.data.participant_id === me ? undefined : `${notification.data.display_name} joined`
    case 'participant:left': {
      const name = nameOf(notification.data.participant_id)
      return name && `${name} left`
    }
    case 'hand:raised': {
      const name = nameOf(notification.data.participant_id)
      return name && notification.data.raised ? `${name} raised a hand` : undefined
    }
    case 'meeting:reminder':
      return reminderWords(notification.data)
    case 'room:locked':
      return notification.data.locked ? 'The meeting is locked now' : 'The meeting is open again'
    case 'producer:added': {
      const name = nameOf(notification.data.participant_id)
      return name && notification.data.source === 'screen' ? `${name} is sharing a screen` : undefined
    }
    default:
      return undefined
  }
}
