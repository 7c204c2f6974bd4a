import type { PollUpdated, PollView } from '../protocol/messages'

export interface PollsState {
  /** The newest first. */
  readonly polls: readonly PollView[]
  /** Opened by others since the panel was last on the page, and not answered. */
  readonly unseen: readonly string[]
  /** The panel is on the page. */
  readonly open: boolean
}

export const noPolls: PollsState = { polls: [], unseen: [], open: false }

/** The polls as the server tells them on the way in: the oldest first, and all there are. */
export function pollsOf(state: PollsState, polls: readonly PollView[]): PollsState {
  const known = new Set(state.polls.map((poll) => poll.poll_id))
  const fresh = polls.filter((poll) => poll.open && poll.own == null && !known.has(poll.poll_id))
  const unseen = state.open ? [] : [...state.unseen, ...fresh.map((poll) => poll.poll_id)]
  return { ...state, polls: [...polls].reverse(), unseen: stillUnseen(unseen, polls) }
}

export function withPoll(state: PollsState, poll: PollView): PollsState {
  const known = state.polls.some((other) => other.poll_id === poll.poll_id)
  const polls = known
    ? state.polls.map((other) => (other.poll_id === poll.poll_id ? poll : other))
    : [poll, ...state.polls]
  const unseen = known || state.open || !poll.open ? state.unseen : [...state.unseen, poll.poll_id]
  return { ...state, polls, unseen: stillUnseen(unseen, polls) }
}

/** How a poll stands now; what has closed meanwhile stays as it ended. */
export function withStanding(state: PollsState, { poll_id, votes, results }: PollUpdated): PollsState {
  const polls = state.polls.map((poll) =>
    poll.poll_id === poll_id && poll.open ? { ...poll, votes, ...(results == null ? {} : { results }) } : poll,
  )
  return { ...state, polls }
}

function stillUnseen(unseen: readonly string[], polls: readonly PollView[]): readonly string[] {
  return unseen.filter((id) => polls.some((poll) => poll.poll_id === id && poll.open && poll.own == null))
}

/** What there is to choose from, or to give: the options, or the steps of a rating. */
export function choicesOf(poll: PollView): readonly string[] {
  if (poll.steps == null) return poll.options
  return Array.from({ length: poll.steps }, (_, index) => String(index + 1))
}

/** The places of our own answer among `choicesOf`. */
export function ownChoices({ own }: PollView): readonly number[] {
  if (own == null) return []
  return own.rating == null ? own.choices : [own.rating - 1]
}

/** The share of one place, from 0 to 1, of those who answered. */
export function shareOf({ results, votes }: PollView, place: number): number {
  return votes === 0 ? 0 : (results?.counts[place] ?? 0) / votes
}
