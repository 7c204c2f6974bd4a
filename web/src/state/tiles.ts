import type { Roster } from './roster'

/** What one tile shows, ready for a view. */
export interface Tile {
  readonly id: string
  readonly name: string
  readonly isMe: boolean
  readonly hand: boolean
  /** Has the floor. */
  readonly speaker: boolean
  readonly audio: boolean
  readonly video: boolean
  /** The camera's producer while it sends. */
  readonly cameraId: string | undefined
}

export interface Screen {
  readonly producerId: string
  readonly participantId: string
  readonly name: string
  readonly isMe: boolean
}

export interface OwnMedia {
  readonly microphone: boolean
  readonly camera: boolean
}

/** Everybody's tile, in the order in which they came, oneself last: a face never moves because another one spoke. */
export function tilesOf(roster: Roster, me: string | undefined, own: OwnMedia): Tile[] {
  const tiles = roster.people.map((person): Tile => {
    const isMe = person.id === me
    const of = (source: string) =>
      roster.producers.find((p) => p.participant_id === person.id && p.source === source && !p.paused)
    const camera = of('camera')
    return {
      id: person.id,
      name: person.name,
      isMe,
      hand: person.hand,
      speaker: person.id === roster.speaker,
      audio: isMe ? own.microphone : of('microphone') !== undefined,
      video: isMe ? own.camera : camera !== undefined,
      cameraId: camera?.producer_id,
    }
  })
  return [...tiles.filter((tile) => !tile.isMe), ...tiles.filter((tile) => tile.isMe)]
}

/** Shared screens of the others, the newest last; one's own is not shown back to oneself. */
export function screensOf(roster: Roster, me: string | undefined): Screen[] {
  return roster.producers
    .filter((producer) => producer.source === 'screen' && !producer.paused)
    .map((producer) => ({
      producerId: producer.producer_id,
      participantId: producer.participant_id,
      name: roster.people.find((person) => person.id === producer.participant_id)?.name ?? 'Somebody',
      isMe: producer.participant_id === me,
    }))
}
