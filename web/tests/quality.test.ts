import { expect, test } from 'vitest'
import type { LoggedEvent } from '../src/protocol/history'
import { gradeOf, qualities } from '../src/state/quality'

const told = (second: number, participant: string, payload: Record<string, unknown>): LoggedEvent => ({
  event_id: String(second),
  sequence: second,
  type: 'connection.stats',
  timestamp: new Date(second * 1_000).toISOString(),
  participant_id: participant,
  payload,
})

test('connections are told a person, the worst first, with their worst moment', () => {
  const whose = new Map([
    ['p1', 'Ann'],
    ['p2', 'Bob'],
    ['p3', 'Bob'],
  ])
  const found = qualities(
    [
      told(1, 'p1', { quality: 4.4, loss_in: 0, loss_out: 0, rtt_ms: 20 }),
      told(2, 'p2', { quality: 4, loss_in: 0.02, loss_out: 0, rtt_ms: null }),
      told(3, 'p3', { quality: 2, loss_in: 0.1, loss_out: 0.2, rtt_ms: 300 }),
      told(4, 'p9', { quality: 1, loss_in: 1, loss_out: 1 }),
      told(5, 'p1', { quality: 'odd' }),
    ],
    whose,
  )
  expect(found.map(({ person, measured, mean }) => [person, measured, mean])).toEqual([
    ['Bob', 2, 3],
    ['Ann', 1, 4.4],
  ])
  expect(found[0]?.worst.at).toBe(new Date(3_000).toISOString())
  expect(found[0]?.lossIn).toBeCloseTo(0.06)
  expect([found[0]?.rttMs, found[1]?.rttMs]).toEqual([300, 20])
})

test('a score has its word', () => {
  expect([4.5, 4, 3.9, 3.6, 3.5, 2.6, 2.5, 1].map(gradeOf)).toEqual([
    'good',
    'good',
    'fair',
    'fair',
    'poor',
    'poor',
    'bad',
    'bad',
  ])
})
