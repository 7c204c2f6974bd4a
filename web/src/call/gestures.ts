import { CodedError } from '../protocol/errors'
import type { RequestName, Requests } from '../protocol/messages'
import { handHint, noHint } from '../state/hand-hint'
import { changedPerson, type Roster, withHand } from '../state/roster'
import { type ReadableStore, Store } from '../state/store'
import { Reactions } from './reactions'

export interface GesturesContext {
  readonly request: <N extends RequestName>(name: N, payload: Requests[N]['payload']) => Promise<Requests[N]['reply']>
  readonly change: (step: (roster: Roster) => Roster) => void
  readonly me: () => string | undefined
  readonly warn: (text: string) => void
  /** We are called something else from now on. */
  readonly renamed: (name: string) => void
}

/** What one shows of oneself without a word: a raised hand, reactions, a name. */
export class Gestures {
  readonly reactions = new Reactions()
  readonly #context: GesturesContext
  readonly #lowering = new Store(false)
  #handUp = false
  #hint = noHint

  constructor(context: GesturesContext) {
    this.#context = context
  }

  /** Our hand is still up though we have had our say: it may be lowered. */
  get lowering(): ReadableStore<boolean> {
    return this.#lowering
  }

  /** We speak, or do not, as of now. */
  noteSpeech(speaking: boolean, now: number): void {
    if (!this.#handUp) return
    this.#hint = handHint(this.#hint, speaking, now)
    this.#lowering.set(this.#hint.suggested)
  }

  /** The hand stays where it is. */
  keepHand(): void {
    this.#hint = noHint
    this.#lowering.set(false)
  }

  raiseHand(raised: boolean): void {
    const me = this.#context.me()
    if (me === undefined) return
    this.noteHand(raised)
    this.#ask('hand:raise', { raised }, 'Your hand could not be raised.')
    this.#context.change((roster) => withHand(roster, me, raised))
  }

  /** Our hand went up or down, by whose doing ever. */
  noteHand(raised: boolean): void {
    this.#handUp = raised
    this.keepHand()
  }

  /** In a room that does not know us from before: a hand that was up goes up again. */
  repeat(): void {
    if (this.#handUp) this.raiseHand(true)
  }

  react(reaction: string): void {
    const me = this.#context.me()
    if (me === undefined) return
    this.reactions.add(me, reaction)
    this.#ask('reaction:send', { reaction }, 'Your reaction could not be sent.')
  }

  /** Ourselves, or as hosts anybody. */
  async rename(id: string, name: string): Promise<void> {
    try {
      const renamed = await this.#context.request('participant:rename', { participant_id: id, display_name: name })
      this.#context.change((roster) => changedPerson(roster, id, { name: renamed.display_name }))
      if (id === this.#context.me()) this.#context.renamed(renamed.display_name)
    } catch {
      this.#context.warn('The name could not be changed.')
    }
  }

  close(): void {
    this.reactions.close()
  }

  #ask<N extends RequestName>(name: N, payload: Requests[N]['payload'], otherwise: string): void {
    this.#context.request(name, payload).catch((error: unknown) => {
      const fast = error instanceof CodedError && error.code === 'RATE_LIMITED'
      this.#context.warn(fast ? 'That was a little fast. Try again in a moment.' : otherwise)
    })
  }
}
