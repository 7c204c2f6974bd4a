import { CodedError } from '../protocol/errors'
import type { Notification, PollAnswersListed, PollView, RequestName, Requests } from '../protocol/messages'
import { noPolls, type PollsState, pollsOf, withPoll, withStanding } from '../state/polls'
import { type ReadableStore, Store } from '../state/store'

export type PollDraft = Requests['poll:create']['payload']
export type Answer = Omit<Requests['poll:vote']['payload'], 'poll_id'>

export interface PollsContext {
  readonly request: <N extends RequestName>(name: N, payload: Requests[N]['payload']) => Promise<Requests[N]['reply']>
  readonly warn: (text: string) => void
}

/** What the meeting was asked, and what it answers. Nothing rejects; what failed is said. */
export class Polls {
  readonly #context: PollsContext
  readonly #state = new Store<PollsState>(noPolls)

  constructor(context: PollsContext) {
    this.#context = context
  }

  get state(): ReadableStore<PollsState> {
    return this.#state
  }

  /** We are in the room, for the first time or again. */
  enter(polls: readonly PollView[]): void {
    this.#state.update((state) => pollsOf(state, polls))
  }

  hear(notification: Notification): void {
    if (notification.type === 'poll:created' || notification.type === 'poll:closed') {
      this.#state.update((state) => withPoll(state, notification.data))
    } else if (notification.type === 'poll:updated') {
      this.#state.update((state) => withStanding(state, notification.data))
    }
  }

  setOpen(open: boolean): void {
    this.#state.patch(open ? { open, unseen: [] } : { open })
  }

  /** @returns whether it is open now. */
  create(draft: PollDraft): Promise<boolean> {
    return this.#do('poll:create', draft, 'The poll could not be opened.')
  }

  vote(pollId: string, answer: Answer): Promise<boolean> {
    return this.#do('poll:vote', { poll_id: pollId, ...answer }, 'Your answer did not arrive.')
  }

  close(pollId: string): Promise<boolean> {
    return this.#do('poll:close', { poll_id: pollId }, 'The poll could not be closed.')
  }

  /** Single answers from the `offset`-th on; undefined where they could not be had. */
  async answers(pollId: string, offset = 0): Promise<PollAnswersListed | undefined> {
    try {
      return await this.#context.request('poll:answers', { poll_id: pollId, offset })
    } catch (error) {
      this.#context.warn(wordsOf(error, 'The answers could not be loaded.'))
      return undefined
    }
  }

  async #do<N extends 'poll:create' | 'poll:vote' | 'poll:close'>(
    name: N,
    payload: Requests[N]['payload'],
    otherwise: string,
  ): Promise<boolean> {
    try {
      const poll = await this.#context.request(name, payload)
      this.#state.update((state) =>
        withPoll({ ...state, unseen: state.unseen.filter((id) => id !== poll.poll_id) }, poll),
      )
      return true
    } catch (error) {
      this.#context.warn(wordsOf(error, otherwise))
      return false
    }
  }
}

const readable: ReadonlySet<string> = new Set(['ACCESS_DENIED', 'CONFLICT', 'CAPACITY_EXCEEDED', 'VALIDATION'])

/** What the server says about these is made for people. */
function wordsOf(error: unknown, otherwise: string): string {
  return error instanceof CodedError && readable.has(error.code) ? error.message : otherwise
}
