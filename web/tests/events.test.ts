import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ClientEvent, type ClientFact, uuid7 } from '../src/events/client-event'
import { EventSender } from '../src/events/sender'
import { MAX_AGE_MS, MAX_UNSENT, UnsentInMemory } from '../src/events/unsent'
import { CodedError } from '../src/protocol/errors'

const stay = { meetingId: 'm', participantId: 'p' }
const offline: ClientFact = { type: 'client.network_changed', payload: { online: false, network: 'unknown' } }
const taken = { accepted: 1, duplicates: 0, rejected: [] }

describe('what the client saw', () => {
  let unsent: UnsentInMemory
  let posted: ClientEvent[][]
  let answer: () => void
  let tokens: Map<string, string>
  let senders: EventSender[]

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('navigator', {})
    unsent = new UnsentInMemory()
    posted = []
    answer = () => undefined
    tokens = new Map([['m', 'token']])
    senders = []
  })

  afterEach(() => {
    for (const sender of senders) sender.close()
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  const page = (): EventSender => {
    const sender = new EventSender({
      unsent: async () => unsent,
      post: async (_token, events) => {
        posted.push([...events])
        answer()
        return taken
      },
      token: async (meetingId) => tokens.get(meetingId),
      random: () => 1,
    })
    senders.push(sender)
    sender.start(new EventTarget())
    return sender
  }

  const tell = async (sender: EventSender, count: number, meetingId = 'm') => {
    for (let told = 0; told < count; told += 1) await sender.tell({ ...stay, meetingId }, offline)
  }

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
  const left = async () => (await unsent.all()).length

  it('waits two seconds for company', async () => {
    const sender = page()
    await pass(0)
    await tell(sender, 3)
    await pass(1_999)
    expect(posted).toEqual([])
    await pass(1)
    expect(posted.map((batch) => batch.length)).toEqual([3])
    expect(await left()).toBe(0)
  })

  it('goes at once when five are together', async () => {
    const sender = page()
    await pass(0)
    await tell(sender, 5)
    await pass(0)
    expect(posted.map((batch) => batch.length)).toEqual([5])
  })

  it('is kept until the server has answered, and sent again under the same ids', async () => {
    const sender = page()
    answer = () => {
      throw new CodedError('UNREACHABLE', '', '')
    }
    await tell(sender, 5)
    await pass(0)
    await pass(1_000 + 2_000)
    expect(posted.length).toBe(3)
    expect(await left()).toBe(5)
    answer = () => undefined
    await pass(4_000)
    expect(new Set(posted.map((batch) => batch.map((event) => event.event_id).join())).size).toBe(1)
    expect(await left()).toBe(0)
  })

  it('is sent by the next page when one went away', async () => {
    const first = page()
    await tell(first, 1)
    first.close()
    await pass(10_000)
    expect(posted).toEqual([])
    page()
    await pass(0)
    expect(posted.map((batch) => batch.length)).toEqual([1])
  })

  it('is let go when the server will never have it', async () => {
    const sender = page()
    answer = () => {
      throw new CodedError('VALIDATION', '', '')
    }
    await tell(sender, 5)
    await pass(0)
    expect(await left()).toBe(0)
  })

  it('goes with the token of its meeting, or stays for a page that has it', async () => {
    const sender = page()
    await tell(sender, 2, 'other')
    await tell(sender, 3)
    await pass(0)
    expect(posted.map((batch) => batch.map((event) => event.meeting_id))).toEqual([['m', 'm', 'm']])
    expect(await left()).toBe(2)
  })

  it('is sent when the network is back, without waiting for the next try', async () => {
    const target = new EventTarget()
    const sender = page()
    sender.start(target)
    answer = () => {
      throw new CodedError('UNREACHABLE', '', '')
    }
    await tell(sender, 5)
    await pass(15_000)
    const tries = posted.length
    answer = () => undefined
    target.dispatchEvent(new Event('online'))
    await pass(0)
    expect(posted.length).toBe(tries + 1)
    expect(await left()).toBe(0)
  })

  it('piles up to a thousand, in batches of a hundred afterwards', async () => {
    const sender = page()
    tokens.delete('m')
    await tell(sender, MAX_UNSENT + 50)
    await pass(2_000)
    expect(await left()).toBe(MAX_UNSENT)
    tokens.set('m', 'token')
    await tell(sender, 5)
    await pass(2_000)
    expect(posted.map((batch) => batch.length)).toEqual(Array(10).fill(100))
  })

  it('is forgotten after a day without a way to the server', async () => {
    const sender = page()
    tokens.delete('m')
    await tell(sender, 4)
    await pass(MAX_AGE_MS + 1)
    await tell(sender, 5)
    await pass(0)
    expect(await left()).toBe(5)
  })
})

it('ids are of version 7 and sort by time', () => {
  const random = new Uint8Array(10).fill(0xff)
  expect(uuid7(0x0123_4567_89ab, random)).toBe('01234567-89ab-7fff-bfff-ffffffffffff')
  expect(uuid7(2, new Uint8Array(10)) > uuid7(1, random)).toBe(true)
})
