import { api, type SignedIn, type User } from '../protocol/api'
import { CodedError } from '../protocol/errors'
import { Store } from '../state/store'

const HINT = 'folkmoot.signed-in'
const LOCK = 'folkmoot.refresh'
/** A token is renewed when it has less than this left, so that what it is handed to can still use it. */
const FRESH_MS = 60_000

export type AccountState =
  | { readonly status: 'unknown' }
  | { readonly status: 'guest' }
  | { readonly status: 'signed-in'; readonly user: User }

/**
 * Who is signed in on this page. The access token lives in memory alone; what renews it is in a cookie no script can read. The
 * browser's storage holds only a hint that there may be such a cookie, so that guests' pages ask for nothing.
 */
export class Account extends Store<AccountState> {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  #token: { readonly text: string; readonly until: number } | undefined
  #renewing: Promise<void> | undefined

  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    super(storage.getItem(HINT) === null ? { status: 'guest' } : { status: 'unknown' })
    this.#storage = storage
  }

  /** Finds out who is signed in. Never rejects: a server that cannot be asked leaves it unknown. */
  async restore(): Promise<void> {
    if (this.get().status === 'unknown') await this.#renew().catch(() => undefined)
  }

  /** Another tab changed what is stored under `key`, or everything: it may have signed in or out. */
  heard(key: string | null): void {
    if (key !== null && key !== HINT) return
    const { status } = this.get()
    if (this.#storage.getItem(HINT) === null) this.#leave()
    else if (status === 'guest') {
      this.set({ status: 'unknown' })
      void this.restore()
    }
  }

  async signUp(email: string, password: string, displayName: string): Promise<void> {
    this.#enter(await api.signUp(email, password, displayName))
  }

  async signIn(email: string, password: string): Promise<void> {
    this.#enter(await api.signIn(email, password))
  }

  async changePassword(current: string, next: string): Promise<void> {
    const token = await this.token()
    if (token === undefined) throw new CodedError('UNAUTHORIZED', 'You are signed out.', 'password')
    await api.changePassword(token, current, next)
  }

  /** Signs out here, and on the server too when it can be reached. @throws CodedError */
  async signOut(): Promise<void> {
    await api.signOut()
    this.#leave()
  }

  /** An access token with some life left, or undefined for a guest. @throws CodedError */
  async token(): Promise<string | undefined> {
    if (this.get().status === 'guest') return undefined
    if (!this.#fresh()) await this.#renew()
    return this.#token?.text
  }

  #fresh(): boolean {
    return this.#token !== undefined && this.#token.until - Date.now() > FRESH_MS
  }

  /** Once at a time: a refresh token is good for one use, and the tabs of one browser share it. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewAlone().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renewAlone(): Promise<void> {
    try {
      this.#enter(await inTurn(() => api.refresh()))
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'UNAUTHORIZED') throw error
      this.#leave()
    }
  }

  #enter(signedIn: SignedIn): void {
    this.#token = { text: signedIn.token, until: Date.now() + signedIn.expires_in * 1000 }
    this.#storage.setItem(HINT, '1')
    this.set({ status: 'signed-in', user: signedIn.user })
  }

  #leave(): void {
    this.#token = undefined
    this.#storage.removeItem(HINT)
    this.set({ status: 'guest' })
  }
}

/** One tab after the other, where the browser knows how. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return 'locks' in navigator ? await navigator.locks.request(LOCK, work) : work()
}
