import type { Account } from '../account/account'
import { api } from '../protocol/api'

const keyOf = (meetingId: string) => `folkmoot.token.${meetingId}`

/**
 * The token for one meeting. A guest's is kept as long as the tab lives, so that whoever created the meeting is still its host
 * after a reload; without one, another guest's is asked for. Whoever is signed in uses the account's, which is kept nowhere.
 */
export class Tokens {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  readonly #account: Account

  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>, account: Account) {
    this.#storage = storage
    this.#account = account
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

  /** What there is without asking for a guest's. */
  async present(meetingId: string): Promise<string | undefined> {
    return this.kept(meetingId) ?? (await this.#account.token())
  }

  async obtain(meetingId: string, displayName: string): Promise<string> {
    return (await this.present(meetingId)) ?? this.#askAsGuest(meetingId, displayName)
  }

  /** Another token for the same person, before the one in use ends. */
  async renew(meetingId: string, displayName: string): Promise<string> {
    const kept = this.kept(meetingId)
    if (kept === undefined) return this.obtain(meetingId, displayName)
    const token = await api.renewGuest(kept, displayName)
    this.keep(meetingId, token)
    return token
  }

  async #askAsGuest(meetingId: string, displayName: string): Promise<string> {
    const token = await api.guestToken(displayName, meetingId)
    this.keep(meetingId, token)
    return token
  }
}
