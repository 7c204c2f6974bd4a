import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventStream, MOST_SHOWN, pathOf } from '../src/operator/event-stream'
import { clockWords, payloadWords } from '../src/operator/event-words'
import { SseParser } from '../src/operator/sse'

function event(position: number, type = 'hand.raised') {
  const data = {
    event_id: `e${position}`,
    position,
    type,
    meeting_id: 'm',
    participant_id: null,
    timestamp: '2026-05-01T10:00:00Z',
    payload: {},
  }
  return `id: ${position}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

describe('the parser', () => {
  it('gives the same events in whatever pieces the text comes', () => {
    const text = `retry: 2000\n\n: nothing new\n\n${event(1)}${event(2)}id: 3\ndata: a\ndata: b\n\n`
    const whole = new SseParser().feed(text)
    const parser = new SseParser()
    expect([...text].flatMap((sign) => parser.feed(sign))).toEqual(whole)
    expect(whole.map(({ id }) => id)).toEqual(['1', '2', '3'])
    expect(whole[2]).toEqual({ id: '3', type: 'message', data: 'a\nb' })
  })

  it('leaves out what is unfinished, and takes lines that end as Windows ends them', () => {
    expect(new SseParser().feed('data: x')).toEqual([])
    expect(new SseParser().feed('data: x\r\n\r\n')).toEqual([{ id: '', type: 'message', data: 'x' }])
  })
})

describe('a stream', () => {
  let asked: { url: string; headers: Headers }[]
  let answers: (() => Response)[]
  const fetcher = vi.fn((input: RequestInfo | URL, init?: RequestInit) => {
    asked.push({ url: String(input), headers: new Headers(init?.headers) })
    const answer = answers.shift()
    return answer ? Promise.resolve(answer()) : new Promise<Response>(() => undefined)
  }) as unknown as typeof fetch

  beforeEach(() => {
    vi.useFakeTimers()
    asked = []
    answers = []
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  const settle = () => vi.advanceTimersByTimeAsync(0)

  it('shows the newest first and goes on after the last one seen', async () => {
    answers = [() => new Response(event(1) + event(2)), () => new Response(event(3))]
    const stream = new EventStream('secret', fetcher)
    stream.open({ types: '', meetingId: '' })
    await settle()
    expect(stream.get().events.map(({ position }) => position)).toEqual([2, 1])
    expect(stream.get().status).toBe('lost')
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked[1]?.headers.get('last-event-id')).toBe('2')
    expect(asked[1]?.headers.get('authorization')).toBe('Bearer secret')
    expect(stream.get().events.map(({ position }) => position)).toEqual([3, 2, 1])
    stream.close()
  })

  it('waits longer each time nothing comes', async () => {
    answers = Array.from({ length: 4 }, () => () => new Response('', { status: 503 }))
    const stream = new EventStream('secret', fetcher)
    stream.open({ types: '', meetingId: '' })
    await vi.advanceTimersByTimeAsync(2000 + 4000)
    expect(asked).toHaveLength(3)
    stream.close()
    await vi.advanceTimersByTimeAsync(100_000)
    expect(asked).toHaveLength(3)
  })

  it('says why it was refused and does not ask again', async () => {
    answers = [() => Response.json({ error: { code: 'ACCESS_DENIED', message: 'Only operators.' } }, { status: 403 })]
    const stream = new EventStream('secret', fetcher)
    stream.open({ types: '', meetingId: '' })
    await vi.advanceTimersByTimeAsync(100_000)
    expect(stream.get()).toMatchObject({ status: 'refused', problem: 'Only operators.' })
    expect(asked).toHaveLength(1)
  })

  it('keeps so many and no more', async () => {
    const many = Array.from({ length: MOST_SHOWN + 10 }, (_, index) => event(index + 1)).join('')
    answers = [() => new Response(`${many}data: no json\n\n`)]
    const stream = new EventStream('secret', fetcher)
    stream.open({ types: '', meetingId: '' })
    await settle()
    expect(stream.get().events).toHaveLength(MOST_SHOWN)
    expect(stream.get().seen).toBe(MOST_SHOWN + 10)
    stream.close()
  })
})

describe('words', () => {
  it('name the filter in the address', () => {
    expect(pathOf({ types: '', meetingId: ' ' })).toBe('/api/events/stream')
    expect(pathOf({ types: 'hand.*, meeting.ended', meetingId: 'abc' })).toBe(
      '/api/events/stream?types=hand.*%2Cmeeting.ended&meeting_id=abc',
    )
  })

  it('tell a payload in a line of bounded length', () => {
    expect(payloadWords({ a: 1, b: null, c: '', d: [1, 2], e: { f: 1 } })).toBe('a: 1  d: 2  e: …')
    expect(payloadWords({ text: 'x'.repeat(1000) })).toHaveLength(160)
  })

  it('tell milliseconds', () => {
    expect(clockWords('2026-05-01T10:00:00.123Z')).toMatch(/^\d\d:\d\d:00\.123$/)
  })
})
