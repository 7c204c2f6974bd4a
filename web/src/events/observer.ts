import type { Call } from '../call/call'
import { Lifetime } from '../call/lifetime'
import type { LocalInput } from '../call/local-input'
import type { ClientFact, Network, Stay } from './client-event'

const FREEZE_INTERVAL_MS = 5_000
const DAY_MS = 86_400_000

/** Network Information API, where the browser has it. */
interface NetworkInformation extends EventTarget {
  readonly type?: string
}

const networks: Readonly<Record<string, Network>> = { ethernet: 'wired', wifi: 'wireless', cellular: 'cellular' }

/** Watches one call for what the server cannot see, and tells of it as long as somebody is in. */
export class CallObserver {
  readonly #call: Call
  readonly #tell: (stay: Stay, fact: ClientFact) => void
  readonly #lifetime = new Lifetime()
  readonly #frozenS = new Map<string, number>()

  constructor(call: Call, tell: (stay: Stay, fact: ClientFact) => void) {
    this.#call = call
    this.#tell = tell
    const network = networkInformation()
    this.#lifetime.listen(globalThis, 'offline', () => this.#noteNetwork(false))
    this.#lifetime.listen(globalThis, 'online', () => this.#noteNetwork(true))
    if (network) this.#lifetime.listen(network, 'change', () => this.#noteNetwork(navigator.onLine))
    this.#watch('microphone', call.media.microphone)
    this.#watch('camera', call.media.camera)
    this.#watchMedia()
    this.#lifetime.every(FREEZE_INTERVAL_MS, () => void this.#lookForFreezes().catch(() => undefined))
  }

  close(): void {
    this.#lifetime.end()
  }

  #note(fact: ClientFact): void {
    const { me, meeting, phase } = this.#call.state.get()
    if (me === undefined || meeting === undefined || (phase !== 'joined' && phase !== 'reconnecting')) return
    this.#tell({ meetingId: meeting.id, participantId: me }, fact)
  }

  #noteNetwork(online: boolean): void {
    const network = networks[networkInformation()?.type ?? ''] ?? 'unknown'
    this.#note({ type: 'client.network_changed', payload: { online, network } })
  }

  #watch(device: 'microphone' | 'camera', input: LocalInput): void {
    let before = input.state.get().problem
    const stop = input.state.subscribe(() => {
      const { problem } = input.state.get()
      if (problem !== undefined && problem !== before) {
        this.#note({ type: 'client.device_failed', payload: { device, error: problem } })
      }
      before = problem
    })
    this.#lifetime.own(stop)
  }

  /** Once for each report that a person may be asked for. */
  #watchMedia(): void {
    let told: string | undefined
    const stop = this.#call.state.subscribe(() => {
      const { reportId } = this.#call.state.get()
      if (reportId === undefined || reportId === told) return
      told = reportId
      const relayed = this.#call.relay.state.get().only
      this.#note({ type: 'client.media_failed', payload: { report_id: reportId, relayed } })
    })
    this.#lifetime.own(stop)
  }

  /** What stood still since the last look. A page nobody sees may be slowed by the browser: that is no fault. */
  async #lookForFreezes(): Promise<void> {
    if (document.visibilityState !== 'visible') return
    const tracks = [...this.#call.tracks.get().values()].filter(({ consumer }) => consumer.kind === 'video')
    for (const { consumer, producerId } of tracks) {
      if (consumer.closed) continue
      const frozenS = freezesOf(await consumer.getStats())
      const more = frozenS - (this.#frozenS.get(consumer.id) ?? 0)
      this.#frozenS.set(consumer.id, frozenS)
      if (more > 0) this.#noteFreeze(producerId, Math.min(DAY_MS, Math.round(more * 1_000)))
    }
    const present = new Set(tracks.map(({ consumer }) => consumer.id))
    for (const id of this.#frozenS.keys()) if (!present.has(id)) this.#frozenS.delete(id)
  }

  #noteFreeze(producer_id: string, frozen_ms: number): void {
    this.#note({ type: 'client.video_froze', payload: { producer_id, frozen_ms } })
  }
}

function freezesOf(report: RTCStatsReport): number {
  for (const stat of report.values() as Iterable<Record<string, unknown>>) {
    const frozen = stat['totalFreezesDuration']
    if (stat['type'] === 'inbound-rtp' && typeof frozen === 'number') return frozen
  }
  return 0
}

function networkInformation(): NetworkInformation | undefined {
  return (navigator as Navigator & { connection?: NetworkInformation }).connection
}
