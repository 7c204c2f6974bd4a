import { Lifetime } from '../call/lifetime'
import type { EventVerdicts } from '../protocol/api'
import { CodedError } from '../protocol/errors'
import { type ClientEvent, type ClientFact, clientEvent, type Stay } from './client-event'
import { MAX_AGE_MS, type Unsent } from './unsent'

/** A batch goes out when so many wait, or the first has waited so long. */
export const BATCH_EVENTS = 5
export const BATCH_DELAY_MS = 2_000
/** After an outage what has piled up goes in larger ones: the server takes a hundred at once. */
const MAX_BATCH = 100
const RETRY_BASE_MS = 1_000
const RETRY_CAP_MS = 60_000
const LOCK = 'folkmoot.events'

export interface EventSenderOptions {
  /** Opened when first needed. */
  unsent: () => Promise<Unsent>
  post: (token: string, events: readonly ClientEvent[]) => Promise<EventVerdicts>
  /** What there is without asking for a new one: whoever has none for a meeting any more cannot report of it. */
  token: (meetingId: string) => Promise<string | undefined>
  random?: () => number
}

/**
 * Takes what the client saw to the server, in batches. An event is kept until the server has answered for it, over reloads and
 * outages; sent again under its own id it changes nothing. What the server will never take is let go.
 */
export class EventSender {
  readonly #options: EventSenderOptions
  readonly #lifetime = new Lifetime()
  readonly #random: () => number
  #opening: Promise<Unsent> | undefined
  #waiting = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #sending = false
  #failures = 0

  constructor(options: EventSenderOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#lifetime.own(() => clearTimeout(this.#timer))
  }

  /** Begins with what an earlier page left. The network's return is the best moment to try again. */
  start(target: EventTarget = globalThis): void {
    this.#lifetime.listen(target, 'online', () => this.#schedule(0))
    this.#schedule(0)
  }

  /** Kept at once, sent with others. Never rejects: a meeting must not suffer from what is told of it. */
  async tell(stay: Stay, fact: ClientFact): Promise<void> {
    const event = clientEvent(stay, fact)
    try {
      await (await this.#unsent()).add(event)
    } catch {
      return
    }
    this.#waiting += 1
    if (this.#failures === 0) this.#schedule(this.#waiting >= BATCH_EVENTS ? 0 : BATCH_DELAY_MS)
  }

  close(): void {
    this.#lifetime.end()
  }

  #unsent(): Promise<Unsent> {
    this.#opening ??= this.#options.unsent()
    return this.#opening
  }

  #schedule(ms: number): void {
    if (this.#lifetime.ended) return
    if (ms > 0 && this.#timer !== undefined) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#send()
    }, ms)
  }

  /** One at a time here, and among the tabs of one browser. */
  async #send(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    try {
      await inTurn(() => this.#sendAll())
      this.#failures = 0
    } catch {
      this.#failures += 1
    }
    this.#sending = false
    if (this.#failures > 0) {
      const ceiling = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** (this.#failures - 1))
      this.#schedule(Math.max(1, ceiling * this.#random()))
    } else if (this.#waiting > 0) this.#schedule(this.#waiting >= BATCH_EVENTS ? 0 : BATCH_DELAY_MS)
  }

  async #sendAll(): Promise<void> {
    const unsent = await this.#unsent()
    const events = await unsent.all()
    this.#waiting = 0
    const stale = new Date(Date.now() - MAX_AGE_MS).toISOString()
    await unsent.remove(events.filter((event) => event.timestamp < stale).map((event) => event.event_id))
    const fresh = events.filter((event) => event.timestamp >= stale)
    for (const meetingId of new Set(fresh.map((event) => event.meeting_id))) {
      const token = await this.#options.token(meetingId)
      const ofMeeting = fresh.filter((event) => event.meeting_id === meetingId)
      // Another tab may still have the token that this one lacks.
      if (token !== undefined) await this.#sendOf(unsent, token, ofMeeting)
    }
  }

  async #sendOf(unsent: Unsent, token: string, events: readonly ClientEvent[]): Promise<void> {
    for (let begin = 0; begin < events.length; begin += MAX_BATCH) {
      const batch = events.slice(begin, begin + MAX_BATCH)
      try {
        await this.#options.post(token, batch)
      } catch (error) {
        if (!isFinal(error)) throw error
      }
      await unsent.remove(batch.map((event) => event.event_id))
    }
  }
}

/** The server has understood and will not have it, now or ever. Anything else may be different the next time. */
function isFinal(error: unknown): boolean {
  return error instanceof CodedError && (error.code === 'VALIDATION' || error.code === 'ACCESS_DENIED')
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return 'locks' in navigator ? await navigator.locks.request(LOCK, work) : work()
}
