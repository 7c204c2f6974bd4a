import type { types } from 'mediasoup-client'
import { describe, expect, test } from 'vitest'
import { DataChannels } from '../src/call/data-channels'
import type { DataProducerView } from '../src/protocol/messages'
import type { Signaling } from '../src/protocol/socket'

type Listener = (...args: unknown[]) => void

class FakeEnd {
  readyState = 'open'
  binaryType = 'blob'
  readonly sent: unknown[] = []
  readonly #listeners = new Map<string, Listener>()
  readonly id: string
  constructor(id: string) {
    this.id = id
  }
  on(event: string, listener: Listener): void {
    this.#listeners.set(event, listener)
  }
  emit(event: string, ...args: unknown[]): void {
    this.#listeners.get(event)?.(...args)
  }
  send(message: unknown): void {
    this.sent.push(message)
  }
  close(): void {
    this.readyState = 'closed'
  }
}

class FakeStay {
  readonly asked: [string, unknown][] = []
  readonly produced: FakeEnd[] = []
  readonly consumed: FakeEnd[] = []
  readonly carrier = {
    me: 'me',
    signaling: { request: (name: string, payload: unknown) => this.#answer(name, payload) } as unknown as Signaling,
    transport: async () => this.#transport as unknown as types.Transport,
  }
  readonly #transport = {
    id: 'transport',
    produceData: async () => this.#made(this.produced, `out-${this.produced.length}`),
    consumeData: async ({ id }: { id: string }) => this.#made(this.consumed, id),
  }

  async #answer(name: string, payload: unknown): Promise<unknown> {
    this.asked.push([name, payload])
    return { id: `in-${this.consumed.length}`, sctpStreamParameters: { streamId: 0 }, label: 'l', protocol: '' }
  }

  #made(list: FakeEnd[], id: string): FakeEnd {
    const end = new FakeEnd(id)
    list.push(end)
    return end
  }
}

const view = (id: string, label = 'notes', participant = 'ada'): DataProducerView => ({
  data_producer_id: id,
  participant_id: participant,
  label,
  protocol: '',
})
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

function begun(...producers: DataProducerView[]): { stay: FakeStay; channels: DataChannels } {
  const stay = new FakeStay()
  const channels = new DataChannels()
  channels.begin(stay.carrier, producers)
  return { stay, channels }
}

describe('data channels', () => {
  test('receive nothing that nobody listens to', async () => {
    const { stay, channels } = begun(view('d1'))
    channels.apply({ type: 'data_producer:added', data: view('d2') })
    channels.listen('other', () => undefined)
    await settled()
    expect(stay.asked).toEqual([])
  })

  test('hear who was there before and who comes later, and not oneself', async () => {
    const { stay, channels } = begun(view('d1'), view('mine', 'notes', 'me'))
    const heard: unknown[] = []
    channels.listen('notes', (message, from) => heard.push([message, from]))
    channels.apply({ type: 'data_producer:added', data: view('d2', 'notes', 'ben') })
    await settled()
    stay.consumed[0]?.emit('message', 'one')
    stay.consumed[1]?.emit('message', 'two')
    expect(heard).toEqual([
      ['one', 'ada'],
      ['two', 'ben'],
    ])
    expect(stay.consumed.map((end) => end.binaryType)).toEqual(['arraybuffer', 'arraybuffer'])
  })

  test('are let go of when nobody listens any more', async () => {
    const { stay, channels } = begun(view('d1'))
    const stop = channels.listen('notes', () => undefined)
    await settled()
    stop()
    await settled()
    expect(stay.consumed[0]?.readyState).toBe('closed')
    expect(stay.asked.at(-1)).toEqual(['data_consumer:close', { data_consumer_id: 'in-0' }])
  })

  test('close with their sender without asking the server', async () => {
    const { stay, channels } = begun(view('d1'))
    channels.listen('notes', () => undefined)
    await settled()
    channels.apply({ type: 'data_producer:removed', data: { data_producer_id: 'd1' } })
    await settled()
    expect(stay.consumed[0]?.readyState).toBe('closed')
    expect(stay.asked.map(([name]) => name)).toEqual(['consume_data'])
  })

  test('are heard again by whoever was too slow for a while', async () => {
    const { stay, channels } = begun(view('d1'))
    const heard: unknown[] = []
    channels.listen('notes', (message) => heard.push(message))
    await settled()
    channels.apply({ type: 'data_consumer:closed', data: { data_consumer_id: 'in-0', reason: 'slow' } })
    await settled()
    stay.consumed[1]?.emit('message', 'again')
    expect(stay.consumed[0]?.readyState).toBe('closed')
    expect(heard).toEqual(['again'])
  })

  test('are opened and listened to again with the next stay', async () => {
    const { stay, channels } = begun(view('d1'))
    const heard: unknown[] = []
    channels.listen('notes', (message) => heard.push(message))
    const channel = await channels.open('notes')
    await settled()
    channels.end()
    expect(() => channel.send('lost')).toThrow('no way')
    const next = new FakeStay()
    channels.begin(next.carrier, [view('d9')])
    await settled()
    channel.send('found')
    next.consumed[0]?.emit('message', 'again')
    stay.consumed[0]?.emit('message', 'late')
    expect(next.produced[0]?.sent).toEqual(['found'])
    expect(heard).toEqual(['again'])
  })

  test('that the server closed send nothing more', async () => {
    const { stay, channels } = begun()
    const channel = await channels.open('notes')
    channels.apply({ type: 'data_producer:closed', data: { data_producer_id: 'out-0', reason: 'too_large' } })
    expect(stay.produced[0]?.readyState).toBe('closed')
    expect(() => channel.send('more')).toThrow('no way')
  })

  test('cannot be opened outside of a stay', async () => {
    await expect(new DataChannels().open('notes')).rejects.toThrow('no way')
  })
})
