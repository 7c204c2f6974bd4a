import type { RemoteTrack } from './subscriber'

/** What a receiver has measured so far. Counters are totals since its consumer began; bit rate is over the last two samples. */
export interface TrackReport {
  consumer_id: string
  producer_id: string
  kind: string
  source: string
  paused: boolean
  codec: string | null
  bitrate_bps: number | null
  bytes_received: number
  packets_received: number
  packets_lost: number
  jitter_s: number | null
  frames_decoded: number
  frames_dropped: number
  frame_width: number | null
  frame_height: number | null
  frames_per_second: number | null
  freeze_count: number
  total_freezes_duration_s: number
  concealed_samples: number
  total_samples_received: number
  key_frames_decoded: number
  nack_count: number
  pli_count: number
  /** What the browser knows of the way to the server and back, by which it times its questions for what was lost. */
  rtt_ms: number | null
  /** How long we asked for it to be held back, so that repairs come in time. */
  cushion_ms: number | null
  audio_level: number | null
  total_audio_energy: number
  spatial_layer: number | null
  first_frame_ms: number | null
}

export interface PathReport {
  rtt_ms: number | null
  available_outgoing_bps: number | null
  protocol: string | null
  local_type: string | null
  remote_address: string | null
}

/** What has come over a connection since it began. */
export interface Arrivals {
  readonly received: number
  readonly lost: number
  readonly rttMs: number | null
}

type Stat = Record<string, unknown>

/** Reads getStats() of what is received and remembers the last sample of each consumer, which a bit rate needs. */
export class StatsReader {
  readonly #last = new Map<string, { bytes: number; at: number }>()

  async track(remote: RemoteTrack, paused: boolean): Promise<Omit<TrackReport, 'spatial_layer' | 'first_frame_ms'>> {
    const stats = byType(await statsOf(remote.consumer))
    const inbound = stats('inbound-rtp') ?? {}
    const bytes = number(inbound['bytesReceived']) ?? 0
    return {
      consumer_id: remote.consumer.id,
      producer_id: remote.producerId,
      kind: remote.consumer.kind,
      source: remote.source,
      paused,
      codec: text(stats('codec')?.['mimeType']),
      bitrate_bps: this.#bitrate(remote.consumer.id, bytes, number(inbound['timestamp']) ?? 0),
      bytes_received: bytes,
      packets_received: number(inbound['packetsReceived']) ?? 0,
      packets_lost: number(inbound['packetsLost']) ?? 0,
      jitter_s: number(inbound['jitter']),
      frames_decoded: number(inbound['framesDecoded']) ?? 0,
      frames_dropped: number(inbound['framesDropped']) ?? 0,
      frame_width: number(inbound['frameWidth']),
      frame_height: number(inbound['frameHeight']),
      frames_per_second: number(inbound['framesPerSecond']),
      freeze_count: number(inbound['freezeCount']) ?? 0,
      total_freezes_duration_s: number(inbound['totalFreezesDuration']) ?? 0,
      concealed_samples: number(inbound['concealedSamples']) ?? 0,
      total_samples_received: number(inbound['totalSamplesReceived']) ?? 0,
      key_frames_decoded: number(inbound['keyFramesDecoded']) ?? 0,
      nack_count: number(inbound['nackCount']) ?? 0,
      pli_count: number(inbound['pliCount']) ?? 0,
      rtt_ms: milliseconds(stats('remote-outbound-rtp')?.['roundTripTime']),
      cushion_ms: number(remote.consumer.rtpReceiver?.jitterBufferTarget),
      audio_level: number(inbound['audioLevel']),
      total_audio_energy: number(inbound['totalAudioEnergy']) ?? 0,
    }
  }

  forgetAllBut(consumerIds: ReadonlySet<string>): void {
    for (const id of this.#last.keys()) if (!consumerIds.has(id)) this.#last.delete(id)
  }

  #bitrate(consumerId: string, bytes: number, at: number): number | null {
    const last = this.#last.get(consumerId)
    this.#last.set(consumerId, { bytes, at })
    if (!last || at <= last.at) return null
    return Math.round(((bytes - last.bytes) * 8_000) / (at - last.at))
  }
}

/** The path one transport uses now: the nominated pair and its two candidates. */
export function pathOf(report: RTCStatsReport): PathReport {
  const transport = byType(report)('transport')
  const pair = lookUp(report, transport?.['selectedCandidatePairId'])
  const local = lookUp(report, pair['localCandidateId'])
  const remote = lookUp(report, pair['remoteCandidateId'])
  return {
    rtt_ms: milliseconds(pair['currentRoundTripTime']),
    available_outgoing_bps: number(pair['availableOutgoingBitrate']),
    protocol: text(local['protocol']),
    local_type: text(local['candidateType']),
    remote_address: remote['address'] === undefined ? null : `${remote['address']}:${remote['port']}`,
  }
}

/** Sums over everything received. A repair is not counted: it has a stream of its own, in which what it repairs stays lost. */
export function arrivalsOf(report: RTCStatsReport): Arrivals {
  let [received, lost] = [0, 0]
  for (const stat of report.values() as Iterable<Stat>) {
    if (stat['type'] !== 'inbound-rtp') continue
    received += (number(stat['packetsReceived']) ?? 0) - (number(stat['retransmittedPacketsReceived']) ?? 0)
    lost += number(stat['packetsLost']) ?? 0
  }
  return { received, lost, rttMs: pathOf(report).rtt_ms }
}

/** One that closed a moment ago has nothing to say, and is still in the report. */
async function statsOf(consumer: RemoteTrack['consumer']): Promise<RTCStatsReport> {
  return consumer.closed ? new Map() : consumer.getStats()
}

function byType(report: RTCStatsReport): (type: string) => Stat | undefined {
  const first = new Map<string, Stat>()
  for (const stat of report.values() as Iterable<Stat>) {
    const type = String(stat['type'])
    if (!first.has(type)) first.set(type, stat)
  }
  return (type) => first.get(type)
}

function lookUp(report: RTCStatsReport, id: unknown): Stat {
  return (typeof id === 'string' ? (report.get(id) as Stat | undefined) : undefined) ?? {}
}

function milliseconds(seconds: unknown): number | null {
  const value = number(seconds)
  return value === null ? null : value * 1000
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
