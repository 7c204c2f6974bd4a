import type { Absence, Roster } from './roster'

/** What one tile shows, ready for a view. */
export interface Tile {
  readonly id: string
  readonly name: string
  readonly isMe: boolean
  readonly absence: Absence | undefined
  readonly hand: boolean
  /** The place of a raised hand in the queue, 1 being next. */
  readonly handPosition: number | undefined
  /** Put large by this person, or by a host for everybody. */
  readonly pinned: boolean
  readonly spotlit: boolean
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
export function tilesOf(roster: Roster, me: string | undefined, own: OwnMedia, pinned: readonly string[] = []): Tile[] {
  const tiles = roster.people.map((person): Tile => {
    const isMe = person.id === me
    const of = (source: string) =>
      roster.producers.find((p) => p.participant_id === person.id && p.source === source && !p.paused)
    const camera = of('camera')
    return {
      id: person.id,
      name: person.name,
      isMe,
      absence: person.absence,
      hand: person.hand,
      handPosition: person.hand ? roster.hands.indexOf(person.id) + 1 || undefined : undefined,
      pinned: pinned.includes(person.id),
      spotlit: roster.spotlight.includes(person.id),
      speaker: person.id === roster.speaker,
      audio: isMe ? own.microphone : of('microphone') !== undefined,
      video: isMe ? own.camera : camera !== undefined,
      cameraId: camera?.producer_id,
    }
  })
  return [...tiles.filter((tile) => !tile.isMe), ...tiles.filter((tile) => tile.isMe)]
}

/** Who is shown large: one's own pins first, then whom hosts put into the spotlight, each in the order they were put. */
export function featuredOf(tiles: readonly Tile[], pinned: readonly string[], spotlight: readonly string[]): Tile[] {
  const order = new Set([...pinned, ...spotlight])
  return [...order].flatMap((id) => tiles.find((tile) => tile.id === id) ?? [])
}

/**
 * Who is shown large where nobody is pinned and the person chose to see who speaks: whoever of the others has the floor, or
 * had it last (`before`), or came first.
 */
export function floorOf(tiles: readonly Tile[], before: string | undefined): string | undefined {
  const others = tiles.filter((tile) => !tile.isMe)
  const now = others.find((tile) => tile.speaker) ?? others.find((tile) => tile.id === before) ?? others[0]
  return now?.id
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
