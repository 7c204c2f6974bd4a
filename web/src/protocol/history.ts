import { call } from './api'
import { CodedError, isRecord } from './errors'

export const STATES = ['audio', 'video', 'screen', 'hand', 'speaking', 'away'] as const
export type State = (typeof STATES)[number]

export interface PastMeeting {
  readonly id: string
  readonly title: string
  readonly status: string
  readonly started_at: string
  readonly ended_at: string | null
  readonly people: number
  readonly present: number
  readonly hosted: boolean
}

export interface PastPage {
  readonly items: readonly PastMeeting[]
  readonly next_before: string | null
}

export interface Span {
  readonly started_at: string
  readonly ended_at: string | null
}

export interface Lane {
  readonly user_id: string
  readonly display_name: string
  readonly role: string | null
  readonly stays: readonly (Span & { participant_id: string; left_reason: string | null })[]
  readonly spans: Partial<Record<State, readonly Span[]>>
}

export interface Marker {
  readonly sequence: number
  readonly type: string
  readonly timestamp: string
  readonly participant_id: string | null
  readonly payload: Record<string, unknown>
}

export interface Timeline {
  readonly meeting_id: string
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly lanes: readonly Lane[]
  readonly lanes_left_out: number
  readonly markers: readonly Marker[]
  readonly markers_left_out: number
}

export interface PersonState extends Readonly<Record<State, boolean>> {
  readonly participant_id: string
  readonly user_id: string
  readonly display_name: string
}

export interface RoomState {
  readonly at: string
  readonly participants: readonly PersonState[]
}

export interface LoggedEvent extends Marker {
  readonly event_id: string
}

export interface EventPage {
  readonly items: readonly LoggedEvent[]
  readonly next_after: number | null
}

export interface ParticipantRecord {
  readonly user_id: string
  readonly display_name: string
  readonly role: string | null
  readonly joined_at: string | null
  readonly left_at: string | null
  readonly total_duration_s: number
  readonly stays: readonly unknown[]
}

export interface WrittenMessage {
  readonly message_id: string
  readonly number: number
  readonly type: string
  readonly display_name: string
  readonly text: string
  readonly file: { readonly name: string } | null
  readonly to_user_id: string | null
  readonly to_name: string | null
  readonly sent_at: string
  readonly deleted: boolean
}

export interface WrittenPage {
  readonly items: readonly WrittenMessage[]
  readonly next_before: number | null
}

export interface PollRecord {
  readonly poll: {
    readonly poll_id: string
    readonly question: string
    readonly options: readonly string[]
    readonly steps: number | null
    readonly anonymous: boolean
    readonly display_name: string
  }
  readonly votes: number
  readonly counts: readonly number[] | null
  readonly average: number | null
  readonly words: readonly string[]
}

/** All that is given has to fit; `from` and `to` in RFC 3339. */
export interface EventFilter {
  readonly type?: string
  readonly user_id?: string
  readonly from?: string
  readonly to?: string
}

export type ExportFormat = 'ndjson' | 'csv'

const record = (id: string) => `/api/meetings/${encodeURIComponent(id)}`

function query(fields: object): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
}

/** What is asked about meetings that were. Each throws CodedError. */
export const historyApi = {
  held: (token: string, before?: string): Promise<PastPage> =>
    call('GET', `/api/history?${query({ before, limit: 25 })}`, { token }),

  timeline: (token: string, id: string): Promise<Timeline> => call('GET', `${record(id)}/timeline`, { token }),

  state: (token: string, id: string, at: string): Promise<RoomState> =>
    call('GET', `${record(id)}/state?${query({ at })}`, { token }),

  people: async (token: string, id: string): Promise<readonly ParticipantRecord[]> =>
    (await call<{ items: ParticipantRecord[] }>('GET', `${record(id)}/participants`, { token })).items,

  counts: async (token: string, id: string): Promise<Readonly<Record<string, number>>> =>
    (await call<{ counts: Record<string, number> }>('GET', `${record(id)}/events/counts`, { token })).counts,

  chat: (token: string, id: string, before?: number): Promise<WrittenPage> =>
    call('GET', `${record(id)}/chat?${query({ before, limit: 100 })}`, { token }),

  polls: async (token: string, id: string): Promise<readonly PollRecord[]> =>
    (await call<{ items: PollRecord[] }>('GET', `${record(id)}/polls`, { token })).items,

  events: (token: string, id: string, filter: EventFilter, after: number, limit: number): Promise<EventPage> =>
    call('GET', `${record(id)}/events?${query({ ...filter, after, limit })}`, { token }),

  /** The events that fit as a file. The token goes in a header, so a plain link would not do. */
  export: async (token: string, id: string, filter: EventFilter, format: ExportFormat): Promise<Blob> => {
    const path = `${record(id)}/events/export?${query({ ...filter, format })}`
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(path, { headers }).catch(() => undefined)
    if (response?.ok) return response.blob()
    const refusal: unknown = await response?.json().catch(() => undefined)
    if (isRecord(refusal)) throw CodedError.from(refusal['error'], 'export')
    throw new CodedError('UNREACHABLE', 'The server cannot be reached.', 'export')
  },
}
