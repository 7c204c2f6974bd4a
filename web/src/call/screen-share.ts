import { type ReadableStore, Store } from '../state/store'
import { openScreen, problemOf } from './devices'

/** The screen this person shows. It outlives a reconnect, and ends when the browser's own "stop sharing" is pressed. */
export class ScreenShare {
  readonly #stream = new Store<MediaStream | undefined>(undefined)

  get stream(): ReadableStore<MediaStream | undefined> {
    return this.#stream
  }

  /** Opens the browser's chooser. @throws whatever getDisplayMedia does; refusing is `NotAllowedError`. */
  async start(): Promise<void> {
    if (this.#stream.get()) return
    const stream = await openScreen()
    const [picture] = stream.getVideoTracks()
    picture?.addEventListener('ended', () => this.#stopIf(stream), { once: true })
    this.#stream.set(stream)
  }

  /** On or off. What failed is told to `warn`. */
  async toggle(warn: (text: string) => void): Promise<void> {
    if (this.stream.get()) {
      this.stop()
      return
    }
    try {
      await this.start()
    } catch (error) {
      // Closing the browser's chooser is a decision, not a fault.
      if (problemOf(error) !== 'refused') warn('This browser could not share the screen.')
    }
  }

  stop(): void {
    const stream = this.#stream.get()
    if (!stream) return
    for (const track of stream.getTracks()) track.stop()
    this.#stream.set(undefined)
  }

  #stopIf(stream: MediaStream): void {
    if (this.#stream.get() === stream) this.stop()
  }
}
