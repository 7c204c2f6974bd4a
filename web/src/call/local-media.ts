import { type ReadableStore, Store } from '../state/store'
import {
  type DeviceList,
  listDevices,
  mediaSupported,
  noDevices,
  openBoth,
  openCamera,
  openMicrophone,
} from './devices'
import { Lifetime } from './lifetime'
import { LocalInput } from './local-input'
import { MicrophoneMeter } from './meter'

export interface LocalMediaOptions {
  microphoneOn: boolean
  cameraOn: boolean
  microphoneId: string | undefined
  cameraId: string | undefined
  speakerId: string | undefined
}

/** This person's microphone, camera and speaker: from the green room through the call, across every reconnect. */
export class LocalMedia {
  readonly microphone: LocalInput
  readonly camera: LocalInput
  readonly #devices = new Store<DeviceList>(noDevices)
  readonly #speakerId: Store<string | undefined>
  readonly #lifetime = new Lifetime()
  #meter: { track: MediaStreamTrack; meter: MicrophoneMeter } | undefined

  constructor(options: LocalMediaOptions) {
    this.microphone = new LocalInput({
      on: options.microphoneOn,
      deviceId: options.microphoneId,
      open: openMicrophone,
      releaseWhenOff: false,
    })
    this.camera = new LocalInput({
      on: options.cameraOn,
      deviceId: options.cameraId,
      open: openCamera,
      releaseWhenOff: true,
    })
    this.#speakerId = new Store(options.speakerId)
    this.#lifetime.own(() => this.microphone.close())
    this.#lifetime.own(() => this.camera.close())
    this.#lifetime.own(this.microphone.state.subscribe(() => this.#followMicrophone()))
    this.#lifetime.own(() => this.#meter?.meter.close())
  }

  get devices(): ReadableStore<DeviceList> {
    return this.#devices
  }

  get speakerId(): ReadableStore<string | undefined> {
    return this.#speakerId
  }

  chooseSpeaker(id: string): void {
    this.#speakerId.set(id)
  }

  /** Opens what should be on. A failure of one leaves the other working; neither rejects. */
  async start(): Promise<void> {
    if (mediaSupported()) {
      this.#lifetime.listen(navigator.mediaDevices, 'devicechange', () => void this.#relist())
    }
    if (!(await this.#openTogether())) await Promise.all([this.microphone.open(), this.camera.open()])
    // Device names are only told once a device was allowed.
    await this.#relist()
  }

  /** How loud the microphone is, 0 to 1; also while muted it is 0, as nothing leaves it. */
  level(): number {
    return this.#meter?.meter.level() ?? 0
  }

  close(): void {
    this.#lifetime.end()
  }

  async #openTogether(): Promise<boolean> {
    const microphone = this.microphone.state.get()
    const camera = this.camera.state.get()
    if (!mediaSupported() || !microphone.on || !camera.on) return false
    try {
      const both = await openBoth(microphone.deviceId, camera.deviceId)
      this.microphone.adopt(both.microphone)
      this.camera.adopt(both.camera)
      return true
    } catch {
      // Which of the two failed is not told: each is asked for by itself.
      return false
    }
  }

  async #relist(): Promise<void> {
    const devices = await listDevices().catch(() => noDevices)
    if (!this.#lifetime.ended) this.#devices.set(devices)
  }

  #followMicrophone(): void {
    const { track } = this.microphone.state.get()
    if (track === this.#meter?.track) return
    this.#meter?.meter.close()
    this.#meter = track && { track, meter: new MicrophoneMeter(track) }
  }
}
