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

/** From and up to, in milliseconds since the epoch; null while it lasts. */
export type Span = readonly [number, number | null]

export interface Lane {
  readonly user_id: string
  readonly display_name: string
  readonly role: string | null
  readonly stays: readonly { readonly participant_id: string; readonly span: Span }[]
  readonly spans: Partial<Record<State, readonly Span[]>>
}

/** As the server tells it: in seconds after the timeline's start. */
type ToldSpan = readonly [number, number | null]

interface ToldLane extends Omit<Lane, 'stays' | 'spans'> {
  readonly stays: readonly { participant_id: string; started_at: string; ended_at: string | null }[]
  readonly spans: Partial<Record<State, readonly ToldSpan[]>>
}

interface ToldTimeline extends Omit<Timeline, 'lanes' | 'recordings' | 'transcriptions'> {
  readonly lanes: readonly ToldLane[]
  readonly recordings: readonly ToldSpan[]
  readonly transcriptions: readonly ToldSpan[]
}

function spansOf(told: readonly ToldSpan[], startedAt: string | null): readonly Span[] {
  const start = Date.parse(startedAt ?? '')
  return told.map(([from, to]) => [start + from * 1000, to === null ? null : start + to * 1000])
}

/** Every moment as a number, once and for all: lanes are drawn again whenever the playhead moves. */
export function laneOf(told: ToldLane, startedAt: string | null): Lane {
  const spans = Object.entries(told.spans).map(([state, pairs]) => [state, spansOf(pairs, startedAt)])
  const stays = told.stays.map(({ participant_id, started_at: from, ended_at: to }) => ({
    participant_id,
    span: [Date.parse(from), to === null ? null : Date.parse(to)] as const,
  }))
  return { ...told, stays, spans: Object.fromEntries(spans) }
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
  /** While what was shown, and what was said, was kept. */
  readonly recordings: readonly Span[]
  readonly transcriptions: readonly Span[]
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

/** Durations in seconds, engagement and score from 0 to 100. */
export interface Analytics {
  readonly is_final: boolean
  readonly meeting: {
    readonly held_s: number
    readonly average_attendance_s: number
    readonly peak_concurrency: number
    readonly chat_messages: number
    readonly screen_shares: number
    readonly polls: number
    readonly technical_issues: number
    readonly recording_s: number
    readonly engagement: number
  }
  readonly participants: readonly PersonFigures[]
}

export interface PersonFigures {
  readonly user_id: string
  readonly attendance_s: number
  readonly microphone_s: number
  readonly camera_s: number
  readonly share_s: number
  readonly speaking_s: number
  readonly chat_messages: number
  readonly poll_votes: number
  readonly reactions: number
  readonly hands_raised: number
  readonly score: number
}

/** All that is given has to fit; `from` and `to` in RFC 3339. */
export interface EventFilter {
  readonly type?: string
  readonly user_id?: string
  readonly from?: string
  readonly to?: string
}

/** Which meetings of the list; what is left empty narrows nothing. */
export interface PastFilter {
  readonly text?: string
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
  held: (token: string, filter: PastFilter, before?: string): Promise<PastPage> =>
    call('GET', `/api/history?${query({ ...filter, before, limit: 25 })}`, { token }),

  timeline: async (token: string, id: string): Promise<Timeline> => {
    const told = await call<ToldTimeline>('GET', `${record(id)}/timeline`, { token })
    return {
      ...told,
      lanes: told.lanes.map((lane) => laneOf(lane, told.started_at)),
      recordings: spansOf(told.recordings, told.started_at),
      transcriptions: spansOf(told.transcriptions, told.started_at),
    }
  },

  state: (token: string, id: string, at: string): Promise<RoomState> =>
    call('GET', `${record(id)}/state?${query({ at })}`, { token }),

  people: async (token: string, id: string): Promise<readonly ParticipantRecord[]> =>
    (await call<{ items: ParticipantRecord[] }>('GET', `${record(id)}/participants`, { token })).items,

  analytics: (token: string, id: string): Promise<Analytics> => call('GET', `${record(id)}/analytics`, { token }),

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
