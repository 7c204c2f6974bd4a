/** What is known of somebody who spoke with a raised hand. Times in milliseconds. */
export interface HandHint {
  readonly spokenMs: number
  readonly lastSpokeAt: number | undefined
  readonly lookedAt: number | undefined
  /** Whether to suggest that the hand may come down. */
  readonly suggested: boolean
}

export const noHint: HandHint = { spokenMs: 0, lastSpokeAt: undefined, lookedAt: undefined, suggested: false }

/** A word in between is not yet one's turn. */
const TURN_MS = 4_000
/** Nor is a pause between two words its end. */
const PAUSE_MS = 3_000

/** The hint after another look: their hand is up, and they speak or do not. */
export function handHint(hint: HandHint, speaking: boolean, now: number): HandHint {
  const passed = hint.lookedAt === undefined ? 0 : now - hint.lookedAt
  const spokenMs = hint.spokenMs + (speaking ? passed : 0)
  const lastSpokeAt = speaking ? now : hint.lastSpokeAt
  const silent = lastSpokeAt !== undefined && now - lastSpokeAt >= PAUSE_MS
  return { spokenMs, lastSpokeAt, lookedAt: now, suggested: silent && spokenMs >= TURN_MS }
}
