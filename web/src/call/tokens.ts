import { api } from '../protocol/api'

const keyOf = (meetingId: string) => `folkmoot.token.${meetingId}`

/**
 * The token for one meeting. It lives as long as the tab, so that whoever created the meeting is still its host after a reload;
 * without one, a guest's is asked for.
 */
export class Tokens {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#storage = storage
  }

  keep(meetingId: string, token: string): void {
    this.#storage.setItem(keyOf(meetingId), token)
  }

  kept(meetingId: string): string | undefined {
    return this.#storage.getItem(keyOf(meetingId)) ?? undefined
  }

  forget(meetingId: string): void {
    this.#storage.removeItem(keyOf(meetingId))
  }

  async obtain(meetingId: string, displayName: string): Promise<string> {
    const kept = this.kept(meetingId)
    if (kept !== undefined) return kept
    const token = await api.guestToken(displayName, meetingId)
    this.keep(meetingId, token)
    return token
  }
}
