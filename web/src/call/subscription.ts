import type { types } from 'mediasoup-client'
import { CodedError } from '../protocol/errors'
import type { ProducerView, Source } from '../protocol/messages'
import type { Signaling } from '../protocol/socket'
import { type SpatialLayer, spatialLayerFor } from './layers'
import { Lifetime } from './lifetime'

/** A track that stops being shown is let run this long: a tile that moves between layouts comes back within it. */
const HIDE_DELAY_MS = 1_500

export interface SubscriptionContext {
  readonly signaling: Signaling
  readonly device: Promise<types.Device>
  readonly transport: () => Promise<types.Transport>
  /** A consumer came or went. */
  readonly onChange: () => void
  readonly onError: (source: Source, error: unknown) => void
}

/**
 * Our side of one producer of somebody else: consumed when it is wanted, paused on the server when it is not shown, on the
 * layer its tile needs. Like Publisher it compares what is wanted with what is, one step after the other.
 */
export class Subscription {
  readonly info: ProducerView
  readonly #context: SubscriptionContext
  readonly #lifetime = new Lifetime()
  #consumer: types.Consumer | undefined
  #simulcast = false
  #wanted = false
  #running = false
  #wantedLayer: SpatialLayer | undefined
  #askedLayer: SpatialLayer | undefined
  #hiding: ReturnType<typeof setTimeout> | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(info: ProducerView, context: SubscriptionContext) {
    this.info = info
    this.#context = context
    this.#lifetime.own(() => clearTimeout(this.#hiding))
  }

  get consumer(): types.Consumer | undefined {
    return this.#consumer
  }

  /** Shows it at this height in device pixels; audio has none. */
  show(heightPx?: number): void {
    clearTimeout(this.#hiding)
    this.#wanted = true
    if (heightPx !== undefined) this.#wantedLayer = spatialLayerFor(heightPx, this.#wantedLayer)
    this.#wake()
  }

  hide(): void {
    clearTimeout(this.#hiding)
    this.#hiding = setTimeout(() => {
      this.#wanted = false
      this.#wake()
    }, HIDE_DELAY_MS)
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
    if (this.#simulcast && this.#wantedLayer !== undefined && this.#wantedLayer !== this.#askedLayer) {
      this.#askedLayer = this.#wantedLayer
      await this.#context.signaling.request('consumer:layers', { consumer_id, spatial_layer: this.#wantedLayer })
    }
    if (this.#wanted !== this.#running) {
      this.#running = this.#wanted
      await this.#context.signaling.request(this.#wanted ? 'consumer:resume' : 'consumer:pause', { consumer_id })
    }
  }

  async #consume(): Promise<void> {
    const { signaling } = this.#context
    const [transport, device] = await Promise.all([this.#context.transport(), this.#context.device])
    const layer = this.#wantedLayer
    const created = await signaling.request('consume', {
      transport_id: transport.id,
      producer_id: this.info.producer_id,
      rtpCapabilities: device.recvRtpCapabilities,
      ...(layer === undefined ? {} : { preferred_layers: { spatial_layer: layer } }),
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
    this.#simulcast = created.type !== 'simple'
    this.#askedLayer = layer
    this.#context.onChange()
  }
}
