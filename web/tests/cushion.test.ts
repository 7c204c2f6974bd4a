import type { types } from 'mediasoup-client'
import { describe, expect, test, vi } from 'vitest'
import { Cushion, cushionFor, keepCushion } from '../src/call/cushion'
import { arrivalsOf } from '../src/call/stats'

/** A second of a path that loses a share of its packets, as the statistics add it up. */
function path(cushion: Cushion) {
  let [received, lost, now] = [0, 0, 0]
  return (seconds: number, loss: number, { packets = 200, rttMs = 100 } = {}) => {
    let target: number | null = null
    for (let second = 0; second < seconds; second += 1) {
      received += packets * (1 - loss)
      lost += packets * loss
      now += 1_000
      target = cushion.target({ received, lost, rttMs }, now)
    }
    return target
  }
}

describe('how long what comes is held back', () => {
  test('is left to the browser while little is lost', () => {
    expect(cushionFor(0, 100)).toBeNull()
    expect(cushionFor(0.02, 100)).toBeNull()
    expect(path(new Cushion())(60, 0.02)).toBeNull()
  })

  test('has room for three repairs', () => {
    expect(cushionFor(0.05, 100)).toBe(400)
    expect(cushionFor(0.2, 100)).toBe(400)
  })

  test('grows with the round trip, and not without end', () => {
    expect(cushionFor(0.05, 20)).toBe(150)
    expect(cushionFor(0.05, 150)).toBe(550)
    for (const loss of [0.05, 0.5]) expect(cushionFor(loss, 2_000)).toBe(600)
  })

  test('is left to the browser when the round trip is not known', () => {
    expect(cushionFor(0.2, null)).toBeNull()
  })

  test('grows as soon as packets are lost', () => {
    const run = path(new Cushion())
    expect(run(10, 0)).toBeNull()
    expect(run(1, 0.05)).toBe(400)
    expect(run(1, 0.05, { rttMs: 150 })).toBe(550)
  })

  test('shrinks only after half a minute that was better', () => {
    const run = path(new Cushion())
    expect(run(2, 0.2, { rttMs: 150 })).toBe(550)
    expect(run(29, 0.2)).toBe(550)
    expect(run(1, 0.2)).toBe(400)
    expect(run(29, 0)).toBe(400)
    expect(run(1, 0)).toBeNull()
  })

  test('does not shrink while it is needed now and then', () => {
    const run = path(new Cushion())
    for (let round = 0; round < 5; round += 1) {
      expect(run(1, 0.2)).toBe(400)
      expect(run(20, 0)).toBe(400)
    }
  })

  test('is not judged by a handful of packets', () => {
    const cushion = new Cushion()
    const run = path(cushion)
    run(5, 0)
    expect(run(4, 0.5, { packets: 10 })).toBeNull()
    expect(run(1, 0.5, { packets: 10 })).toBe(400)
  })

  test('is not judged by totals that shrink because somebody left', () => {
    const cushion = new Cushion()
    cushion.target({ received: 1_000, lost: 0, rttMs: 100 }, 0)
    expect(cushion.target({ received: 100, lost: 90, rttMs: 100 }, 1_000)).toBeNull()
    expect(cushion.target({ received: 300, lost: 90, rttMs: 100 }, 2_000)).toBeNull()
  })
})

test('repairs are not taken for packets that were not lost', () => {
  const report = new Map<string, Record<string, unknown>>([
    ['v', { type: 'inbound-rtp', packetsReceived: 120, retransmittedPacketsReceived: 20, packetsLost: 25 }],
    ['a', { type: 'inbound-rtp', packetsReceived: 50, packetsLost: -1 }],
    ['t', { type: 'transport', selectedCandidatePairId: 'p' }],
    ['p', { type: 'candidate-pair', currentRoundTripTime: 0.08 }],
  ]) as unknown as RTCStatsReport
  expect(arrivalsOf(report)).toEqual({ received: 150, lost: 24, rttMs: 80 })
})

test('what comes is looked at sooner at first, and no more once the transport has closed', () => {
  vi.useFakeTimers()
  let closed = () => {}
  const on = (event: string, end: () => void) => {
    if (event === 'close') closed = end
  }
  const getStats = vi.fn(async () => new Map())
  keepCushion({ observer: { on }, getStats } as unknown as types.Transport, () => [].values())
  const looks = [1_000, 1_000, 1_000, 2_999, 1].map((ms) => {
    vi.advanceTimersByTime(ms)
    return getStats.mock.calls.length
  })
  expect(looks).toEqual([1, 2, 3, 3, 4])
  closed()
  vi.advanceTimersByTime(10_000)
  expect(getStats).toHaveBeenCalledTimes(4)
  vi.useRealTimers()
})

test('what begins on a lossy path is held back from its first picture on', async () => {
  vi.useFakeTimers()
  let begin = (_: types.Consumer) => {}
  const on = (event: string, tell: typeof begin) => {
    if (event === 'newconsumer') begin = tell
  }
  const arrivals: { type: string; id: string; [figure: string]: unknown }[] = [
    { type: 'inbound-rtp', id: 'v', packetsReceived: 190, packetsLost: 10 },
    { type: 'transport', id: 't', selectedCandidatePairId: 'p' },
    { type: 'candidate-pair', id: 'p', currentRoundTripTime: 0.1 },
  ]
  const getStats = async () => new Map(arrivals.map((entry) => [entry.id, entry]))
  keepCushion({ observer: { on }, getStats } as unknown as types.Transport, () => [].values())
  const receiver = { jitterBufferTarget: null }
  begin({ rtpReceiver: receiver } as unknown as types.Consumer)
  expect(receiver.jitterBufferTarget).toBeNull()
  await vi.advanceTimersByTimeAsync(1_000)
  begin({ rtpReceiver: receiver } as unknown as types.Consumer)
  expect(receiver.jitterBufferTarget).toBe(400)
  vi.useRealTimers()
})
