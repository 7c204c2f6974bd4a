import type { Socket } from 'socket.io-client'

/** What `io()` gives, narrowed to what is used, so that a test can stand in for it. */
export interface Wire {
  connected: boolean
  connect(): unknown
  disconnect(): unknown
  /** Gives the connection up without a goodbye; another is tried at once. */
  drop(): unknown
  /** Whatever comes from the server, be it only a sign of life. */
  onHeard(listener: () => void): unknown
  on(event: string, listener: (...args: unknown[]) => void): unknown
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown
  removeAllListeners(): unknown
  offAny(): unknown
  timeout(ms: number): {
    emit(event: string, payload: unknown, ack: (failure: Error | null, reply: unknown) => void): unknown
  }
}

export function wireOf(socket: Socket): Wire {
  const manager = socket.io
  return Object.assign(socket, {
    drop: () => manager.engine.close(),
    // Each connection has an engine of its own.
    onHeard: (listener: () => void) => manager.on('open', () => manager.engine.on('packet', listener)),
  }) as unknown as Wire
}
