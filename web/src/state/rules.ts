import type { Features, Notification } from '../protocol/messages'
import type { Person, Roster } from './roster'

/** What hosts have decided for the whole room. */
export interface Rules {
  readonly features: Features
  /** Nobody new comes in but hosts. */
  readonly locked: boolean
  /** Who comes waits until a host lets them in. */
  readonly lobby: boolean
}

export const openRules: Rules = {
  features: { chat: true, screen_share: true, reactions: true, unmute: true, start_video: true },
  locked: false,
  lobby: false,
}

export type RuleChange = Extract<Notification, { type: 'room:locked' | 'room:features_set' | 'room:lobby_set' }>

export function applyRule(rules: Rules, change: RuleChange): Rules {
  switch (change.type) {
    case 'room:locked':
      return { ...rules, locked: change.data.locked }
    case 'room:features_set':
      return { ...rules, features: change.data.features }
    case 'room:lobby_set':
      return { ...rules, lobby: change.data.enabled }
  }
}

export function isHost(role: string | undefined): boolean {
  return role === 'host' || role === 'co_host'
}

export function personOfId(roster: Roster, id: string | undefined): Person | undefined {
  return roster.people.find((person) => person.id === id)
}

/** What we may do now, as the server will judge it; asking for the rest would only be refused. */
export interface Allowed {
  readonly host: boolean
  readonly closing: boolean
  readonly share: boolean
  readonly chat: boolean
  readonly react: boolean
  readonly poll: boolean
}

export function allowedTo(person: Person | undefined, { features }: Rules): Allowed {
  if (person === undefined) return { host: false, closing: false, share: false, chat: false, react: false, poll: false }
  const host = isHost(person.role)
  const presents = host || person.role === 'presenter' || person.presents
  return {
    host,
    closing: person.role === 'host',
    share: person.role !== 'observer' && person.mayShare && (features.screen_share || presents),
    chat: person.mayChat && (features.chat || host),
    react: features.reactions || host,
    poll: person.role !== 'observer' && presents,
  }
}

/** Those who share and may not any more: with their right the server took their share. */
export function forbiddenShares(roster: Roster): readonly string[] {
  const sharing = new Set(roster.producers.filter((p) => p.source === 'screen').map((p) => p.participant_id))
  return [...sharing].filter((id) => !allowedTo(personOfId(roster, id), roster.rules).share)
}

/** Whether a host may moderate somebody, as far as roles tell: co-hosts do nothing to hosts. */
export function mayModerate(actor: Person | undefined, target: Person): boolean {
  return actor !== undefined && isHost(actor.role) && (actor.role === 'host' || target.role !== 'host')
}
