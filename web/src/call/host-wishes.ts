import type { MediaKind, Notification } from '../protocol/messages'
import type { Roster } from '../state/roster'
import { isHost, personOfId } from '../state/rules'
import { type ReadableStore, Store } from '../state/store'
import { mediaWords } from '../state/words'
import type { LocalMedia } from './local-media'
import type { ScreenShare } from './screen-share'

/** A host asks us to switch something on. Only we can. */
export interface UnmuteWish {
  readonly kind: MediaKind
  readonly by: string
}

/** What hosts do to ourselves, carried out on our devices: the server has done its part already. */
export class HostWishes {
  readonly #media: LocalMedia
  readonly #screen: ScreenShare
  readonly #asked = new Store<UnmuteWish | undefined>(undefined)

  constructor(media: LocalMedia, screen: ScreenShare) {
    this.#media = media
    this.#screen = screen
  }

  /** What we are asked to switch on, until it is answered. */
  get asked(): ReadableStore<UnmuteWish | undefined> {
    return this.#asked
  }

  answer(yes: boolean): void {
    const wish = this.#asked.get()
    this.#asked.set(undefined)
    if (wish && yes) void this.#input(wish.kind).set(true)
  }

  /** Carries out what concerns us; what to say about it, if anything. */
  hear(notification: Notification, roster: Roster, me: string): string | undefined {
    switch (notification.type) {
      case 'participant:muted':
        return this.#muted(notification.data.kind, nameOf(roster, notification.data.by))
      case 'participant:share_stopped':
        this.#screen.stop()
        return `${nameOf(roster, notification.data.by)} stopped your screen share`
      case 'unmute:requested': {
        const { kind, by } = notification.data
        if (!this.#input(kind).state.get().on) this.#asked.set({ kind, by: nameOf(roster, by) })
        return undefined
      }
      case 'hand:raised':
        return notification.data.participant_id === me && !notification.data.raised
          ? 'Your hand was lowered'
          : undefined
      case 'participant:updated':
        return notification.data.participant_id === me
          ? roleWords(personOfId(roster, me)?.role, notification.data.role)
          : undefined
      default:
        return undefined
    }
  }

  /** The server paused a track of ours: our device follows. What to say of it, where nobody here may be on by themselves. */
  paused(kind: MediaKind, { rules }: Roster): string | undefined {
    this.#switchOff(kind)
    if (kind === 'audio') return rules.features.unmute ? undefined : mediaWords('microphone', 'ACCESS_DENIED')
    return rules.features.start_video ? undefined : mediaWords('camera', 'ACCESS_DENIED')
  }

  #switchOff(kind: MediaKind): void {
    void this.#input(kind).set(false)
  }

  #muted(kind: MediaKind, by: string): string {
    this.#switchOff(kind)
    return kind === 'audio' ? `${by} muted you` : `${by} turned your camera off`
  }

  #input(kind: MediaKind) {
    return kind === 'audio' ? this.#media.microphone : this.#media.camera
  }
}

function nameOf(roster: Roster, id: string): string {
  return personOfId(roster, id)?.name ?? 'A host'
}

const becoming: Readonly<Record<string, string>> = {
  host: 'You are host of this meeting now',
  co_host: 'You are a co-host now',
  presenter: 'You are a presenter now',
  observer: 'You are watching now: you cannot speak or show anything',
}

function roleWords(before: string | undefined, now: string): string | undefined {
  if (before === now) return undefined
  return becoming[now] ?? (isHost(before) ? 'You are no longer a host' : 'You can take part again')
}
