import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Signaling, type SignalingListener } from '../src/protocol/socket'
import type { Wire } from '../src/protocol/wire'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

/** A wire of which the test is the other end. */
class FakeWire implements Wire {
  connected = false
  readonly asked: { name: string; answer: (failure: Error | null, reply: unknown) => void }[] = []
  drops = 0
  readonly #listeners = new Map<string, (...args: unknown[]) => void>()
  #heard: () => void = () => undefined

  connect(): void {}
  disconnect(): void {}
  drop(): void {
    this.drops += 1
    this.lose('forced close')
  }
  onHeard(listener: () => void): void {
    this.#heard = listener
  }
  on(event: string, listener: (...args: unknown[]) => void): void {
    this.#listeners.set(event, listener)
  }
  onAny(): void {}
  removeAllListeners(): void {}
  offAny(): void {}
  timeout(ms: number) {
    return {
      emit: (name: string, _payload: unknown, ack: (failure: Error | null, reply: unknown) => void) => {
        const timer = setTimeout(() => ack(new Error('timeout'), undefined), ms)
        const answer = (failure: Error | null, reply: unknown) => {
          clearTimeout(timer)
          ack(failure, reply)
        }
        this.asked.push({ name, answer })
      },
    }
  }

  come(): void {
    this.connected = true
    this.#heard()
    this.#listeners.get('connect')?.()
  }
  hear(): void {
    this.#heard()
  }
  lose(reason: string): void {
    this.connected = false
    this.#listeners.get('disconnect')?.(reason)
  }
}

function connected() {
  const wire = new FakeWire()
  const signaling = new Signaling(wire)
  const listener = {
    onNotification: vi.fn(),
    onReconnected: vi.fn(),
    onLost: vi.fn(),
    onClosed: vi.fn(),
  } satisfies SignalingListener
  signaling.listen(listener)
  wire.come()
  return { wire, signaling, listener }
}

describe('a network in doubt', () => {
  test('is gone when nothing is heard for two seconds, from when it was doubted', () => {
    const { wire, signaling, listener } = connected()
    vi.advanceTimersByTime(4_000)
    signaling.doubt(Date.now())
    vi.advanceTimersByTime(1_900)
    expect(listener.onLost).not.toHaveBeenCalled()
    vi.advanceTimersByTime(200)
    expect(wire.drops).toBe(1)
    expect(listener.onLost).toHaveBeenCalledExactlyOnceWith(1_004_000)
    wire.come()
    expect(listener.onReconnected).toHaveBeenCalledOnce()
  })

  test('is not gone when the server answers, or anything else is heard', () => {
    const { wire, signaling, listener } = connected()
    signaling.doubt(Date.now())
    vi.advanceTimersByTime(1_000)
    wire.asked[0]?.answer(null, { ok: true, data: {} })
    vi.advanceTimersByTime(5_000)
    signaling.doubt(Date.now())
    vi.advanceTimersByTime(1_000)
    wire.hear()
    vi.advanceTimersByTime(5_000)
    expect(wire.asked).toHaveLength(2)
    expect([wire.drops, listener.onLost.mock.calls]).toEqual([0, []])
  })

  test('is asked about once at a time, and was there at least until the last that was heard', () => {
    const { wire, signaling, listener } = connected()
    vi.advanceTimersByTime(3_000)
    wire.hear()
    vi.advanceTimersByTime(1_000)
    signaling.doubt(Date.now() - 5_000)
    signaling.doubt(Date.now())
    expect(wire.asked).toHaveLength(1)
    vi.advanceTimersByTime(2_100)
    expect(listener.onLost).toHaveBeenCalledExactlyOnceWith(1_003_000)
  })
})

describe('a connection that is lost', () => {
  test.each([
    ['without a word', 'ping timeout', 1_000_000],
    ['as it closes', 'transport close', 1_020_000],
  ])('%s is told with its time', (_how, reason, since) => {
    const { wire, listener } = connected()
    vi.advanceTimersByTime(20_000)
    wire.lose(reason)
    expect(listener.onLost).toHaveBeenCalledExactlyOnceWith(since)
  })
})
