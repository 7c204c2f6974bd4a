/** What only the client can know of a meeting, as `POST /api/meetings/events` takes it. The time is this device's. */
export interface ClientEvent {
  readonly event_id: string
  readonly type: ClientFact['type']
  readonly meeting_id: string
  readonly participant_id: string
  readonly timestamp: string
  readonly payload: ClientFact['payload']
}

export type ClientFact =
  | { type: 'client.video_froze'; payload: { producer_id: string; frozen_ms: number } }
  | { type: 'client.device_failed'; payload: { device: 'microphone' | 'camera' | 'speaker' | 'screen'; error: string } }
  | { type: 'client.network_changed'; payload: { online: boolean; network: Network } }
  | { type: 'client.media_failed'; payload: { report_id: string; relayed: boolean } }

export type Network = 'wired' | 'wireless' | 'cellular' | 'unknown'

/** Whose stay a fact is told of. */
export interface Stay {
  readonly meetingId: string
  readonly participantId: string
}

/** The id is made here and once, so that an event that is sent again is known again. */
export function clientEvent(stay: Stay, fact: ClientFact, now: Date = new Date()): ClientEvent {
  return {
    event_id: uuid7(now.getTime(), crypto.getRandomValues(new Uint8Array(10))),
    type: fact.type,
    meeting_id: stay.meetingId,
    participant_id: stay.participantId,
    timestamp: now.toISOString(),
    payload: fact.payload,
  }
}

/** RFC 9562, section 5.7: milliseconds first, so that ids sort by time. `random`: ten bytes. */
export function uuid7(ms: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(ms) << 16n)
  bytes.set(random, 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
