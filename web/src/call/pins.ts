import { type ReadableStore, Store } from '../state/store'

const MOST_PINS = 6

/** Whom this person wants to see large; nobody else learns of it. */
export class Pins {
  readonly #pinned = new Store<readonly string[]>([])

  get pinned(): ReadableStore<readonly string[]> {
    return this.#pinned
  }

  /** The newest pin pushes out the oldest when there are too many. */
  toggle(id: string): void {
    this.#pinned.update((ids) =>
      ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id].slice(-MOST_PINS),
    )
  }

  clear(): void {
    this.#pinned.set([])
  }
}
