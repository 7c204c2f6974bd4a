import type { types } from 'mediasoup-client'
import type { ProducerView, Source } from '../protocol/messages'
import { type ReadableStore, Store } from '../state/store'
import { type Shown, Subscription, type SubscriptionContext } from './subscription'

export interface RemoteTrack {
  readonly producerId: string
  readonly participantId: string
  readonly source: Source
  readonly track: MediaStreamTrack
  readonly consumer: types.Consumer
  /** There is no bandwidth for it: what is seen is the last picture that came. */
  readonly stalled: boolean
}

/** What we receive, by producer id: everybody's sound, and the pictures that are shown somewhere. */
export class Subscriber {
  readonly #context: SubscriptionContext
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #tracks = new Store<ReadonlyMap<string, RemoteTrack>>(new Map())
  readonly #shown: ReadonlyMap<string, Shown>
  #closed = false

  /** `shown` holds every picture that is on the page, also those that were there before a reconnect. */
  constructor(context: Omit<SubscriptionContext, 'onChange'>, shown: ReadonlyMap<string, Shown>) {
    this.#context = { ...context, onChange: () => this.#publish() }
    this.#shown = shown
  }

  get tracks(): ReadableStore<ReadonlyMap<string, RemoteTrack>> {
    return this.#tracks
  }

  /** Brings the subscriptions in line with what the others send; `producers` holds theirs, not ours. */
  follow(producers: readonly ProducerView[]): void {
    const present = new Set(producers.map((producer) => producer.producer_id))
    for (const [id, subscription] of this.#subscriptions) {
      if (present.has(id)) continue
      this.#subscriptions.delete(id)
      subscription.close()
    }
    for (const producer of producers) {
      if (this.#subscriptions.has(producer.producer_id)) continue
      const subscription = new Subscription(producer, this.#context)
      this.#subscriptions.set(producer.producer_id, subscription)
      const shown = this.#shown.get(producer.producer_id)
      if (producer.kind === 'audio') subscription.show()
      else if (shown !== undefined) subscription.show(shown)
    }
    this.#publish()
  }

  /** After a lost connection: `alive` are the consumers that the server still has for us. What only one side has is closed. */
  keep(alive: readonly string[]): void {
    const strays = new Set(alive)
    for (const [id, subscription] of this.#subscriptions) {
      const { consumer } = subscription
      if (consumer && strays.delete(consumer.id)) subscription.sayAgain()
      else {
        this.#subscriptions.delete(id)
        subscription.close()
      }
    }
    for (const consumer_id of strays) {
      this.#context.signaling.request('consumer:close', { consumer_id }).catch(() => undefined)
    }
  }

  show(producerId: string, shown: Shown): void {
    this.#subscriptions.get(producerId)?.show(shown)
  }

  hide(producerId: string): void {
    this.#subscriptions.get(producerId)?.hide()
  }

  /** Whether a picture stands still because there is no bandwidth for it. */
  stalled(consumerId: string, stalled: boolean): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.consumer?.id === consumerId) subscription.stalled = stalled
    }
    this.#publish()
  }

  /** The server closed one consumer without closing its producer. */
  consumerClosed(consumerId: string): void {
    for (const [id, subscription] of this.#subscriptions) {
      if (subscription.consumer?.id !== consumerId) continue
      this.#subscriptions.delete(id)
      subscription.close()
    }
    this.#publish()
  }

  close(): void {
    this.#closed = true
    for (const subscription of this.#subscriptions.values()) subscription.close()
    this.#subscriptions.clear()
  }

  #publish(): void {
    if (this.#closed) return
    const tracks = new Map<string, RemoteTrack>()
    for (const { info, consumer, stalled } of this.#subscriptions.values()) {
      if (!consumer) continue
      const { producer_id: producerId, participant_id: participantId, source } = info
      const before = this.#tracks.get().get(producerId)
      const same = before?.consumer === consumer && before.stalled === stalled
      const { track } = consumer
      tracks.set(producerId, same ? before : { producerId, participantId, source, track, consumer, stalled })
    }
    const before = this.#tracks.get()
    if (before.size === tracks.size && [...tracks].every(([id, track]) => before.get(id) === track)) return
    this.#tracks.set(tracks)
  }
}
