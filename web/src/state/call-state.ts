import type { MediaConnection } from '../call/path-keeper'
import type { CodedError } from '../protocol/errors'
import type { MeetingView } from '../protocol/messages'
import type { LobbyState } from './lobby'
import { emptyRoster, type Roster } from './roster'

export type Phase = 'green-room' | 'joining' | 'waiting' | 'joined' | 'reconnecting' | 'ended'

/** Why a call that was going on is over. */
export type Ending =
  | 'left'
  | 'closed'
  | 'interrupted'
  | 'removed'
  | 'elsewhere'
  | 'expired'
  | 'unreachable'
  | 'media'
  | 'full'
  | 'server-full'
  /** It ended or was deleted while we were away. */
  | 'gone'
  | 'refused'
  /** A host did not let us in, or nobody decided in time. */
  | 'denied'
  | 'unanswered'
  | 'blocked'

export interface CallState {
  readonly phase: Phase
  readonly meeting: MeetingView | undefined
  /** Our own participant id, once joined. */
  readonly me: string | undefined
  readonly role: string | undefined
  readonly roster: Roster
  /** While we wait to be let in. */
  readonly lobby: LobbyState | undefined
  readonly media: MediaConnection
  /** The server lost our media and is making room for it elsewhere; the call itself goes on. */
  readonly restoring: boolean
  /** About when the connection was lost, while it is: milliseconds since the epoch. */
  readonly lostAt: number | undefined
  /** Why the last attempt to join was refused; the green room shows it. */
  readonly refusal: CodedError | undefined
  readonly ending: Ending | undefined
  /** What the record calls it when sound and picture did not get through. */
  readonly reportId: string | undefined
}

export const beforeCall: CallState = {
  phase: 'green-room',
  meeting: undefined,
  me: undefined,
  role: undefined,
  roster: emptyRoster,
  lobby: undefined,
  media: 'new',
  restoring: false,
  lostAt: undefined,
  refusal: undefined,
  ending: undefined,
  reportId: undefined,
}

const endings: Readonly<Record<string, Ending>> = {
  UNAUTHORIZED: 'expired',
  ACCESS_DENIED: 'refused',
  NOT_FOUND: 'gone',
  CONFLICT: 'elsewhere',
  CAPACITY_EXCEEDED: 'full',
}

/** How a call ends that could not be come back to. */
export function endingOf(error: CodedError): Ending {
  if (isServerFull(error)) return 'server-full'
  return endings[error.code] ?? 'unreachable'
}

/** A full server and a full meeting are refused with one code; the message tells them apart. */
export function isServerFull(error: CodedError): boolean {
  return error.code === 'CAPACITY_EXCEEDED' && /server/i.test(error.message)
}

const closings: Readonly<Record<string, Ending>> = {
  media_unavailable: 'interrupted',
  server_stopping: 'interrupted',
}

/** How a call ends when its room is closed, and why. */
export function closingOf(reason: string): Ending {
  return closings[reason] ?? 'closed'
}

const departures: Readonly<Record<string, Ending>> = {
  room_closed: 'closed',
  removed: 'removed',
  blocked: 'blocked',
  replaced: 'elsewhere',
}

/** How a call ends when the server says that we ourselves left, and why. */
export function departureOf(reason: string): Ending {
  return departures[reason] ?? 'left'
}
