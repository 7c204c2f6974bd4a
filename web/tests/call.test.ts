import { describe, expect, test, vi } from 'vitest'
import { Lifetime } from '../src/call/lifetime'
import { SpeakingTracker } from '../src/call/speaking'
import { CodedError } from '../src/protocol/errors'
import { SERVER_ERROR_CODES } from '../src/protocol/messages.gen'
import { creationWords, refusalWords } from '../src/state/words'

describe('a lifetime', () => {
  test('undoes what it owns from the last to the first, once', () => {
    const log: string[] = []
    const lifetime = new Lifetime()
    for (const name of ['socket', 'transport', 'track']) lifetime.own(() => log.push(name))
    lifetime.end()
    lifetime.end()
    expect(log).toEqual(['track', 'transport', 'socket'])
  })

  test('undoes at once what comes after its end', () => {
    const lifetime = new Lifetime()
    lifetime.end()
    const undone = vi.fn()
    lifetime.own(undone)
    expect(undone).toHaveBeenCalledOnce()
  })

  test('ends its timers', () => {
    vi.useFakeTimers()
    const tick = vi.fn()
    const lifetime = new Lifetime()
    lifetime.every(10, tick)
    lifetime.after(100, tick)
    vi.advanceTimersByTime(35)
    lifetime.end()
    vi.advanceTimersByTime(1000)
    expect(tick).toHaveBeenCalledTimes(3)
    vi.useRealTimers()
  })
})

describe('the ring of whoever speaks', () => {
  test('comes with the voice, stays through a short pause and goes', () => {
    const tracker = new SpeakingTracker()
    expect([...tracker.update(new Map([['ada', 0.2]]), 0)]).toEqual(['ada'])
    expect([...tracker.update(new Map([['ada', 0]]), 500)]).toEqual(['ada'])
    expect([...tracker.update(new Map([['ada', 0]]), 1500)]).toEqual([])
  })

  test('goes at once with the person', () => {
    const tracker = new SpeakingTracker()
    tracker.update(new Map([['ada', 0.2]]), 0)
    expect([...tracker.update(new Map(), 10)]).toEqual([])
  })
})

describe('words', () => {
  const codes = [...SERVER_ERROR_CODES, 'TIMEOUT', 'DISCONNECTED', 'UNREACHABLE'] as const

  test.each(codes)('%s is told in words, without its code', (code) => {
    const { title, text } = refusalWords(new CodedError(code, 'from the server', 'room:join'))
    expect(title.length).toBeGreaterThan(5)
    expect(text.length).toBeGreaterThan(10)
    expect(`${title} ${text} ${creationWords(new CodedError(code, '', 'room:create'))}`).not.toContain(code)
  })

  test('a missing password is asked for; other refused access is not', () => {
    const refused = (message: string) => refusalWords(new CodedError('ACCESS_DENIED', message, 'room:join')).kind
    expect(refused('The password is not right.')).toBe('password')
    expect(refused('This meeting does not admit guests.')).toBe('screen')
  })

  test('who is blocked is not told that the meeting is locked', () => {
    const text = (message: string) => refusalWords(new CodedError('ACCESS_DENIED', message, 'room:join')).text
    expect(text('A host has blocked you from this meeting.')).toBe('A host has blocked you from it.')
    expect(text('The meeting is locked.')).toContain('lets nobody else in')
  })

  test('whatever a server sends becomes one of the known codes', () => {
    for (const odd of [null, 7, 'x', [], {}, { code: 'FLAT_TYRE' }]) {
      expect(CodedError.from(odd, 'room:join').code).toBe('INTERNAL')
    }
    expect(CodedError.from({ code: 'CONFLICT', message: 'Twice.' }, 'room:join').message).toBe('Twice.')
  })
})
