import { CodedError } from '../protocol/errors'
import type { askOverview, Overview, Point } from '../protocol/overview'
import { Store } from '../state/store'

export interface OverviewState {
  readonly status: 'connecting' | 'live' | 'lost' | 'refused'
  readonly problem?: string
  /** The last answer, with the points of all of them. */
  readonly overview: Overview | undefined
}

/** Points are kept for as long as the server keeps them. */
export const KEPT = 150
const EVERY_MS = 2_000
const LONGEST_WAIT_MS = 30_000

/** The server's figures as they change. Owns its asking from `open` to `close`. */
export class OverviewWatch extends Store<OverviewState> {
  readonly #ask: (after: string | undefined) => ReturnType<typeof askOverview>
  #timer: ReturnType<typeof setTimeout> | undefined
  #round = 0

  constructor(ask: (after: string | undefined) => ReturnType<typeof askOverview>) {
    super({ status: 'connecting', overview: undefined })
    this.#ask = ask
  }

  open(): void {
    this.close()
    void this.#look(this.#round, EVERY_MS)
  }

  close(): void {
    this.#round += 1
    clearTimeout(this.#timer)
  }

  async #look(round: number, waitMs: number): Promise<void> {
    let next = EVERY_MS
    try {
      const came = await this.#ask(this.get().overview?.points.at(-1)?.at)
      if (round !== this.#round) return
      this.set({
        status: 'live',
        overview: { ...came, points: joined(this.get().overview?.points ?? [], came.points) },
      })
    } catch (error) {
      if (round !== this.#round) return
      if (error instanceof CodedError && (error.code === 'UNAUTHORIZED' || error.code === 'ACCESS_DENIED')) {
        this.patch({ status: 'refused', problem: error.message })
        return
      }
      this.patch({ status: 'lost' })
      next = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    }
    this.#timer = setTimeout(() => void this.#look(round, next), next)
  }
}

/** A server that began anew tells of times that were told already: what is later than the last counts. */
function joined(known: readonly Point[], came: readonly Point[]): readonly Point[] {
  const last = known.at(-1)?.at
  return [...known, ...came.filter(({ at }) => last === undefined || at > last)].slice(-KEPT)
}
