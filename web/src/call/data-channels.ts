import type { types } from 'mediasoup-client'
import { CodedError } from '../protocol/errors'
import type { DataConsumerClosed, DataProducerView, Notification } from '../protocol/messages'
import type { Signaling } from '../protocol/socket'

/** As `RTCDataChannel` has them: without a limit messages are reliable and in order. */
export interface ChannelOptions {
  readonly protocol?: string
  readonly ordered?: boolean
  readonly maxRetransmits?: number
  readonly maxPacketLifeTime?: number
}

export interface Channel {
  readonly label: string
  /** At most 262,144 bytes. @throws CodedError `DISCONNECTED` while there is no way to the server. */
  send(message: string | ArrayBuffer): void
  close(): void
}

export type Hear = (message: string | ArrayBuffer, participantId: string) => void

/** What one stay in the room gives to data: a way to ask, two transports, and who we are. */
export interface DataCarrier {
  readonly signaling: Signaling
  readonly me: string
  readonly transport: (direction: 'send' | 'recv') => Promise<types.Transport>
}

/**
 * Messages between the people of a meeting, past signaling, for whoever scripts the page (`window.folkmoot.data`). Nothing is
 * sent or received before somebody opens a channel or listens to one. Channels outlive a reconnect and a lost media worker:
 * they are opened again with the next stay; what was sent meanwhile is lost.
 */
export class DataChannels {
  readonly #channels = new Set<OwnChannel>()
  readonly #hears = new Map<string, Set<Hear>>()
  readonly #present = new Map<string, DataProducerView>()
  readonly #heard = new Map<string, Promise<types.DataConsumer | undefined>>()
  #carrier: DataCarrier | undefined

  /** A stay begins; `producers` are the channels that others have open. */
  begin(carrier: DataCarrier, producers: readonly DataProducerView[]): void {
    this.end()
    this.#carrier = carrier
    for (const producer of producers) this.#add(producer)
    for (const channel of this.#channels) channel.open(carrier).catch(() => undefined)
  }

  /** The stay is over, and its transports have taken their channels along. */
  end(): void {
    this.#carrier = undefined
    this.#present.clear()
    this.#heard.clear()
    for (const channel of this.#channels) channel.lose()
  }

  /** After a lost connection on which the stay went on: `producers` are the channels that others have open now. */
  keep(producers: readonly DataProducerView[]): void {
    const open = new Set(producers.map((producer) => producer.data_producer_id))
    for (const id of this.#present.keys()) {
      if (open.has(id)) continue
      this.#present.delete(id)
      this.#silence(id)
    }
    for (const producer of producers) if (!this.#present.has(producer.data_producer_id)) this.#add(producer)
  }

  apply(notification: Notification): void {
    switch (notification.type) {
      case 'data_producer:added':
        this.#add(notification.data)
        break
      case 'data_producer:removed':
        this.#present.delete(notification.data.data_producer_id)
        this.#silence(notification.data.data_producer_id)
        break
      case 'data_producer:closed':
        for (const channel of this.#channels) channel.closedByServer(notification.data.data_producer_id)
        break
      case 'data_consumer:closed':
        this.#closedByServer(notification.data)
        break
    }
  }

  /** Resolves once messages can be sent. @throws CodedError */
  async open(label: string, options: ChannelOptions = {}): Promise<Channel> {
    const carrier = this.#carrier
    if (!carrier) throw disconnected()
    const channel = new OwnChannel(label, options, () => this.#channels.delete(channel))
    this.#channels.add(channel)
    try {
      await channel.open(carrier)
    } catch (error) {
      this.#channels.delete(channel)
      throw error
    }
    return channel
  }

  /** Hears what the others send under this label from now on. @returns what ends it. */
  listen(label: string, hear: Hear): () => void {
    const hears = this.#hears.get(label) ?? new Set()
    this.#hears.set(label, hears.add(hear))
    for (const producer of this.#present.values()) this.#consume(producer)
    return () => {
      hears.delete(hear)
      if (hears.size > 0 || this.#hears.get(label) !== hears) return
      this.#hears.delete(label)
      for (const [id, producer] of this.#present) if (producer.label === label) this.#silence(id)
    }
  }

  #add(producer: DataProducerView): void {
    if (producer.participant_id === this.#carrier?.me) return
    this.#present.set(producer.data_producer_id, producer)
    this.#consume(producer)
  }

  #consume(producer: DataProducerView): void {
    const carrier = this.#carrier
    const id = producer.data_producer_id
    if (!carrier || this.#heard.has(id) || !this.#hears.has(producer.label)) return
    const hear = (message: string | ArrayBuffer) => {
      if (this.#carrier !== carrier) return
      for (const each of this.#hears.get(producer.label) ?? []) each(message, producer.participant_id)
    }
    this.#heard.set(
      id,
      receive(carrier, id, hear).catch(() => {
        // It closed meanwhile, or the stay did; whoever listens hears no more of it than of any that closes.
        this.#heard.delete(id)
        return undefined
      }),
    )
  }

  /** Nobody listens any more, or nobody sends. */
  #silence(producerId: string): void {
    const consumer = this.#heard.get(producerId)
    this.#heard.delete(producerId)
    const sends = this.#present.has(producerId)
    const signaling = this.#carrier?.signaling
    void consumer?.then((heard) => {
      if (!heard) return
      heard.close()
      if (sends) signaling?.request('data_consumer:close', { data_consumer_id: heard.id }).catch(() => undefined)
    })
  }

  /** Whoever was too slow has missed something; what comes next is heard again. */
  #closedByServer({ data_consumer_id: consumerId, reason }: DataConsumerClosed): void {
    for (const [producerId, consumer] of this.#heard) {
      void consumer.then((heard) => {
        if (heard?.id !== consumerId || this.#heard.get(producerId) !== consumer) return
        heard.close()
        this.#heard.delete(producerId)
        const producer = this.#present.get(producerId)
        if (reason === 'slow' && producer) this.#consume(producer)
      })
    }
  }
}

async function receive(
  carrier: DataCarrier,
  producerId: string,
  hear: (message: string | ArrayBuffer) => void,
): Promise<types.DataConsumer> {
  const transport = await carrier.transport('recv')
  const wish = { transport_id: transport.id, data_producer_id: producerId }
  const { id, sctpStreamParameters, label, protocol } = await carrier.signaling.request('consume_data', wish)
  const consumer = await transport.consumeData({
    id,
    dataProducerId: producerId,
    sctpStreamParameters,
    label,
    protocol,
  })
  consumer.binaryType = 'arraybuffer'
  consumer.on('message', hear)
  return consumer
}

class OwnChannel implements Channel {
  readonly label: string
  readonly #options: ChannelOptions
  readonly #onClose: () => void
  #producer: types.DataProducer | undefined
  #signaling: Signaling | undefined
  #closed = false

  constructor(label: string, options: ChannelOptions, onClose: () => void) {
    this.label = label
    this.#options = options
    this.#onClose = onClose
  }

  async open(carrier: DataCarrier): Promise<void> {
    const transport = await carrier.transport('send')
    const producer = await transport.produceData({ ...this.#options, label: this.label })
    if (producer.readyState === 'connecting') {
      await new Promise<void>((resolve, reject) => {
        producer.on('open', () => resolve())
        producer.on('close', () => reject(disconnected()))
        producer.on('transportclose', () => reject(disconnected()))
      })
    }
    this.#producer = producer
    this.#signaling = carrier.signaling
    if (this.#closed) this.close()
  }

  send(message: string | ArrayBuffer): void {
    if (this.#producer?.readyState !== 'open') throw disconnected()
    this.#producer.send(message)
  }

  close(): void {
    this.#closed = true
    this.#onClose()
    const producer = this.#producer
    this.lose()
    if (!producer) return
    producer.close()
    this.#signaling?.request('data_producer:close', { data_producer_id: producer.id }).catch(() => undefined)
  }

  /** Its transport is gone. */
  lose(): void {
    this.#producer = undefined
  }

  closedByServer(producerId: string): void {
    if (this.#producer?.id !== producerId) return
    this.#producer.close()
    this.#closed = true
    this.#onClose()
    this.lose()
  }
}

function disconnected(): CodedError {
  return new CodedError('DISCONNECTED', 'There is no way to send this now.', 'data')
}
