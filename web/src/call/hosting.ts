import { CodedError } from '../protocol/errors'
import type { BlockView, Features, MediaKind, RequestName, Requests } from '../protocol/messages'
import {
  changedPerson,
  type Roster,
  toggled,
  withHand,
  withoutPerson,
  withoutShare,
  withoutWaiting,
  withWaiting,
} from '../state/roster'
import { forbiddenShares } from '../state/rules'

export interface HostingContext {
  readonly request: <N extends RequestName>(name: N, payload: Requests[N]['payload']) => Promise<Requests[N]['reply']>
  readonly change: (step: (roster: Roster) => Roster) => void
  readonly warn: (text: string) => void
}

export type Permission = 'can_share_screen' | 'can_use_chat' | 'is_presenter'
export type RoleName = Requests['participant:set_role']['payload']['role']

/**
 * What a host can do. The server tells everybody else what was done, and the one who did it only that it was: each reply
 * is folded into the roster here. Nothing rejects; what failed is said.
 */
export class Hosting {
  readonly #context: HostingContext

  constructor(context: HostingContext) {
    this.#context = context
  }

  mute(id: string, kind: MediaKind): Promise<void> {
    return this.#do('participant:mute', { participant_id: id, kind }, (roster) =>
      toggled(roster, { participant_id: id, kind, enabled: false }),
    )
  }

  muteAll(kind: MediaKind): Promise<void> {
    return this.#do('room:mute_all', { kind }, (roster, { participant_ids }) =>
      participant_ids.reduce((all, id) => toggled(all, { participant_id: id, kind, enabled: false }), roster),
    )
  }

  askToUnmute(id: string, kind: MediaKind): Promise<void> {
    return this.#do('participant:ask_unmute', { participant_id: id, kind })
  }

  stopShare(id: string): Promise<void> {
    return this.#do('participant:stop_share', { participant_id: id }, (roster) => withoutShare(roster, id))
  }

  lowerHand(id: string): Promise<void> {
    return this.#do('hand:lower', { participant_id: id }, withHandsDown)
  }

  lowerAllHands(): Promise<void> {
    return this.#do('hand:lower_all', {}, withHandsDown)
  }

  remove(id: string): Promise<void> {
    return this.#do('participant:remove', { participant_id: id }, (roster) => withoutPerson(roster, id))
  }

  block(id: string): Promise<void> {
    return this.#do('participant:block', { participant_id: id }, (roster, { user_id }) =>
      roster.people.filter((p) => p.userId === user_id).reduce((all, p) => withoutPerson(all, p.id), roster),
    )
  }

  setRole(id: string, role: RoleName): Promise<void> {
    return this.#do('participant:set_role', { participant_id: id, role }, (roster) =>
      withoutForbidden(changedPerson(roster, id, { role })),
    )
  }

  permit(id: string, permission: Permission, given: boolean): Promise<void> {
    return this.#do('participant:permit', { participant_id: id, [permission]: given }, (roster, permitted) =>
      withoutForbidden(
        changedPerson(roster, id, {
          mayShare: permitted.can_share_screen,
          mayChat: permitted.can_use_chat,
          presents: permitted.is_presenter,
        }),
      ),
    )
  }

  spotlight(ids: readonly string[]): Promise<void> {
    return this.#do('room:spotlight', { participant_ids: ids }, (roster, { participant_ids }) => ({
      ...roster,
      spotlight: participant_ids,
    }))
  }

  lock(locked: boolean): Promise<void> {
    return this.#do('room:lock', { locked }, (roster) => ({ ...roster, rules: { ...roster.rules, locked } }))
  }

  setLobby(enabled: boolean): Promise<void> {
    return this.#do('room:lobby', { enabled }, (roster) => ({
      ...roster,
      rules: { ...roster.rules, lobby: enabled },
      waiting: enabled ? roster.waiting : [],
    }))
  }

  setFeature(feature: keyof Features, on: boolean): Promise<void> {
    return this.#do('room:features', { [feature]: on }, (roster, { features }) =>
      withoutForbidden({ ...roster, rules: { ...roster.rules, features } }),
    )
  }

  /** Who waits already, for a host who has just come or has just been made one. */
  listWaiting(): Promise<void> {
    return this.#do('lobby:list', {}, (roster, { waiting }) => withWaiting(roster, waiting))
  }

  admit(waitingId: string): Promise<void> {
    return this.#do('lobby:admit', { waiting_id: waitingId }, (roster) => withoutWaiting(roster, [waitingId]))
  }

  admitAll(): Promise<void> {
    return this.#do('lobby:admit_all', {}, (roster, { waiting_ids }) => withoutWaiting(roster, waiting_ids))
  }

  deny(waitingId: string, block = false): Promise<void> {
    return this.#do('lobby:deny', { waiting_id: waitingId, block }, (roster) => withoutWaiting(roster, [waitingId]))
  }

  /** To all who wait, or to one of them. */
  tellWaiting(text: string, waitingId?: string): Promise<void> {
    return this.#do('lobby:message', { text, ...(waitingId === undefined ? {} : { waiting_id: waitingId }) })
  }

  /** Who is kept out of this meeting; undefined where that could not be had. */
  async blocked(): Promise<readonly BlockView[] | undefined> {
    try {
      return (await this.#context.request('room:blocks', {})).blocked
    } catch (error) {
      this.#context.warn(refusalOf(error))
      return undefined
    }
  }

  unblock(userId: string): Promise<void> {
    return this.#do('participant:unblock', { user_id: userId })
  }

  async #do<N extends RequestName>(
    name: N,
    payload: Requests[N]['payload'],
    fold?: (roster: Roster, reply: Requests[N]['reply']) => Roster,
  ): Promise<void> {
    try {
      const reply = await this.#context.request(name, payload)
      if (fold) this.#context.change((roster) => fold(roster, reply))
    } catch (error) {
      this.#context.warn(refusalOf(error))
    }
  }
}

function withoutForbidden(roster: Roster): Roster {
  return forbiddenShares(roster).reduce(withoutShare, roster)
}

function withHandsDown(roster: Roster, { participant_ids }: { participant_ids: readonly string[] }): Roster {
  return participant_ids.reduce((all, id) => withHand(all, id, false), roster)
}

const refusals: Readonly<Partial<Record<string, string>>> = {
  ACCESS_DENIED: 'You are not allowed to do that here.',
  NOT_FOUND: 'They are not here any more.',
  RATE_LIMITED: 'That was a little fast. Try again in a moment.',
  DISCONNECTED: 'That did not reach the server. Try again when you are connected.',
}

/** What the server says about a conflict is made for people: which one it is cannot be told from the code. */
function refusalOf(error: unknown): string {
  if (error instanceof CodedError && error.code === 'CONFLICT') return error.message
  return (error instanceof CodedError && refusals[error.code]) || 'That could not be done. Try again.'
}
