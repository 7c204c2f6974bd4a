import { type ReadableStore, Store } from '../state/store'
import { type MediaProblem, mediaSupported, problemOf } from './devices'

export interface InputState {
  /** What the person chose. On without a track means it is being opened. */
  readonly on: boolean
  readonly track: MediaStreamTrack | undefined
  readonly problem: MediaProblem | undefined
  readonly deviceId: string | undefined
}

export interface InputOptions {
  on: boolean
  deviceId: string | undefined
  open: (deviceId: string | undefined) => Promise<MediaStreamTrack>
  /** A camera that is off is let go, so that its light goes out; a muted microphone is kept, so that unmuting cuts no word. */
  releaseWhenOff: boolean
}

/** The microphone or the camera: on or off, which device, and what went wrong. Changes happen one after the other. */
export class LocalInput {
  readonly #store: Store<InputState>
  readonly #options: InputOptions
  #turn: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: InputOptions) {
    this.#options = options
    this.#store = new Store<InputState>({
      on: options.on,
      track: undefined,
      problem: undefined,
      deviceId: options.deviceId,
    })
  }

  get state(): ReadableStore<InputState> {
    return this.#store
  }

  /** Opens the device when it should be on and is not open yet. */
  open(): Promise<void> {
    return this.#next(() => this.#settle())
  }

  set(on: boolean): Promise<void> {
    this.#store.patch({ on, problem: undefined })
    // Off takes effect at once, not after whatever is still being opened.
    if (!on) this.#silence()
    return this.#next(() => this.#settle())
  }

  choose(deviceId: string): Promise<void> {
    this.#store.patch({ deviceId })
    return this.#next(async () => {
      this.#release()
      await this.#settle()
    })
  }

  /** Takes a track that was opened together with another one. */
  adopt(track: MediaStreamTrack): void {
    const { on } = this.#store.get()
    if (this.#closed || (!on && this.#options.releaseWhenOff)) {
      track.stop()
      return
    }
    track.enabled = on
    track.addEventListener('ended', () => this.#onEnded(track), { once: true })
    const deviceId = track.getSettings().deviceId ?? this.#store.get().deviceId
    this.#store.patch({ track, problem: undefined, deviceId })
  }

  fail(error: unknown): void {
    this.#store.patch({ on: false, track: undefined, problem: problemOf(error) })
  }

  close(): void {
    this.#closed = true
    this.#release()
  }

  async #settle(): Promise<void> {
    const { on, track } = this.#store.get()
    if (this.#closed) return
    if (track) track.enabled = on
    else if (on) await this.#acquire()
  }

  async #acquire(): Promise<void> {
    if (!mediaSupported()) {
      this.#store.patch({ on: false, problem: 'insecure' })
      return
    }
    try {
      this.adopt(await this.#options.open(this.#store.get().deviceId))
    } catch (error) {
      this.fail(error)
    }
  }

  #silence(): void {
    const { track } = this.#store.get()
    if (this.#options.releaseWhenOff) this.#release()
    else if (track) track.enabled = false
  }

  #release(): void {
    const { track } = this.#store.get()
    track?.stop()
    this.#store.patch({ track: undefined })
  }

  /** Unplugged, or taken back by the browser: the default device takes its place where there is one. */
  #onEnded(track: MediaStreamTrack): void {
    if (this.#closed || this.#store.get().track !== track) return
    this.#store.patch({ track: undefined, deviceId: undefined })
    void this.open()
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(step)
    return this.#turn
  }
}
