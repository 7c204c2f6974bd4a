import { CodedError } from '../protocol/errors'
import { Signaling } from '../protocol/socket'
import type { Tokens } from './tokens'

const NAMELESS = 'Guest'

/**
 * The way to the server before anybody has joined: a token, and a signaling connection made with it. Begun while the person
 * still looks at the preview, so that pressing Join costs one request instead of a handshake.
 */
export class Entry {
  readonly #meetingId: string
  readonly #tokens: Tokens
  #opening: Promise<Signaling> | undefined
  #closed = false

  constructor(meetingId: string, tokens: Tokens) {
    this.#meetingId = meetingId
    this.#tokens = tokens
  }

  /** The open connection. A connection that failed or ended meanwhile is tried anew. @throws CodedError */
  async open(displayName: string): Promise<Signaling> {
    if (this.#opening) {
      const standing = await this.#opening.catch(() => undefined)
      if (standing && !standing.closed) return standing
    }
    this.#opening = this.#connect(displayName || NAMELESS)
    return this.#opening
  }

  /** Hands in another token for the same person. Silently: the server asks twice, and says how it came out. */
  renewToken(displayName: string): void {
    const handIn = async () => {
      const signaling = await this.#opening
      const token = await this.#tokens.renew(this.#meetingId, displayName || NAMELESS)
      await signaling?.request('token:refresh', { token })
    }
    handIn().catch(() => undefined)
  }

  close(): void {
    this.#closed = true
    this.#opening?.then(
      (signaling) => signaling.close(),
      () => undefined,
    )
  }

  async #connect(displayName: string): Promise<Signaling> {
    const kept = this.#tokens.kept(this.#meetingId) !== undefined
    try {
      return await this.#attempt(displayName)
    } catch (error) {
      // A token kept from an earlier visit may have expired: once, it is given up for a fresh one.
      if (!kept || !(error instanceof CodedError) || error.code !== 'UNAUTHORIZED') throw error
      this.#tokens.forget(this.#meetingId)
      return this.#attempt(displayName)
    }
  }

  async #attempt(displayName: string): Promise<Signaling> {
    const obtain = () => this.#tokens.obtain(this.#meetingId, displayName)
    // Asked for here first: what speaks against a token is then said in the server's words.
    await obtain()
    const signaling = Signaling.connect(obtain)
    try {
      await signaling.ready
    } catch (error) {
      signaling.close()
      throw error
    }
    if (this.#closed) signaling.close()
    return signaling
  }
}
