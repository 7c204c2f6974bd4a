import type { types } from 'mediasoup-client'
import type { MediaKind, ProducerView, Source } from '../protocol/messages'
import type { Signaling } from '../protocol/socket'
import { cameraOptions, wishOf } from './camera'
import { sendOnly } from './encodings'
import { Lifetime } from './lifetime'
import type { LocalInput } from './local-input'
import type { LocalMedia } from './local-media'
import type { ScreenShare } from './screen-share'

/** One encoding, so that its whole budget goes into sharpness. */
const SCREEN_ENCODINGS: types.RtpEncodingParameters[] = [{ maxBitrate: 2_500_000, scalabilityMode: 'L1T3' }]

const OPUS: types.ProducerCodecOptions = { opusDtx: true, opusFec: true }
const MUSIC: types.ProducerCodecOptions = { opusDtx: false, opusFec: true, opusStereo: true }

export type TransportProvider = () => Promise<types.Transport>

/**
 * Keeps what the server holds of us equal to what this person's devices are doing. It never decides anything: each change
 * of a device wakes `#align`, which compares and does the one next thing, until nothing differs.
 *
 * The order of a mute: the track is silenced (by LocalInput, before this hears of it), the local producer pauses, the
 * server is told (`producer:pause`), and the others are told (`media:toggle`). Of an unmute: the local producer first, so that
 * the key frame the server asks for on `producer:resume` finds an encoder that runs.
 */
export class Publisher {
  readonly #signaling: Signaling
  readonly #device: types.Device
  readonly #transport: TransportProvider
  readonly #producers = new Map<Source, types.Producer>()
  readonly #lifetime = new Lifetime()
  readonly #onError: (source: Source, error: unknown) => void
  readonly #compare: (() => void)[] = []
  #turn: Promise<void> = Promise.resolve()

  constructor(
    signaling: Signaling,
    device: types.Device,
    transport: TransportProvider,
    media: LocalMedia,
    screen: ScreenShare,
    onError: (source: Source, error: unknown) => void,
  ) {
    this.#signaling = signaling
    this.#device = device
    this.#transport = transport
    this.#onError = onError
    this.#follow('microphone', media.microphone)
    this.#follow('camera', media.camera)
    const shared = () => this.#next('screen', () => this.#alignScreen(screen.stream.get()))
    this.#lifetime.own(screen.stream.subscribe(shared))
    this.#compare.push(shared)
    shared()
  }

  producer(source: Source): types.Producer | undefined {
    return this.#producers.get(source)
  }

  /** Microphone and camera that were on and are off now. */
  muted(): MediaKind[] {
    const personal = [this.#producers.get('microphone'), this.#producers.get('camera')]
    return personal.flatMap((producer) => (producer?.paused ? [producer.kind] : []))
  }

  /** The kind of the microphone or camera of ours with this id. */
  kindOf(producerId: string): MediaKind | undefined {
    const personal = [this.#producers.get('microphone'), this.#producers.get('camera')]
    return personal.find((producer) => producer?.id === producerId)?.kind
  }

  /**
   * After a lost connection: `held` is what the server still has of ours. What only one side has is closed, then all is
   * compared anew. @returns the kinds that a host switched off meanwhile.
   */
  keep(held: readonly ProducerView[]): MediaKind[] {
    const strays = new Map(held.map((producer) => [producer.producer_id, producer]))
    const off: MediaKind[] = []
    for (const [source, producer] of this.#producers) {
      const there = strays.get(producer.id)
      strays.delete(producer.id)
      if (!there) {
        this.#producers.delete(source)
        producer.close()
      } else if (there.paused && !producer.paused) off.push(producer.kind)
      else if (!there.paused && producer.paused) this.#next(source, () => this.#mute(producer))
    }
    for (const producer_id of strays.keys()) {
      this.#signaling.request('producer:close', { producer_id }).catch(() => undefined)
    }
    for (const compare of this.#compare) compare()
    return off
  }

  /** The server says which layers of a producer of ours anybody watches. */
  want(producerId: string, layers: readonly boolean[]): void {
    for (const [source, producer] of this.#producers) {
      if (producer.id !== producerId) continue
      this.#next(source, async () => {
        if (!producer.closed && producer.rtpSender) await sendOnly(producer.rtpSender, layers)
      })
    }
  }

  /** Stops following the devices and closes our ends; the tracks stay, they belong to LocalMedia. */
  close(): void {
    this.#lifetime.end()
    for (const producer of this.#producers.values()) producer.close()
    this.#producers.clear()
  }

  #follow(source: 'microphone' | 'camera', input: LocalInput): void {
    const changed = () => this.#next(source, () => this.#align(source, input))
    this.#lifetime.own(input.state.subscribe(changed))
    this.#compare.push(changed)
    changed()
  }

  /** Sources are aligned one after the other: negotiation of one connection cannot be done twice at once anyway. */
  #next(source: Source, step: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      if (this.#lifetime.ended) return
      try {
        await step()
      } catch (error) {
        if (!this.#lifetime.ended) this.#onError(source, error)
      }
    })
  }

  async #align(source: 'microphone' | 'camera', input: LocalInput): Promise<void> {
    const { on, track } = input.state.get()
    const producer = this.#producers.get(source)
    if (!producer) {
      if (on && track) await this.#produce(source, track, () => cameraOrVoice(source, this.#device))
      return
    }
    const live = on && track !== undefined
    if (!live && !producer.paused) await this.#mute(producer)
    if (producer.track !== (track ?? null)) await producer.replaceTrack({ track: track ?? null })
    if (live && producer.paused) await this.#unmute(producer)
  }

  async #alignScreen(stream: MediaStream | undefined): Promise<void> {
    const [picture] = stream?.getVideoTracks() ?? []
    const [sound] = stream?.getAudioTracks() ?? []
    const current = this.#producers.get('screen')
    if (current && current.track !== picture) {
      await this.#withdraw('screen_audio')
      await this.#withdraw('screen')
      await this.#signaling.request('screen:stop', {})
    }
    if (picture && !this.#producers.has('screen')) {
      await this.#signaling.request('screen:start', {})
      await this.#produce('screen', picture, () => ({ encodings: SCREEN_ENCODINGS }))
      if (sound) await this.#produce('screen_audio', sound, () => ({ codecOptions: MUSIC }))
    }
  }

  async #produce(source: Source, track: MediaStreamTrack, options: () => types.ProducerOptions): Promise<void> {
    const transport = await this.#transport() // which also means that the device is loaded and can be asked
    if (track.readyState === 'ended' || !this.#device.canProduce(track.kind as MediaKind)) return
    const producer = await transport.produce({
      ...options(),
      track,
      stopTracks: false,
      appData: { source },
    })
    if (this.#lifetime.ended) {
      producer.close()
      return
    }
    this.#producers.set(source, producer)
    if (source === 'screen') await keepResolution(producer)
  }

  async #mute(producer: types.Producer): Promise<void> {
    producer.pause()
    await this.#signaling.request('producer:pause', { producer_id: producer.id })
    await this.#signaling.request('media:toggle', { kind: producer.kind, enabled: false })
  }

  async #unmute(producer: types.Producer): Promise<void> {
    producer.resume()
    await this.#signaling.request('producer:resume', { producer_id: producer.id })
    await this.#signaling.request('media:toggle', { kind: producer.kind, enabled: true })
  }

  async #withdraw(source: Source): Promise<void> {
    const producer = this.#producers.get(source)
    if (!producer) return
    this.#producers.delete(source)
    producer.close()
    await this.#signaling.request('producer:close', { producer_id: producer.id })
  }
}

function cameraOrVoice(source: 'microphone' | 'camera', device: types.Device): types.ProducerOptions {
  if (source === 'microphone') return { codecOptions: OPUS }
  return cameraOptions(device.sendRtpCapabilities.codecs ?? [], wishOf(location.search))
}

/** Under congestion a shared screen loses frames, never sharpness. */
async function keepResolution(producer: types.Producer): Promise<void> {
  const sender = producer.rtpSender
  if (!sender) return
  const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string }
  parameters.degradationPreference = 'maintain-resolution'
  // Browsers that do not know the field refuse it; contentHint asks the same of them.
  await sender.setParameters(parameters).catch(() => undefined)
}
