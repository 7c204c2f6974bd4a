import { Device, type types } from 'mediasoup-client'
import type { DataProducerView, MediaKind, Notification, Resumed, RoomJoined, Source } from '../protocol/messages'
import type { Signaling } from '../protocol/socket'
import { applyNotification, type Roster, rosterOf } from '../state/roster'
import { type ReadableStore, Store } from '../state/store'
import { keepCushion } from './cushion'
import type { DataChannels } from './data-channels'
import type { LocalMedia } from './local-media'
import type { MediaConnection } from './path-keeper'
import { Publisher } from './publisher'
import type { Relay } from './relay'
import type { ScreenShare } from './screen-share'
import { Subscriber } from './subscriber'
import type { Shown } from './subscription'
import { type Direction, openTransport } from './transport'

export interface SessionOptions {
  readonly signaling: Signaling
  readonly media: LocalMedia
  readonly screen: ScreenShare
  readonly data: DataChannels
  readonly relay: Relay
  readonly shown: ReadonlyMap<string, Shown>
  readonly onConnection: (connection: MediaConnection) => void
  readonly onError: (source: Source, error: unknown) => void
}

/**
 * One stay in a room, on one worker: its transports, what we publish and what we receive. It survives a lost connection that
 * the server waited for (`resume`); a worker's death and a server that has forgotten us end it and begin another.
 */
export class Session {
  #joined: RoomJoined
  /** Both transports are there on the server; rejects when one could not be made. */
  readonly opened: Promise<unknown>
  readonly publisher: Publisher
  readonly subscriber: Subscriber
  readonly #options: SessionOptions
  readonly #roster: Store<Roster>
  readonly #layers = new Map<string, number>()
  readonly #transports: types.Transport[] = []
  readonly #policy: RTCIceTransportPolicy
  #closed = false

  private constructor(
    options: SessionOptions,
    joined: RoomJoined,
    roster: Roster,
    channels: readonly DataProducerView[],
  ) {
    const device = new Device()
    const loaded = device.load({ routerRtpCapabilities: joined.routerRtpCapabilities }).then(() => device)
    this.#options = options
    this.#policy = options.relay.policy
    this.#joined = joined
    this.#roster = new Store(roster)
    const worst = new WorstConnection(options.onConnection)
    const send = this.#openTransport('send', options.signaling, loaded, worst)
    const recv = this.#openTransport('recv', options.signaling, loaded, worst)
    this.opened = Promise.all([send, recv])
    // Each of the two says so itself when it fails.
    this.opened.catch(() => undefined)
    const { signaling, onError } = options
    this.subscriber = new Subscriber({ signaling, device: loaded, transport: () => recv, onError }, options.shown)
    recv.then(
      (transport) => keepCushion(transport, () => this.#consumers()),
      () => undefined,
    )
    this.publisher = new Publisher(signaling, device, () => send, options.media, options.screen, onError)
    const transport = (direction: Direction) => (direction === 'send' ? send : recv)
    options.data.begin({ signaling, me: joined.participant_id, transport }, channels)
    this.#roster.subscribe(() => this.#follow())
    this.#follow()
  }

  /** Begins a stay that the server has agreed to. Media follows by itself; its failures go to `onConnection` and `onError`. */
  static begin(options: SessionOptions, joined: RoomJoined): Session {
    return new Session(options, joined, rosterOf(joined), joined.data_producers)
  }

  /** After `media:reset`: closes this one and begins it anew, with everybody there and nothing sent yet. */
  renew(): Session {
    // A mute that the death of the worker overtook would be lost: what is off is not produced again.
    for (const kind of this.publisher.muted()) {
      this.#options.signaling.request('media:toggle', { kind, enabled: false }).catch(() => undefined)
    }
    this.close()
    return new Session(this.#options, this.#joined, this.#roster.get(), [])
  }

  /**
   * After a lost connection, when the server has kept us: what lives on both sides goes on, the rest is made anew.
   * @returns the kinds that a host switched off meanwhile, or undefined when our transports do not live any more, or are
   * to take another way than they do.
   */
  resume(joined: RoomJoined, alive: Resumed): MediaKind[] | undefined {
    const kept = new Set(alive.transports)
    const all = this.#transports.length === 2 && kept.size === 2 && this.#policy === this.#options.relay.policy
    if (!all || this.#transports.some((transport) => transport.closed || !kept.has(transport.id))) return undefined
    this.#joined = joined
    const off = this.publisher.keep(joined.producers.filter((each) => each.participant_id === joined.participant_id))
    this.subscriber.keep(alive.consumers)
    this.#options.data.keep(joined.data_producers)
    this.#roster.set(rosterOf(joined))
    return off
  }

  get roster(): ReadableStore<Roster> {
    return this.#roster
  }

  /** The spatial layer the server last said it sends to a consumer. */
  layer(consumerId: string): number | undefined {
    return this.#layers.get(consumerId)
  }

  get transports(): readonly types.Transport[] {
    return this.#transports
  }

  apply(notification: Notification): void {
    if (notification.type === 'consumer:closed') this.subscriber.consumerClosed(notification.data.consumer_id)
    if (notification.type === 'consumer:layers_changed') {
      const { consumer_id, spatial_layer, reason } = notification.data
      this.#layers.set(consumer_id, spatial_layer)
      this.subscriber.stalled(consumer_id, spatial_layer < 0 && reason === 'bandwidth')
    }
    if (notification.type === 'producer:layers_wanted') {
      this.publisher.want(notification.data.producer_id, notification.data.spatial_layers)
    }
    this.#options.data.apply(notification)
    this.#roster.update((roster) => applyNotification(roster, notification))
  }

  change(step: (roster: Roster) => Roster): void {
    this.#roster.update(step)
  }

  /** In this order: nothing new is sent or asked for, then the tracks end, then the connections they ran on. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.publisher.close()
    this.subscriber.close()
    this.#options.data.end()
    for (const transport of this.#transports) transport.close()
  }

  *#consumers(): Iterable<types.Consumer> {
    for (const { consumer } of this.subscriber.tracks.get().values()) yield consumer
  }

  #follow(): void {
    if (this.#closed) return
    const others = this.#roster.get().producers.filter((p) => p.participant_id !== this.#joined.participant_id)
    this.subscriber.follow(others)
  }

  #openTransport(
    direction: Direction,
    signaling: Signaling,
    loaded: Promise<types.Device>,
    worst: WorstConnection,
  ): Promise<types.Transport> {
    const report = (connection: MediaConnection) => {
      if (!this.#closed) worst.set(direction, connection)
    }
    const opening = openTransport(signaling, loaded, direction, this.#options.relay, report)
    opening.then(
      (transport) => (this.#closed ? transport.close() : this.#transports.push(transport)),
      () => report('failed'),
    )
    return opening
  }
}

const severity: Readonly<Record<MediaConnection, number>> = { new: 0, connected: 1, connecting: 2, failed: 3 }

/** Two directions, one word for the person: the worse of both. */
class WorstConnection {
  readonly #states = new Map<string, MediaConnection>()
  readonly #report: (connection: MediaConnection) => void

  constructor(report: (connection: MediaConnection) => void) {
    this.#report = report
  }

  set(direction: string, connection: MediaConnection): void {
    this.#states.set(direction, connection)
    let worst: MediaConnection = 'new'
    for (const state of this.#states.values()) if (severity[state] > severity[worst]) worst = state
    this.#report(worst)
  }
}
