import { type ReadableStore, Store } from '../state/store'

export interface RelayState {
  /** The server has told of a TURN server. */
  readonly there: boolean
  /** Everything goes through it. */
  readonly only: boolean
}

/** Whether media may take any way, or a TURN server alone: what a person can try where no direct way gets through. */
export class Relay {
  readonly #state = new Store<RelayState>({ there: false, only: false })

  get state(): ReadableStore<RelayState> {
    return this.#state
  }

  get policy(): RTCIceTransportPolicy {
    return this.#state.get().only ? 'relay' : 'all'
  }

  /** What the server says can be used. */
  note(servers: readonly RTCIceServer[]): void {
    const there = servers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/.test(url)))
    if (there !== this.#state.get().there) this.#state.patch({ there })
  }

  /** From now on, for transports that are opened anew. @returns whether that changes anything. */
  take(): boolean {
    const { there, only } = this.#state.get()
    if (!there || only) return false
    this.#state.patch({ only: true })
    return true
  }
}
