import { type ReadableStore, Store } from '../state/store'
import { Lifetime } from './lifetime'
import type { RemoteTrack } from './subscriber'

/** Lets everybody be heard: one audio element for each track, on the chosen speaker. */
export class Playback {
  readonly #elements = new Map<string, { track: MediaStreamTrack; element: HTMLAudioElement }>()
  readonly #blocked = new Store(false)
  readonly #speakerId: ReadableStore<string | undefined>
  readonly #lifetime = new Lifetime()

  constructor(speakerId: ReadableStore<string | undefined>) {
    this.#speakerId = speakerId
    this.#lifetime.own(
      speakerId.subscribe(() => {
        for (const { element } of this.#elements.values()) this.#route(element)
      }),
    )
  }

  /** True while the browser refuses to play sound before somebody has clicked. */
  get blocked(): ReadableStore<boolean> {
    return this.#blocked
  }

  follow(tracks: ReadonlyMap<string, RemoteTrack>): void {
    for (const [id, { track }] of this.#elements) {
      if (tracks.get(id)?.track !== track) this.#remove(id)
    }
    for (const [id, remote] of tracks) {
      if (remote.track.kind === 'audio' && !this.#elements.has(id)) this.#add(id, remote.track)
    }
  }

  /** To be called from a click: plays what was refused. */
  unblock(): void {
    this.#blocked.set(false)
    for (const { element } of this.#elements.values()) this.#play(element)
  }

  close(): void {
    this.#lifetime.end()
    for (const id of [...this.#elements.keys()]) this.#remove(id)
  }

  #add(id: string, track: MediaStreamTrack): void {
    const element = new Audio()
    element.srcObject = new MediaStream([track])
    this.#elements.set(id, { track, element })
    this.#route(element)
    this.#play(element)
  }

  #remove(id: string): void {
    const entry = this.#elements.get(id)
    if (!entry) return
    this.#elements.delete(id)
    entry.element.pause()
    entry.element.srcObject = null
  }

  #play(element: HTMLAudioElement): void {
    element.play().catch((error: unknown) => {
      // AbortError: the element was taken away before it began.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#blocked.set(true)
    })
  }

  #route(element: HTMLAudioElement): void {
    const id = this.#speakerId.get()
    // A speaker that was unplugged leaves the sound on the default one.
    if (id !== undefined && 'setSinkId' in element) void element.setSinkId(id).catch(() => undefined)
  }
}
