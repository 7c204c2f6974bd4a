import type { types } from 'mediasoup-client'
import { CodedError } from '../protocol/errors'
import type { Signaling } from '../protocol/socket'

export type MediaConnection = 'new' | 'connecting' | 'connected' | 'failed'

/** ICE is restarted when a path stays broken for this long: most hiccups of a network heal by themselves sooner. */
const RESTART_AFTER_MS = 2_500
/** Browsers look for a way where there is none for minutes without calling it failed. */
const CONNECT_WITHIN_MS = 8_000
/** The person is told after so many in vain. It is tried further: the network may be away for longer. */
const QUIET_RESTARTS = 3
const TRY_AGAIN_AFTER_MS = 5_000
/** A browser calls a path broken after about so long without an answer. */
const SILENT_MS = 5_000

/** What browsers that know it tell of the network they are on. */
interface NetworkInformation extends EventTarget {
  readonly type?: string
}

/** Watches one transport's path and restarts ICE when it breaks or the network changes. Ends with the transport. */
export class PathKeeper {
  readonly #signaling: Signaling
  readonly #transport: types.Transport
  readonly #onConnection: (connection: MediaConnection) => void
  readonly #ended = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #restarts = 0
  #restarting = false

  constructor(signaling: Signaling, transport: types.Transport, onConnection: (connection: MediaConnection) => void) {
    this.#signaling = signaling
    this.#transport = transport
    this.#onConnection = onConnection
    transport.on('connectionstatechange', (state) => this.#follow(state))
    transport.observer.on('close', () => {
      clearTimeout(this.#timer)
      this.#ended.abort()
    })
    this.#watchNetwork()
  }

  #follow(state: types.ConnectionState): void {
    clearTimeout(this.#timer)
    switch (state) {
      case 'connected':
        this.#restarts = 0
        this.#onConnection('connected')
        break
      case 'connecting':
        if (this.#restarts <= QUIET_RESTARTS) this.#onConnection('connecting')
        this.#restartIn(CONNECT_WITHIN_MS)
        break
      case 'disconnected':
        // It may be the network and not the path.
        this.#signaling.doubt(Date.now() - SILENT_MS)
        this.#restartIn(RESTART_AFTER_MS)
        break
      case 'failed':
        void this.#restart()
        break
      case 'new':
      case 'closed':
        break
    }
  }

  /** A browser looks for addresses of a new network only when ICE is restarted; until then it tries the old ones. */
  #watchNetwork(): void {
    const { signal } = this.#ended
    const changed = () => {
      if (this.#transport.connectionState === 'new') return
      this.#restarts = 0
      clearTimeout(this.#timer)
      void this.#restart()
    }
    window.addEventListener('online', changed, { signal })
    const network = (navigator as { connection?: NetworkInformation }).connection
    let type = network?.type
    const compare = () => {
      // It also tells of every new estimate of speed.
      if (network?.type !== type) changed()
      type = network?.type
    }
    network?.addEventListener('change', compare, { signal })
  }

  #restartIn(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.#transport.closed) this.#timer = setTimeout(() => void this.#restart(), ms)
  }

  async #restart(): Promise<void> {
    if (this.#transport.closed || this.#restarting) return
    clearTimeout(this.#timer)
    if (++this.#restarts > QUIET_RESTARTS) this.#onConnection('failed')
    else if (this.#transport.connectionState !== 'connected') this.#onConnection('connecting')
    this.#restarting = true
    try {
      const reply = await this.#signaling.request('transport:restart_ice', { transport_id: this.#transport.id })
      if (this.#transport.closed) return
      await this.#transport.updateIceServers({ iceServers: [...reply.iceServers] })
      await this.#transport.restartIce({ iceParameters: reply.iceParameters })
      // The state need not change, so that nothing else would try again.
      if (this.#transport.connectionState !== 'connected') this.#restartIn(CONNECT_WITHIN_MS)
    } catch (error) {
      if (this.#transport.closed) return
      this.#onConnection('failed')
      const isGone = error instanceof CodedError && error.code === 'NOT_FOUND'
      if (!isGone) this.#restartIn(TRY_AGAIN_AFTER_MS)
    } finally {
      this.#restarting = false
    }
  }
}
