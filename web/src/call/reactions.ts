import { type ReadableStore, Store } from '../state/store'
import { Lifetime } from './lifetime'

export const REACTIONS = ['👍', '👏', '❤️', '😂', '😮', '🎉'] as const

/** With Alt. */
export const REACTION_KEYS = [
  ['t', '👍'],
  ['c', '👏'],
  ['h', '❤️'],
  ['l', '😂'],
  ['o', '😮'],
  ['y', '🎉'],
] as const

export interface ShownReaction {
  readonly id: number
  readonly participantId: string
  readonly reaction: string
}

const SHOWN_MS = 4_000
const MOST_SHOWN = 24

/** Reactions on their way across the screen. Each goes by itself; a flood pushes out the oldest. */
export class Reactions {
  readonly #shown = new Store<readonly ShownReaction[]>([])
  readonly #lifetime = new Lifetime()
  #id = 0

  get shown(): ReadableStore<readonly ShownReaction[]> {
    return this.#shown
  }

  add(participantId: string, reaction: string): void {
    if (this.#lifetime.ended) return
    const shown = { id: ++this.#id, participantId, reaction }
    this.#shown.update((all) => [...all, shown].slice(-MOST_SHOWN))
    this.#lifetime.after(SHOWN_MS, () => this.#shown.update((all) => all.filter((other) => other !== shown)))
  }

  close(): void {
    this.#lifetime.end()
  }
}
