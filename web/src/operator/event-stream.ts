import { isRecord } from '../protocol/errors'
import { Store } from '../state/store'
import { type SentEvent, SseParser } from './sse'

/** As `/api/events/stream` tells it: `position` is its place in the log of all meetings. */
export interface LoggedEvent {
  readonly event_id: string
  readonly position: number
  readonly type: string
  readonly meeting_id: string
  readonly participant_id: string | null
  readonly timestamp: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface StreamFilter {
  /** Types such as `participant.*,meeting.ended`; empty for all. */
  readonly types: string
  readonly meetingId: string
}

export interface StreamState {
  readonly status: 'connecting' | 'live' | 'lost' | 'refused'
  readonly problem?: string
  /** The newest first, the last `MOST_SHOWN` of them. */
  readonly events: readonly LoggedEvent[]
  /** How many came since the stream was opened. */
  readonly seen: number
}

export const MOST_SHOWN = 500
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
/** The server says at least every 15 s that it is there. */
const SILENCE_MS = 45_000

type Fetch = typeof fetch

/**
 * The log as it grows. Reads with `fetch`, since `EventSource` cannot carry a token in a header, and goes on after the last event
 * it saw whenever the connection was lost. Owns its connection from `open` to `close`.
 */
export class EventStream extends Store<StreamState> {
  readonly #token: string
  readonly #fetch: Fetch
  #connection: AbortController | undefined
  #last = ''

  constructor(token: string, fetcher: Fetch = (input, init) => fetch(input, init)) {
    super({ status: 'connecting', events: [], seen: 0 })
    this.#token = token
    this.#fetch = fetcher
  }

  /** From now on, with another filter than before or none. */
  open(filter: StreamFilter): void {
    this.close()
    this.#last = ''
    this.#connection = new AbortController()
    this.set({ status: 'connecting', events: [], seen: 0 })
    void this.#follow(filter, this.#connection.signal)
  }

  close(): void {
    this.#connection?.abort()
    this.#connection = undefined
  }

  clear(): void {
    this.patch({ events: [] })
  }

  async #follow(filter: StreamFilter, ended: AbortSignal): Promise<void> {
    let waitMs = FIRST_WAIT_MS
    while (!ended.aborted) {
      const before = this.#last
      const refused = await this.#read(filter, ended).catch(() => undefined)
      if (ended.aborted) return
      if (refused !== undefined) {
        this.patch({ status: 'refused', problem: refused })
        return
      }
      this.patch({ status: 'lost' })
      waitMs = this.#last === before ? Math.min(waitMs * 2, LONGEST_WAIT_MS) : FIRST_WAIT_MS
      await pause(waitMs, ended)
    }
  }

  /** Returns when the stream ended, with words when the server refused it for good; rejects when it was lost. */
  async #read(filter: StreamFilter, ended: AbortSignal): Promise<string | undefined> {
    const silence = new AbortController()
    let timer = setTimeout(() => silence.abort(), SILENCE_MS)
    try {
      const response = await this.#fetch(pathOf(filter), {
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${this.#token}`,
          ...(this.#last === '' ? {} : { 'last-event-id': this.#last }),
        },
        signal: AbortSignal.any([ended, silence.signal]),
      })
      if (!response.ok) return response.status < 500 && response.status !== 409 ? await refusal(response) : undefined
      if (!response.body) return undefined
      this.patch({ status: 'live' })
      const parser = new SseParser()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(timer)
        timer = setTimeout(() => silence.abort(), SILENCE_MS)
        this.#take(parser.feed(piece.value))
      }
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  #take(sent: readonly SentEvent[]): void {
    const last = sent.at(-1)
    if (last === undefined) return
    this.#last = last.id
    const came = sent.flatMap(({ data }) => eventOf(data)).reverse()
    this.update((state) => ({
      ...state,
      events: [...came, ...state.events].slice(0, MOST_SHOWN),
      seen: state.seen + came.length,
    }))
  }
}

export function pathOf({ types, meetingId }: StreamFilter): string {
  const query = new URLSearchParams()
  const chosen = types.replaceAll(/\s/g, '')
  if (chosen !== '') query.set('types', chosen)
  if (meetingId.trim() !== '') query.set('meeting_id', meetingId.trim())
  return query.size === 0 ? '/api/events/stream' : `/api/events/stream?${query}`
}

function eventOf(data: string): LoggedEvent[] {
  try {
    const value: unknown = JSON.parse(data)
    return isRecord(value) && typeof value['event_id'] === 'string' ? [value as unknown as LoggedEvent] : []
  } catch {
    return []
  }
}

async function refusal(response: Response): Promise<string> {
  const reply: unknown = await response.json().catch(() => undefined)
  const error = isRecord(reply) ? reply['error'] : undefined
  return isRecord(error) && typeof error['message'] === 'string' ? error['message'] : `HTTP ${response.status}`
}

function pause(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    ended.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
