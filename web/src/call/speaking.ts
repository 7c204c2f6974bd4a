import { type ReadableStore, Store } from '../state/store'
import type { LocalMedia } from './local-media'
import type { RemoteTrack } from './subscriber'

/** Above this, on the linear scale of RTP audio levels (RFC 6464: -127..0 dBov), somebody speaks: about -38 dBov. */
const SPEAKING_LEVEL = 0.0125
/** The ring stays through the pauses between words. */
const HOLD_MS = 700

/** Who is speaking, from levels sampled now and then. Pure: time is an argument. */
export class SpeakingTracker {
  readonly #lastHeard = new Map<string, number>()
  #speaking: ReadonlySet<string> = new Set()

  /** @returns the same set as before when nothing changed, so that watchers are not woken for nothing. */
  update(levels: ReadonlyMap<string, number>, now: number): ReadonlySet<string> {
    for (const [id, level] of levels) if (level >= SPEAKING_LEVEL) this.#lastHeard.set(id, now)
    const speaking = new Set<string>()
    for (const [id, heard] of this.#lastHeard) {
      if (levels.has(id) && now - heard <= HOLD_MS) speaking.add(id)
      else this.#lastHeard.delete(id)
    }
    const same = speaking.size === this.#speaking.size && [...speaking].every((id) => this.#speaking.has(id))
    if (!same) this.#speaking = speaking
    return this.#speaking
  }
}

/** Who speaks, as the page shows it. */
export class Speakers {
  readonly #speaking = new Store<ReadonlySet<string>>(new Set())
  readonly #tracker = new SpeakingTracker()

  get speaking(): ReadableStore<ReadonlySet<string>> {
    return this.#speaking
  }

  /** Looks at what everybody sends now. */
  look(me: string, media: LocalMedia, tracks: Iterable<RemoteTrack>): void {
    const now = performance.timeOrigin + performance.now()
    this.#speaking.set(this.#tracker.update(heardLevels(tracks, now).set(me, ownLevel(media)), now))
  }
}

/** Our level is measured at the microphone on a decibel scale: this much of it counts as speech. */
const OWN_SPEAKING_LEVEL = 0.4

/** How loud everybody else is, by participant. */
export function heardLevels(tracks: Iterable<RemoteTrack>, now: number): Map<string, number> {
  const levels = new Map<string, number>()
  for (const { participantId, source, consumer } of tracks) {
    if (source === 'microphone') levels.set(participantId, receivedLevel(consumer.rtpReceiver, now))
  }
  return levels
}

/** 1 while we speak ourselves, else 0. */
export function ownLevel(media: LocalMedia): number {
  return media.microphone.state.get().on && media.level() > OWN_SPEAKING_LEVEL ? 1 : 0
}

/** The level of what a receiver plays, 0 to 1; 0 when nothing arrived lately. */
function receivedLevel(receiver: RTCRtpReceiver | undefined, now: number): number {
  const [source] = receiver?.getSynchronizationSources() ?? []
  if (!source || now - source.timestamp > HOLD_MS) return 0
  return source.audioLevel ?? 0
}
