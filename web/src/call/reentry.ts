import { CodedError } from '../protocol/errors'
import { type Ending, endingOf } from '../state/call-state'

/** After the signaling comes back, joining again is tried this often; a server that has just restarted needs a moment. */
const REJOIN_DELAYS_MS = [0, 500, 1_000, 2_000, 4_000]

const PASSING: ReadonlySet<string> = new Set(['TIMEOUT', 'UNAVAILABLE', 'RATE_LIMITED', 'CONFLICT'])

/** When everybody comes at once, the server says when each should try again; that is done for people this often. */
const TRIES = 4
const LONGEST_WAIT_S = 15

/** Joins, again when the server said so. @throws CodedError where trying again would not help, or is not `wanted`. */
export async function comeIn(enter: () => Promise<void>, wanted: () => boolean): Promise<void> {
  for (let left = TRIES - 1; ; left--) {
    try {
      await enter()
      return
    } catch (error) {
      const { code, retryAfter } = CodedError.of(error)
      const crowded = code === 'UNAVAILABLE' && retryAfter !== undefined && retryAfter <= LONGEST_WAIT_S
      if (!crowded || left === 0) throw error
      await sleep(retryAfter * 1_000)
      if (!wanted()) throw error
    }
  }
}

/**
 * Joins again once the connection stands anew, for as long as that is `wanted`. @returns how the call ends where it cannot
 * be; undefined when it is not wanted any more, or the connection was lost again: the next one enters anew.
 */
export async function enterAgain(
  enter: () => Promise<void>,
  wanted: () => boolean,
): Promise<'entered' | Ending | undefined> {
  let told = 0
  for (const delay of REJOIN_DELAYS_MS) {
    await sleep(Math.max(delay, told))
    if (!wanted()) return undefined
    try {
      await enter()
      return 'entered'
    } catch (error) {
      const coded = CodedError.of(error)
      if (coded.code === 'DISCONNECTED') return undefined
      if (!PASSING.has(coded.code)) return endingOf(coded)
      told = (coded.retryAfter ?? 0) * 1_000
    }
  }
  return 'unreachable'
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
