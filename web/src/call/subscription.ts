import type { types } from 'mediasoup-client'
import { CodedError } from '../protocol/errors'
import type { ProducerView, Source } from '../protocol/messages'
import type { Signaling } from '../protocol/socket'
import { isNoteworthy, SETTLE_MS, type ShownSize } from './demand'
import { Lifetime } from './lifetime'

/** A track that stops being shown is let run this long: a tile that moves between layouts comes back within it. */
const HIDE_DELAY_MS = 1_500

/** How a picture is on the page. */
export interface Shown {
  readonly size: ShownSize
  /** 1 to 255: who is served first when there is too little bandwidth. */
  readonly priority: number
}

export interface SubscriptionContext {
  readonly signaling: Signaling
  readonly device: Promise<types.Device>
  readonly transport: () => Promise<types.Transport>
  /** A consumer came or went. */
  readonly onChange: () => void
  readonly onError: (source: Source, error: unknown) => void
}

/**
 * Our side of one producer of somebody else: consumed when it is wanted, paused on the server when it is not shown. The
 * server is told how large and how important it is, and chooses the layer. Like Publisher it compares what is wanted with what is, one step after the other.
 */
export class Subscription {
  readonly info: ProducerView
  readonly #context: SubscriptionContext
  readonly #lifetime = new Lifetime()
  #consumer: types.Consumer | undefined
  stalled = false
  #wanted = false
  /** What the server was last told; undefined when that is not known. */
  #running: boolean | undefined = false
  #shown: Shown | undefined
  #told: Partial<Shown> = {}
  #settling: ReturnType<typeof setTimeout> | undefined
  #hiding: ReturnType<typeof setTimeout> | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(info: ProducerView, context: SubscriptionContext) {
    this.info = info
    this.#context = context
    this.#lifetime.own(() => clearTimeout(this.#hiding))
    this.#lifetime.own(() => clearTimeout(this.#settling))
  }

  get consumer(): types.Consumer | undefined {
    return this.#consumer
  }

  /** Shows it; sound is not shown in any way. */
  show(shown?: Shown): void {
    clearTimeout(this.#hiding)
    const first = !this.#wanted || this.#shown === undefined
    this.#wanted = true
    this.#shown = shown
    if (first) this.#wake()
    else {
      clearTimeout(this.#settling)
      this.#settling = setTimeout(() => this.#wake(), SETTLE_MS)
    }
  }

  hide(): void {
    clearTimeout(this.#hiding)
    this.#hiding = setTimeout(() => {
      this.#wanted = false
      this.#wake()
    }, HIDE_DELAY_MS)
  }

  /** What was asked while the connection was lost may not have been heard: all of it is said again. */
  sayAgain(): void {
    this.#told = {}
    this.#running = undefined
    this.#wake()
  }

  /** Closes our end. The server's goes with the producer or with our transport. */
  close(): void {
    this.#lifetime.end()
    this.#consumer?.close()
    this.#consumer = undefined
  }

  #wake(): void {
    this.#turn = this.#turn.then(async () => {
      if (this.#lifetime.ended) return
      try {
        await this.#align()
      } catch (error) {
        // The producer went while we asked for it; its removal is on the way.
        const gone = error instanceof CodedError && (error.code === 'NOT_FOUND' || error.code === 'DISCONNECTED')
        if (!gone && !this.#lifetime.ended) this.#context.onError(this.info.source, error)
      }
    })
  }

  async #align(): Promise<void> {
    if (this.#wanted && !this.#consumer) await this.#consume()
    const consumer = this.#consumer
    if (!consumer) return
    const consumer_id = consumer.id
    // Asked for in this order and answered in this order: what flows from the start is the right size.
    const answers = this.#tell(consumer_id)
    if (this.#wanted !== this.#running) {
      this.#running = this.#wanted
      const request = this.#wanted ? 'consumer:resume' : 'consumer:pause'
      answers.push(this.#context.signaling.request(request, { consumer_id }))
    }
    await Promise.all(answers)
  }

  /** What the server does not know yet of how it is shown. */
  #tell(consumer_id: string): Promise<unknown>[] {
    const { signaling } = this.#context
    const answers: Promise<unknown>[] = []
    if (!this.#shown || !this.#wanted) return answers
    const { size, priority } = this.#shown
    if (isNoteworthy(size, this.#told.size)) {
      this.#told = { ...this.#told, size }
      answers.push(signaling.request('consumer:size', { consumer_id, ...size }))
    }
    if (priority !== this.#told.priority) {
      this.#told = { ...this.#told, priority }
      answers.push(signaling.request('consumer:priority', { consumer_id, priority }))
    }
    return answers
  }

  async #consume(): Promise<void> {
    const { signaling } = this.#context
    const [transport, device] = await Promise.all([this.#context.transport(), this.#context.device])
    const created = await signaling.request('consume', {
      transport_id: transport.id,
      producer_id: this.info.producer_id,
      rtpCapabilities: device.recvRtpCapabilities,
    })
    if (this.#lifetime.ended) return
    const consumer = await transport.consume({
      id: created.id,
      producerId: created.producer_id,
      kind: created.kind,
      rtpParameters: created.rtpParameters,
      // Camera and microphone of one person share a stream, which is what keeps lips and words together.
      streamId: `${created.participant_id}-${created.source.startsWith('screen') ? 'screen' : 'person'}`,
    })
    if (this.#lifetime.ended) {
      consumer.close()
      return
    }
    this.#consumer = consumer
    this.#context.onChange()
  }
}
