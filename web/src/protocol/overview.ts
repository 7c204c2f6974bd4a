import { call } from './api'

/** One look of the server at itself, every two seconds; `*_rate` are a second. */
export interface Point {
  readonly at: string
  readonly rooms: number
  readonly people: number
  readonly producers: number
  readonly consumers: number
  readonly bits_in_rate: number
  readonly bits_out_rate: number
  readonly packets_in_rate: number
  readonly packets_out_rate: number
  readonly event_rate: number
  readonly load: number
  readonly lag_s: number
  readonly backlog_bytes: number
}

export type Figure = Exclude<keyof Point, 'at'>

export interface RoomLine {
  readonly meeting_id: string
  readonly title: string
  readonly people: number
  readonly producers: number
  readonly consumers: number
}

export interface Worker {
  readonly index: number
  readonly state: string
  readonly restarts: number
  readonly rooms: number
  readonly load: {
    readonly cpu: number
    readonly packet_rate: number
    readonly producers: number
    readonly consumers: number
    readonly drops: Readonly<Record<string, number>>
  } | null
}

export interface OpenAlert {
  readonly id: string
  readonly name: string
  readonly meeting_id: string
  readonly fired_at: string
}

export interface Attention {
  readonly failed_events: number
  readonly endpoints: number
  readonly endpoints_disabled: number
  readonly endpoints_failing: number
  readonly webhook_backlog: number
  readonly alerts: readonly OpenAlert[]
  readonly alerts_left_out: number
}

export interface Overview {
  readonly points: readonly Point[]
  readonly rooms: readonly RoomLine[]
  readonly rooms_left_out: number
  readonly workers: readonly Worker[]
  readonly attention: Attention | null
  readonly problems: readonly string[]
}

/** With the points beyond `after`, or all of the last five minutes. */
export function askOverview(token: string, after: string | undefined): Promise<Overview> {
  const query = after === undefined ? '' : `?${new URLSearchParams({ after })}`
  return call('GET', `/api/overview${query}`, { token })
}
