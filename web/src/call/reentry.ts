import { CodedError } from '../protocol/errors'
import { type Ending, endingOf } from '../state/call-state'

/** After the signaling comes back, joining again is tried this often; a server that has just restarted needs a moment. */
const REJOIN_DELAYS_MS = [0, 500, 1_000, 2_000, 4_000]

const PASSING: ReadonlySet<string> = new Set(['TIMEOUT', 'UNAVAILABLE', 'RATE_LIMITED', 'CONFLICT'])

/**
 * Joins again once the connection stands anew, for as long as that is `wanted`. @returns how the call ends where it cannot
 * be; undefined when it is not wanted any more, or the connection was lost again: the next one enters anew.
 */
export async function enterAgain(
  enter: () => Promise<void>,
  wanted: () => boolean,
): Promise<'entered' | Ending | undefined> {
  for (const delay of REJOIN_DELAYS_MS) {
    await new Promise((resolve) => setTimeout(resolve, delay))
    if (!wanted()) return undefined
    try {
      await enter()
      return 'entered'
    } catch (error) {
      const coded = CodedError.of(error)
      if (coded.code === 'DISCONNECTED') return undefined
      if (!PASSING.has(coded.code)) return endingOf(coded)
    }
  }
  return 'unreachable'
}
