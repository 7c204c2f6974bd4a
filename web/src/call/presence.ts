import type { RequestName, Requests } from '../protocol/messages'
import { changedPerson, type Roster } from '../state/roster'
import { Lifetime } from './lifetime'

/** How often the server is told again that somebody is there; it forgets after five minutes. */
const REPEAT_MS = 60_000
/** Whoever steps away moves the pointer once more on the way. */
const GRACE_MS = 5_000
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'focus'] as const

export interface PresenceContext {
  readonly request: <N extends RequestName>(name: N, payload: Requests[N]['payload']) => Promise<Requests[N]['reply']>
  readonly change: (step: (roster: Roster) => Roster) => void
  /** Our own participant id, once joined. */
  readonly me: () => string | undefined
  /** Whether we are in the room, and connected. */
  readonly joined: () => boolean
  readonly now: () => number
}

/**
 * Whether we are at our device: as we say, or as the page sees by hands on it, our voice and our camera. Silence is
 * enough to be away: the server notices it by itself.
 */
export class Presence {
  readonly #context: PresenceContext
  readonly #lifetime = new Lifetime()
  #toldAt = Number.NEGATIVE_INFINITY
  #awaySince: number | undefined

  constructor(context: PresenceContext) {
    this.#context = context
  }

  /** From here on signs of life on the page count. */
  watch(page: EventTarget): void {
    for (const sign of SIGNS) this.#lifetime.listen(page, sign, () => this.sign())
  }

  /** Somebody is there. Told when that is news, or long ago. */
  sign(): void {
    const now = this.#context.now()
    const leaving = this.#awaySince !== undefined && now - this.#awaySince < GRACE_MS
    const known = this.#awaySince === undefined && now - this.#toldAt < REPEAT_MS
    if (!this.#context.joined() || leaving || known) return
    this.#tell('active', now)
  }

  /** Seen or heard, which says that somebody is there, and not that they are back from where they said they would be. */
  keep(): void {
    if (this.#awaySince === undefined) this.sign()
  }

  stepAway(): void {
    if (this.#context.joined()) this.#tell('away', this.#context.now())
  }

  close(): void {
    this.#lifetime.end()
  }

  #tell(presence: 'active' | 'away', now: number): void {
    this.#awaySince = presence === 'away' ? now : undefined
    this.#toldAt = now
    const me = this.#context.me()
    this.#context.request('presence:set', { presence }).then(
      () => {
        const absence = presence === 'away' ? presence : undefined
        if (me !== undefined) this.#context.change((roster) => changedPerson(roster, me, { absence }))
      },
      // What was lost or too fast is said again with the next sign.
      () => {
        this.#toldAt = Number.NEGATIVE_INFINITY
      },
    )
  }
}
