import { io } from 'socket.io-client'
import { CodedError, isRecord } from './errors'
import { isNotificationName, type Notification, type RequestName, type Requests } from './messages'
import { NAMESPACE } from './messages.gen'
import { type Wire, wireOf } from './wire'

const REQUEST_TIMEOUT_MS = 10_000
const CONNECT_TIMEOUT_MS = 8_000
/** A dropped connection is tried again for this long before the call gives up; the delay grows from 0.3 to 3 s. */
export const RECONNECT_WINDOW_MS = 60_000

/** Where the network is in doubt, silence for this long says that it is gone: the connection itself would wait for twenty seconds. */
const PROBE_MS = 2_000

export interface SignalingListener {
  onNotification(notification: Notification): void
  /** The connection stands again after it was lost: the server holds nothing of us any more. */
  onReconnected(): void
  /** Lost, about when, in milliseconds since the epoch; and being tried again. */
  onLost(since: number): void
  /** Ended by the server, or given up: nothing will follow. */
  onClosed(error: CodedError): void
}

/**
 * One client's signaling: requests that are answered exactly once, notifications in order, and a connection
 * that comes back by itself. Created connecting; `close()` ends it, and every request still open with it.
 */
export class Signaling {
  readonly #wire: Wire
  readonly #open = new Set<(error: CodedError) => void>()
  #listener: SignalingListener | undefined
  readonly #ready: Promise<void>
  #closed = false
  #lostAt: number | undefined
  #heardAt = 0
  #probing = false

  constructor(wire: Wire) {
    this.#wire = wire
    wire.onHeard(() => {
      this.#heardAt = Date.now()
    })
    this.#ready = this.#firstConnection()
    // The one who asks for `ready` hears the failure; nobody asking yet is not an unhandled error.
    this.#ready.catch(() => undefined)
    wire.onAny((event, data) => {
      // A newer server may tell more than this client knows; what it does not know it cannot need.
      if (isNotificationName(event)) this.#listener?.onNotification({ type: event, data } as Notification)
    })
    wire.connect()
  }

  /** `token` is asked before each connection: one that comes back after an hour needs another than the first. */
  static connect(token: () => Promise<string>): Signaling {
    // The websocket at once saves the two round trips of polling and upgrade; proxies that forbid it fall back to polling.
    const socket = io(NAMESPACE, {
      auth: (tell: (auth: { token?: string }) => void) =>
        void token().then(
          (text) => tell({ token: text }),
          () => tell({}),
        ),
      autoConnect: false,
      forceNew: true,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: 300,
      reconnectionDelayMax: 3_000,
      timeout: CONNECT_TIMEOUT_MS,
    })
    return new Signaling(wireOf(socket))
  }

  /** Resolves with the first connection; rejects when it is refused or the server cannot be reached. */
  get ready(): Promise<void> {
    return this.#ready
  }

  get closed(): boolean {
    return this.#closed
  }

  listen(listener: SignalingListener | undefined): void {
    this.#listener = listener
  }

  /** Asks and waits for the one answer. @throws CodedError, also `TIMEOUT` and `DISCONNECTED`. */
  request<N extends RequestName>(name: N, payload: Requests[N]['payload']): Promise<Requests[N]['reply']> {
    if (this.#closed || !this.#wire.connected) {
      return Promise.reject(new CodedError('DISCONNECTED', 'There is no connection to the server.', name))
    }
    return new Promise((resolve, reject) => {
      this.#open.add(reject)
      this.#wire.timeout(REQUEST_TIMEOUT_MS).emit(name, payload, (failure, reply) => {
        this.#open.delete(reject)
        if (failure) reject(new CodedError('TIMEOUT', 'The server did not answer in time.', name))
        else if (isRecord(reply) && reply['ok'] === true) resolve(reply['data'] as Requests[N]['reply'])
        else reject(CodedError.from(isRecord(reply) ? reply['error'] : reply, name))
      })
    })
  }

  /**
   * The network may have gone at `since`: the server is asked something, and if nothing at all is heard the connection is
   * given up and tried again.
   */
  doubt(since: number): void {
    if (this.#closed || this.#probing || !this.#wire.connected) return
    this.#probing = true
    const asked = Date.now()
    this.#wire.timeout(PROBE_MS).emit('chat:list', { limit: 1 }, (failure) => {
      this.#probing = false
      if (!failure || !this.#wire.connected || this.#closed || this.#heardAt >= asked) return
      this.#lostAt = Math.max(since, this.#heardAt)
      this.#wire.drop()
    })
  }

  /** Of a connection that is lost: the next attempt is made now. */
  tryNow(): void {
    if (this.#closed || this.#wire.connected || this.#lostAt === undefined) return
    this.#wire.disconnect()
    this.#wire.connect()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#listener = undefined
    this.#wire.removeAllListeners()
    this.#wire.offAny()
    this.#wire.disconnect()
    this.#abandon('The connection was closed.')
  }

  #firstConnection(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wire.on('connect', () => {
        resolve()
        if (this.#lostAt === undefined) return
        this.#lostAt = undefined
        this.#listener?.onReconnected()
      })
      this.#wire.on('connect_error', (failure) => {
        const refusal = refusalOf(failure)
        if (refusal) this.#end(refusal)
        else if (this.#lostAt !== undefined && Date.now() - this.#lostAt > RECONNECT_WINDOW_MS) this.#end(unreachable())
        reject(refusal ?? unreachable())
      })
      this.#wire.on('disconnect', (reason) => this.#lost(String(reason)))
    })
  }

  #lost(reason: string): void {
    this.#abandon('The connection was lost.')
    if (reason === 'io server disconnect') {
      this.#end(new CodedError('ACCESS_DENIED', 'The server ended the connection.', 'disconnect'))
      return
    }
    // Whoever waited for an answer in vain noticed late.
    this.#lostAt ??= reason === 'ping timeout' ? this.#heardAt : Date.now()
    this.#listener?.onLost(this.#lostAt)
  }

  #end(error: CodedError): void {
    const listener = this.#listener
    this.close()
    listener?.onClosed(error)
  }

  #abandon(message: string): void {
    const waiting = [...this.#open]
    this.#open.clear()
    for (const reject of waiting) reject(new CodedError('DISCONNECTED', message, 'disconnect'))
  }
}

/** A handshake refused by the server carries `data.code`; anything else is the network's failure. */
function refusalOf(failure: unknown): CodedError | undefined {
  const data = isRecord(failure) || failure instanceof Error ? (failure as { data?: unknown }).data : undefined
  return isRecord(data) && 'code' in data ? CodedError.from(data, 'connect') : undefined
}

function unreachable(): CodedError {
  return new CodedError('UNREACHABLE', 'The server cannot be reached.', 'connect')
}
