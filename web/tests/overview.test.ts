import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bitrateWords, bytesWords, lagWords, rateWords, shareWords } from '../src/operator/figure-words'
import { KEPT, OverviewWatch } from '../src/operator/overview-watch'
import { areaOf, lineOf, SHOWN_MS } from '../src/operator/sparkline'
import { CodedError } from '../src/protocol/errors'
import type { Overview, Point } from '../src/protocol/overview'
import { routeOf } from '../src/route'

const START = Date.parse('2026-05-01T10:00:00Z')
const at = (second: number) => new Date(START + second * 1000).toISOString()

function answer(...seconds: number[]): Overview {
  const points = seconds.map((second) => ({ at: at(second), people: second }) as unknown as Point)
  return { points, rooms: [], rooms_left_out: 0, workers: [], attention: null, problems: [] }
}

describe('the watch', () => {
  let asked: (string | undefined)[]
  let answers: (() => Overview)[]
  const ask = (after: string | undefined) => {
    asked.push(after)
    const next = answers.shift()
    return next ? Promise.resolve().then(next) : new Promise<Overview>(() => undefined)
  }
  const refuse = (code: 'ACCESS_DENIED' | 'UNREACHABLE') => () => {
    throw new CodedError(code, 'No.', 'GET /api/overview')
  }

  beforeEach(() => {
    vi.useFakeTimers()
    asked = []
    answers = []
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  it('asks every two seconds for what is new, and keeps what it had', async () => {
    answers = [() => answer(0, 2), () => answer(2, 4)]
    const watch = new OverviewWatch(ask)
    watch.open()
    await vi.advanceTimersByTimeAsync(2000)
    expect(asked).toEqual([undefined, at(2)])
    expect(watch.get().overview?.points.map((point) => point.at)).toEqual([at(0), at(2), at(4)])
    watch.close()
  })

  it('keeps five minutes of points and no more', async () => {
    answers = [() => answer(...Array.from({ length: KEPT }, (_, second) => second)), () => answer(KEPT)]
    const watch = new OverviewWatch(ask)
    watch.open()
    await vi.advanceTimersByTimeAsync(2000)
    const points = watch.get().overview?.points ?? []
    expect(points).toHaveLength(KEPT)
    expect(points[0]?.at).toBe(at(1))
    watch.close()
  })

  it('waits longer each time nobody answers, keeps showing what it knew, and comes back', async () => {
    answers = [() => answer(0), refuse('UNREACHABLE'), refuse('UNREACHABLE'), () => answer(2)]
    const watch = new OverviewWatch(ask)
    watch.open()
    await vi.advanceTimersByTimeAsync(2000)
    expect(watch.get().status).toBe('lost')
    expect(watch.get().overview?.points).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(4000)
    expect(asked).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(8000)
    expect(watch.get().status).toBe('live')
    watch.close()
  })

  it('asks no more once it is refused, or closed', async () => {
    answers = [refuse('ACCESS_DENIED')]
    const watch = new OverviewWatch(ask)
    watch.open()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([asked.length, watch.get().status, watch.get().problem]).toEqual([1, 'refused', 'No.'])
    answers = [() => answer(0)]
    watch.open()
    watch.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([asked.length, watch.get().overview]).toEqual([2, undefined])
  })
})

describe('a line', () => {
  it('has the latest point at the right and the most at the top', () => {
    const line = lineOf(
      [
        [START - SHOWN_MS / 2, 0],
        [START, 8],
      ],
      1,
    )
    expect(line).toBe('M50 29L100 1')
    expect(areaOf(line)).toBe('M50 29L100 1L100 30L50 30Z')
  })

  it('rests at the ground where nothing happens, and is nothing without points', () => {
    expect(lineOf([[START, 0.1]], 10)).toBe('M100 28.72')
    expect([lineOf([], 1), areaOf('')]).toEqual(['', ''])
  })
})

it('says figures in words of their own size', () => {
  expect([0, 950, 99_500, 1_250_000, 999_600_000].map(bitrateWords)).toEqual([
    '0 bit/s',
    '950 bit/s',
    '100 kbit/s',
    '1.3 Mbit/s',
    '1.0 Gbit/s',
  ])
  expect(bytesWords(20_480)).toBe('20 kB')
  expect([0, 0.5, 12, 12_345].map(rateWords)).toEqual(['0/s', '0.5/s', '12/s', '12,345/s'])
  expect([shareWords(0.256), lagWords(0.04), lagWords(75)]).toEqual(['26 %', '0.0 s', '75 s'])
})

it('has its own address', () => {
  expect(routeOf('/operator')).toEqual({ page: 'operator' })
  expect(routeOf('/operator/')).toEqual({ page: 'operator' })
  expect(routeOf('/operator/events')).toEqual({ page: 'operator-events' })
})
