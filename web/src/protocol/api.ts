import type { ClientEvent } from '../events/client-event'
import { CodedError, isRecord } from './errors'
import type { Features, MeetingView } from './messages'

export interface ServerConfig {
  guests: boolean
  guests_create: boolean
  signup: boolean
}

export interface User {
  id: string
  email: string
  display_name: string
}

/** `expires_in`: seconds. What renews the token is in a cookie. */
export interface SignedIn {
  token: string
  user: User
  expires_in: number
}

/** A meeting as whoever holds the token sees it before joining. */
export interface LookedMeeting extends MeetingView {
  readonly hosted_by_you: boolean
}

export interface NewMeeting {
  title: string
  password?: string
  lobby?: boolean
  features?: Partial<Features>
}

/** What became of reported events. */
export interface EventVerdicts {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: readonly { event_id: string | null; code: string; message: string }[]
}

const REQUEST_TIMEOUT_MS = 10_000

/** The few HTTP routes the client needs. Each throws CodedError. */
export const api = {
  config: (): Promise<ServerConfig> => call('GET', '/api/config'),

  guestToken: async (displayName: string, meetingId?: string): Promise<string> => {
    const body = { display_name: displayName, ...(meetingId === undefined ? {} : { meeting_id: meetingId }) }
    return (await call<{ token: string }>('POST', '/api/auth/guest', { body })).token
  },

  /** The same guest with another token. */
  renewGuest: async (token: string, displayName: string): Promise<string> =>
    (await call<{ token: string }>('POST', '/api/auth/guest', { token, body: { display_name: displayName } })).token,

  signUp: (email: string, password: string, displayName: string): Promise<SignedIn> =>
    call('POST', '/api/auth/signup', { body: { email, password, display_name: displayName, cookie: true } }),

  signIn: (email: string, password: string): Promise<SignedIn> =>
    call('POST', '/api/auth/login', { body: { email, password, cookie: true } }),

  refresh: (): Promise<SignedIn> => call('POST', '/api/auth/refresh', { body: {} }),

  signOut: (): Promise<unknown> => call('POST', '/api/auth/logout', { body: {} }),

  changePassword: (token: string, current: string, next: string): Promise<unknown> =>
    call('POST', '/api/auth/password', { token, body: { current_password: current, new_password: next } }),

  createMeeting: (token: string, meeting: NewMeeting): Promise<MeetingView> =>
    call('POST', '/api/meetings', { token, body: meeting }),

  /** Answered once they are durable. */
  reportEvents: (token: string, events: readonly ClientEvent[]): Promise<EventVerdicts> =>
    call('POST', '/api/meetings/events', { token, body: { events } }),

  meeting: (id: string, token?: string): Promise<LookedMeeting> =>
    call('GET', `/api/meetings/${encodeURIComponent(id)}`, token === undefined ? {} : { token }),
}

export interface CallOptions {
  token?: string
  body?: unknown
}

export async function call<Reply>(method: string, path: string, { token, body }: CallOptions = {}): Promise<Reply> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  const route = `${method} ${path}`
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new CodedError('UNREACHABLE', 'The server cannot be reached.', route)
  }
  const reply: unknown = await response.json().catch(() => undefined)
  if (response.ok && reply !== undefined) return reply as Reply
  if (isRecord(reply) && isRecord(reply['error'])) throw CodedError.from(reply['error'], route)
  // A proxy in front answers in its own words when the server behind it is away.
  throw new CodedError(response.status >= 502 ? 'UNREACHABLE' : 'INTERNAL', `HTTP ${response.status}`, route)
}
