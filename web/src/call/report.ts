import type { Source } from '../protocol/messages'
import type { Call } from './call'
import type { ChannelOptions, DataChannels, Hear } from './data-channels'
import { type PathReport, pathOf, StatsReader, type TrackReport } from './stats'

interface SentTrack {
  producer_id: string
  paused: boolean
  frame_width: number | null
  frame_height: number | null
  encodings: {
    rid: string | null
    active: boolean
    frame_width: number | null
    bytes_sent: number
    reason: string | null
  }[]
}

/** What `window.folkmoot.report()` resolves to. Field names are stable: support reports and checks read them. */
export interface CallReport {
  participant_id: string | null
  meeting_id: string | null
  connection: 'idle' | 'joining' | 'connecting' | 'connected' | 'reconnecting' | 'failed' | 'ended'
  me: {
    display_name: string | null
    microphone: boolean
    camera: boolean
    screen: boolean
    sent: Record<string, SentTrack>
  }
  remote: { participant_id: string; display_name: string; hand: boolean; tracks: TrackReport[] }[]
  path: { send: PathReport | null; recv: PathReport | null }
  /** What the record calls it when sound and picture did not get through. */
  report_id: string | null
  /** When Join was pressed, in milliseconds since the page began. */
  joined_at_ms: number | null
  /** From pressing Join to the first picture of each participant on the page. */
  first_frame_ms: Record<string, number>
  at: string
}

const SOURCES: readonly Source[] = ['microphone', 'camera', 'screen', 'screen_audio']

/** Reads a call from the outside. One for each call, because bit rates need the sample before. */
export class Reporter {
  readonly #call: Call
  readonly #reader = new StatsReader()

  constructor(call: Call) {
    this.#call = call
  }

  async read(): Promise<CallReport> {
    const call = this.#call
    const { me, roster, meeting } = call.state.get()
    const own = roster.people.find((person) => person.id === me)
    const { joinedAtMs } = call.timings
    const [remote, path, sent] = await Promise.all([this.#remote(), this.#path(), this.#sent()])
    const microphone = call.media.microphone.state.get()
    const camera = call.media.camera.state.get()
    return {
      participant_id: me ?? null,
      meeting_id: meeting?.id ?? null,
      connection: this.#connection(),
      me: {
        display_name: own?.name ?? null,
        microphone: microphone.on && microphone.track !== undefined,
        camera: camera.on && camera.track !== undefined,
        screen: call.screen.stream.get() !== undefined,
        sent,
      },
      remote,
      path,
      report_id: call.state.get().reportId ?? null,
      joined_at_ms: joinedAtMs === 0 ? null : joinedAtMs,
      first_frame_ms: firstFrames(remote),
      at: new Date().toISOString(),
    }
  }

  #connection(): CallReport['connection'] {
    const { phase, media } = this.#call.state.get()
    if (phase === 'green-room' || phase === 'waiting') return 'idle'
    if (phase !== 'joined') return phase
    return media === 'new' ? 'connecting' : media
  }

  async #remote(): Promise<CallReport['remote']> {
    const { me, roster } = this.#call.state.get()
    const tracks = [...this.#call.tracks.get().values()]
    const paused = new Map(roster.producers.map((producer) => [producer.producer_id, producer.paused]))
    const reports = await Promise.all(
      tracks.map(async (remote) => ({
        participantId: remote.participantId,
        report: {
          ...(await this.#reader.track(remote, paused.get(remote.producerId) ?? false)),
          spatial_layer: this.#call.session?.layer(remote.consumer.id) ?? null,
          first_frame_ms: this.#call.timings.firstFrames.get(remote.producerId) ?? null,
        },
      })),
    )
    this.#reader.forgetAllBut(new Set(tracks.map((remote) => remote.consumer.id)))
    return roster.people
      .filter((person) => person.id !== me)
      .map((person) => ({
        participant_id: person.id,
        display_name: person.name,
        hand: person.hand,
        tracks: reports.filter((entry) => entry.participantId === person.id).map((entry) => entry.report),
      }))
  }

  async #path(): Promise<CallReport['path']> {
    const path: CallReport['path'] = { send: null, recv: null }
    for (const transport of this.#call.session?.transports ?? []) {
      if (!transport.closed) path[transport.direction] = pathOf(await transport.getStats())
    }
    return path
  }

  async #sent(): Promise<CallReport['me']['sent']> {
    const sent: CallReport['me']['sent'] = {}
    for (const source of SOURCES) {
      const producer = this.#call.session?.publisher.producer(source)
      if (!producer || producer.closed) continue
      const settings = producer.track?.getSettings()
      const stats = [...(await producer.getStats()).values()] as Record<string, unknown>[]
      sent[source] = {
        producer_id: producer.id,
        paused: producer.paused,
        frame_width: settings?.width ?? null,
        frame_height: settings?.height ?? null,
        encodings: stats.filter((stat) => stat['type'] === 'outbound-rtp').map(encodingOf),
      }
    }
    return sent
  }
}

function encodingOf(stat: Record<string, unknown>): SentTrack['encodings'][number] {
  const { rid, active, frameWidth, bytesSent, qualityLimitationReason } = stat
  return {
    rid: typeof rid === 'string' ? rid : null,
    active: active !== false,
    frame_width: typeof frameWidth === 'number' ? frameWidth : null,
    bytes_sent: typeof bytesSent === 'number' ? bytesSent : 0,
    reason: typeof qualityLimitationReason === 'string' ? qualityLimitationReason : null,
  }
}

function firstFrames(remote: CallReport['remote']): Record<string, number> {
  const first: Record<string, number> = {}
  for (const { participant_id, tracks } of remote) {
    const times = tracks.map((track) => track.first_frame_ms).filter((ms) => ms !== null)
    if (times.length > 0) first[participant_id] = Math.min(...times)
  }
  return first
}

declare global {
  interface Window {
    folkmoot?: { report(): Promise<CallReport>; data: Pick<DataChannels, 'open' | 'listen'> }
  }
}

/** Offers the report and the data channels on `window.folkmoot` for as long as the call lives. @returns what takes them away again. */
export function offerReport(reporter: Reporter, data: DataChannels): () => void {
  const offered = {
    report: () => reporter.read(),
    data: {
      open: (label: string, options?: ChannelOptions) => data.open(label, options),
      listen: (label: string, hear: Hear) => data.listen(label, hear),
    },
  }
  window.folkmoot = offered
  return () => {
    if (window.folkmoot === offered) delete window.folkmoot
  }
}
