import { type Notice, withNotice } from '../state/notices'
import { type ReadableStore, Store } from '../state/store'
import type { Lifetime } from './lifetime'

const NOTICE_MS = 5_000

/** What is said to the person for a moment. */
export class Announcer {
  readonly #lifetime: Lifetime
  readonly #notices = new Store<readonly Notice[]>([])
  #lastId = 0

  constructor(lifetime: Lifetime) {
    this.#lifetime = lifetime
  }

  get notices(): ReadableStore<readonly Notice[]> {
    return this.#notices
  }

  /** What is being said already is not said twice. */
  say(text: string, tone: Notice['tone'] = 'plain'): void {
    const notice = { id: ++this.#lastId, text, tone }
    this.#notices.update((all) =>
      withNotice(
        all.filter((other) => other.text !== text),
        notice,
      ),
    )
    this.#lifetime.after(NOTICE_MS, () => this.#notices.update((all) => all.filter((other) => other !== notice)))
  }
}
