import {
  assertNever,
  type Notification,
  type ParticipantView,
  type ProducerView,
  type RoomJoined,
} from '../protocol/messages'

export interface Person {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly hand: boolean
}

/** Who is here and what they send: the server's answer to `room:join` and every notification since, folded together. */
export interface Roster {
  readonly people: readonly Person[]
  readonly producers: readonly ProducerView[]
  /** In the order in which hands went up. */
  readonly hands: readonly string[]
  /** Who has the floor, as the server judges for everybody alike. */
  readonly speaker?: string | undefined
}

export const emptyRoster: Roster = { people: [], producers: [], hands: [] }

export function rosterOf(joined: RoomJoined): Roster {
  const people = joined.participants.map(personOf)
  return {
    people,
    producers: joined.producers,
    hands: people.filter((p) => p.hand).map((p) => p.id),
    speaker: joined.speaker ?? undefined,
  }
}

/** The roster after one notification. Repeated notifications change nothing; those about strangers are ignored. */
export function applyNotification(roster: Roster, notification: Notification): Roster {
  switch (notification.type) {
    case 'participant:joined':
    case 'participant:updated':
      return withPerson(roster, notification.data)
    case 'participant:left':
      return withoutPerson(roster, notification.data.participant_id)
    case 'producer:added':
      return withProducer(roster, notification.data)
    case 'producer:removed':
      return { ...roster, producers: roster.producers.filter((p) => p.producer_id !== notification.data.producer_id) }
    case 'producer:paused':
      return pausing(roster, true, (p) => p.producer_id === notification.data.producer_id)
    case 'producer:resumed':
      return pausing(roster, false, (p) => p.producer_id === notification.data.producer_id)
    case 'media:updated':
      return toggled(roster, notification.data)
    case 'media:reset':
      return { ...roster, producers: [] }
    case 'speaker:changed':
      return { ...roster, speaker: notification.data.participant_id ?? undefined }
    case 'hand:raised':
      return withHand(roster, notification.data.participant_id, notification.data.raised)
    // What a screen share shows is told by its producer; the rest of these concerns the call, not who is in it.
    case 'screen:started':
    case 'screen:stopped':
    case 'reaction:sent':
    case 'participant:muted':
    case 'participant:share_stopped':
    case 'unmute:requested':
    case 'room:locked':
    case 'room:features_set':
    case 'room:spotlit':
    case 'room:lobby_set':
    case 'lobby:asked':
    case 'lobby:resolved':
    case 'lobby:updated':
    case 'lobby:admitted':
    case 'lobby:denied':
    case 'lobby:message':
    case 'consumer:closed':
    case 'consumer:layers_changed':
    case 'producer:layers_wanted':
    case 'data_producer:added':
    case 'data_producer:removed':
    case 'data_producer:closed':
    case 'data_consumer:closed':
    case 'transport:closed':
    case 'room:closed':
    case 'token:expiring':
    case 'token:ended':
      return roster
    default:
      return assertNever(notification)
  }
}

export function withHand(roster: Roster, id: string, raised: boolean): Roster {
  const hands = roster.hands.filter((other) => other !== id)
  return {
    ...roster,
    people: roster.people.map((p) => (p.id === id ? { ...p, hand: raised } : p)),
    hands: raised ? [...hands, id] : hands,
  }
}

function personOf(info: ParticipantView): Person {
  return { id: info.participant_id, name: info.display_name, role: info.role, hand: info.hand_raised }
}

function withPerson(roster: Roster, info: ParticipantView): Roster {
  const before = roster.people.find((p) => p.id === info.participant_id)
  const person = personOf(info)
  const people = before ? roster.people.map((p) => (p === before ? person : p)) : [...roster.people, person]
  return { ...roster, people }
}

function withoutPerson(roster: Roster, id: string): Roster {
  return {
    people: roster.people.filter((p) => p.id !== id),
    producers: roster.producers.filter((p) => p.participant_id !== id),
    hands: roster.hands.filter((other) => other !== id),
    speaker: roster.speaker === id ? undefined : roster.speaker,
  }
}

function withProducer(roster: Roster, producer: ProducerView): Roster {
  const others = roster.producers.filter((p) => p.producer_id !== producer.producer_id)
  return { ...roster, producers: [...others, producer] }
}

/** A toggle of audio or video speaks of the microphone or the camera, never of a shared screen. */
function toggled(roster: Roster, data: { participant_id: string; kind: string; enabled: boolean }): Roster {
  const source = data.kind === 'audio' ? 'microphone' : 'camera'
  return pausing(roster, !data.enabled, (p) => p.participant_id === data.participant_id && p.source === source)
}

function pausing(roster: Roster, paused: boolean, concerns: (producer: ProducerView) => boolean): Roster {
  if (!roster.producers.some((p) => concerns(p) && p.paused !== paused)) return roster
  return { ...roster, producers: roster.producers.map((p) => (concerns(p) ? { ...p, paused } : p)) }
}
