import {
  assertNever,
  type Notification,
  type ParticipantView,
  type ProducerView,
  type RoomJoined,
  type WaitingView,
} from '../protocol/messages'
import { applyRule, openRules, type Rules } from './rules'

export type Absence = 'away' | 'lost'

export interface Person {
  readonly id: string
  readonly name: string
  readonly userId: string
  readonly role: string
  /** Not at their device, or without a connection and waited for. */
  readonly absence: Absence | undefined
  readonly hand: boolean
  /** When the hand went up, in milliseconds since the epoch. */
  readonly handAt: number | undefined
  readonly mayShare: boolean
  readonly mayChat: boolean
  readonly presents: boolean
}

/** Who is here and what they send: the server's answer to `room:join` and every notification since, folded together. */
export interface Roster {
  readonly people: readonly Person[]
  readonly producers: readonly ProducerView[]
  /** In the order in which hands went up. */
  readonly hands: readonly string[]
  /** Who has the floor, as the server judges for everybody alike. */
  readonly speaker?: string | undefined
  /** Whom hosts put large for everybody. */
  readonly spotlight: readonly string[]
  readonly rules: Rules
  /** Who asks to be let in; empty for all but hosts. */
  readonly waiting: readonly WaitingView[]
}

export const emptyRoster: Roster = {
  people: [],
  producers: [],
  hands: [],
  spotlight: [],
  rules: openRules,
  waiting: [],
}

export function rosterOf(joined: RoomJoined): Roster {
  const people = joined.participants.map(personOf)
  return {
    people,
    producers: joined.producers,
    hands: inOrder(joined.participants),
    speaker: joined.speaker ?? undefined,
    spotlight: joined.spotlight,
    rules: { features: joined.features, locked: joined.locked, lobby: joined.lobby },
    waiting: [],
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
    case 'room:spotlit':
      return { ...roster, spotlight: notification.data.participant_ids }
    case 'room:locked':
    case 'room:features_set':
    case 'room:lobby_set':
      return { ...roster, rules: applyRule(roster.rules, notification) }
    case 'lobby:asked':
      return withWaiting(roster, [...roster.waiting, notification.data])
    case 'lobby:resolved':
      return withoutWaiting(roster, [notification.data.waiting_id])
    // What a screen share shows is told by its producer; the rest of these concerns the call, not who is in it.
    case 'screen:started':
    case 'screen:stopped':
    case 'reaction:sent':
    case 'poll:created':
    case 'poll:updated':
    case 'poll:closed':
    case 'chat:message':
    case 'chat:edited':
    case 'chat:deleted':
    case 'participant:muted':
    case 'participant:share_stopped':
    case 'unmute:requested':
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
    case 'session:replaced':
    case 'transport:closed':
    case 'room:closed':
    case 'meeting:reminder':
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
    people: roster.people.map((p) =>
      p.id === id ? { ...p, hand: raised, handAt: raised ? Date.now() : undefined } : p,
    ),
    hands: raised ? [...hands, id] : hands,
  }
}

function personOf(info: ParticipantView): Person {
  return {
    id: info.participant_id,
    name: info.display_name,
    userId: info.user_id,
    role: info.role,
    absence: absenceOf(info),
    hand: info.hand_raised,
    handAt: info.hand_raised_at == null ? undefined : Date.parse(info.hand_raised_at),
    mayShare: info.can_share_screen,
    mayChat: info.can_use_chat,
    presents: info.is_presenter,
  }
}

function absenceOf({ connected, presence }: ParticipantView): Absence | undefined {
  if (!connected) return 'lost'
  return presence === 'away' ? 'away' : undefined
}

function withPerson(roster: Roster, info: ParticipantView): Roster {
  const before = roster.people.find((p) => p.id === info.participant_id)
  const person = personOf(info)
  const people = before ? roster.people.map((p) => (p === before ? person : p)) : [...roster.people, person]
  return { ...roster, people }
}

export function withoutPerson(roster: Roster, id: string): Roster {
  return {
    ...roster,
    spotlight: roster.spotlight.filter((other) => other !== id),
    people: roster.people.filter((p) => p.id !== id),
    producers: roster.producers.filter((p) => p.participant_id !== id),
    hands: roster.hands.filter((other) => other !== id),
    speaker: roster.speaker === id ? undefined : roster.speaker,
  }
}

export function withoutShare(roster: Roster, id: string): Roster {
  const isShare = (p: ProducerView) => p.participant_id === id && (p.source === 'screen' || p.source === 'screen_audio')
  return { ...roster, producers: roster.producers.filter((p) => !isShare(p)) }
}

function withProducer(roster: Roster, producer: ProducerView): Roster {
  const others = roster.producers.filter((p) => p.producer_id !== producer.producer_id)
  return { ...roster, producers: [...others, producer] }
}

export function changedPerson(roster: Roster, id: string, change: Partial<Person>): Roster {
  return { ...roster, people: roster.people.map((p) => (p.id === id ? { ...p, ...change } : p)) }
}

/** Each once, however often the server or its list says so. */
export function withWaiting(roster: Roster, waiting: readonly WaitingView[]): Roster {
  const once = new Map(waiting.map((person) => [person.waiting_id, person]))
  return { ...roster, waiting: [...once.values()] }
}

export function withoutWaiting(roster: Roster, ids: readonly string[]): Roster {
  return { ...roster, waiting: roster.waiting.filter((person) => !ids.includes(person.waiting_id)) }
}

function inOrder(people: readonly ParticipantView[]): string[] {
  const raised = people.filter((person) => person.hand_raised)
  raised.sort((one, other) => (one.hand_position ?? 0) - (other.hand_position ?? 0))
  return raised.map((person) => person.participant_id)
}

/** A toggle of audio or video speaks of the microphone or the camera, never of a shared screen. */
export function toggled(roster: Roster, data: { participant_id: string; kind: string; enabled: boolean }): Roster {
  const source = data.kind === 'audio' ? 'microphone' : 'camera'
  return pausing(roster, !data.enabled, (p) => p.participant_id === data.participant_id && p.source === source)
}

function pausing(roster: Roster, paused: boolean, concerns: (producer: ProducerView) => boolean): Roster {
  if (!roster.producers.some((p) => concerns(p) && p.paused !== paused)) return roster
  return { ...roster, producers: roster.producers.map((p) => (concerns(p) ? { ...p, paused } : p)) }
}
