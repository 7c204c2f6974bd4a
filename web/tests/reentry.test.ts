import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { comeIn, enterAgain } from '../src/call/reentry'
import { CodedError } from '../src/protocol/errors'

const crowded = (retryAfter?: number) => new CodedError('UNAVAILABLE', 'Too many people.', 'room:join', retryAfter)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function entering(...refusals: CodedError[]) {
  return vi.fn(async () => {
    const refusal = refusals.shift()
    if (refusal) throw refusal
  })
}

test('who is told when to come back comes back then, and not before', async () => {
  const enter = entering(crowded(3))
  const coming = comeIn(enter, () => true)
  await vi.advanceTimersByTimeAsync(2_900)
  expect(enter).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(200)
  await coming
  expect(enter).toHaveBeenCalledTimes(2)
})

test.each([
  ['a refusal of another kind', [new CodedError('ACCESS_DENIED', 'Locked.', 'room:join')], 1],
  ['no time to come back', [crowded()], 1],
  ['a time that nobody waits for', [crowded(60)], 1],
  ['a server that stays crowded', [crowded(1), crowded(1), crowded(1), crowded(1)], 4],
])('%s is shown', async (_what, refusals, tries) => {
  const enter = entering(...refusals)
  const coming = expect(comeIn(enter, () => true)).rejects.toBeInstanceOf(CodedError)
  await vi.runAllTimersAsync()
  await coming
  expect(enter).toHaveBeenCalledTimes(tries)
})

test('who gave up meanwhile does not come in after all', async () => {
  const enter = entering(crowded(2))
  const coming = expect(comeIn(enter, () => false)).rejects.toBeInstanceOf(CodedError)
  await vi.runAllTimersAsync()
  await coming
  expect(enter).toHaveBeenCalledTimes(1)
})

test('whoever comes back after a lost connection waits as long as told, too', async () => {
  const enter = entering(crowded(5))
  const coming = enterAgain(enter, () => true)
  await vi.advanceTimersByTimeAsync(4_900)
  expect(enter).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(200)
  expect(await coming).toBe('entered')
})
