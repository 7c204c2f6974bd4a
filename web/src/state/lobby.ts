import type { LobbyWaiting, Notification } from '../protocol/messages'
import type { Ending } from './call-state'
import { reminderWords } from './notices'

const MOST_MESSAGES = 20

/** What one who waits to be let in knows. */
export interface LobbyState {
  readonly title: string
  readonly position: number
  readonly hostPresent: boolean
  /** What hosts told those who wait, the newest last. */
  readonly messages: readonly string[]
  /** That the meeting begins soon, once one was told so. */
  readonly reminder?: string
}

export function lobbyOf(waiting: LobbyWaiting): LobbyState {
  return { title: waiting.title, position: waiting.position, hostPresent: waiting.host_present, messages: [] }
}

/** What comes of a notification while waiting: still waiting, let in, or sent away. */
export type LobbyStep = LobbyState | 'admitted' | { readonly ending: Ending }

const endings: Readonly<Record<string, Ending>> = {
  denied: 'denied',
  timed_out: 'unanswered',
  replaced: 'elsewhere',
  meeting_closed: 'closed',
}

export function lobbyStep(lobby: LobbyState, notification: Notification): LobbyStep {
  switch (notification.type) {
    case 'lobby:updated':
      return { ...lobby, position: notification.data.position, hostPresent: notification.data.host_present }
    case 'lobby:message':
      return { ...lobby, messages: [...lobby.messages, notification.data.text].slice(-MOST_MESSAGES) }
    case 'meeting:reminder':
      return { ...lobby, reminder: reminderWords(notification.data) }
    case 'lobby:admitted':
      return 'admitted'
    case 'lobby:denied':
      return { ending: endings[notification.data.reason] ?? 'denied' }
    default:
      return lobby
  }
}
