import type { types } from 'mediasoup-client'
import type { Source } from '../protocol/messages'
import type { Signaling } from '../protocol/socket'

export type Direction = 'send' | 'recv'
export type MediaConnection = 'new' | 'connecting' | 'connected' | 'failed'

/** ICE is restarted when a path stays broken for this long: most changes of network heal by themselves sooner. */
const RESTART_AFTER_MS = 2_500
const MOST_RESTARTS = 3

/** Asks the server for a transport and opens our end of it. It restarts ICE by itself and reports `failed` when that does not help. */
export async function openTransport(
  signaling: Signaling,
  loading: Promise<types.Device>,
  direction: Direction,
  iceServers: RTCIceServer[],
  onConnection: (connection: MediaConnection) => void,
): Promise<types.Transport> {
  const [created, device] = await Promise.all([signaling.request('transport:create', { direction }), loading])
  const { id, iceParameters, dtlsParameters } = created
  const options = { id, iceParameters, dtlsParameters, iceCandidates: [...created.iceCandidates], iceServers }
  const transport = direction === 'send' ? device.createSendTransport(options) : device.createRecvTransport(options)
  transport.on('connect', ({ dtlsParameters }, done, failed) => {
    signaling.request('transport:connect', { transport_id: transport.id, dtlsParameters }).then(done, failed)
  })
  transport.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
    const source = appData['source'] as Source
    signaling.request('produce', { transport_id: transport.id, kind, rtpParameters, source }).then(done, failed)
  })
  new PathKeeper(signaling, transport, onConnection)
  return transport
}

/** Watches one transport's path and restarts ICE when it breaks. Ends with the transport. */
class PathKeeper {
  readonly #signaling: Signaling
  readonly #transport: types.Transport
  readonly #onConnection: (connection: MediaConnection) => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #restarts = 0

  constructor(signaling: Signaling, transport: types.Transport, onConnection: (connection: MediaConnection) => void) {
    this.#signaling = signaling
    this.#transport = transport
    this.#onConnection = onConnection
    transport.on('connectionstatechange', (state) => this.#follow(state))
    transport.observer.on('close', () => clearTimeout(this.#timer))
  }

  #follow(state: types.ConnectionState): void {
    clearTimeout(this.#timer)
    switch (state) {
      case 'connected':
        this.#restarts = 0
        this.#onConnection('connected')
        break
      case 'connecting':
        this.#onConnection('connecting')
        break
      case 'disconnected':
        this.#timer = setTimeout(() => void this.#restart(), RESTART_AFTER_MS)
        break
      case 'failed':
        void this.#restart()
        break
      case 'new':
      case 'closed':
        break
    }
  }

  async #restart(): Promise<void> {
    if (this.#transport.closed) return
    if (++this.#restarts > MOST_RESTARTS) {
      this.#onConnection('failed')
      return
    }
    this.#onConnection('connecting')
    try {
      const reply = await this.#signaling.request('transport:restart_ice', { transport_id: this.#transport.id })
      if (!this.#transport.closed) await this.#transport.restartIce({ iceParameters: reply.iceParameters })
    } catch {
      if (!this.#transport.closed) this.#onConnection('failed')
    }
  }
}
