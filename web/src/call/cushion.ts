import type { types } from 'mediasoup-client'
import { Lifetime } from './lifetime'
import { type Arrivals, arrivalsOf } from './stats'

/** With less lost the browser's own buffer does well; it would only add delay. */
const LOSSY = 0.03
/** A repair may be lost as well: with room for two, one packet in 400 is still missing at a loss of 5 %, a picture every few seconds. */
const ATTEMPTS = 3
/** Fewer packets say nothing about how many are lost. */
const ENOUGH = 50
/** How long a repair takes beside its way: to be noticed, to wait its turn, and to be put in order. */
const HANDLING_MS = 30
/** In steps, so that it does not follow every tremble of the round trip. */
const STEP_MS = 50
const LONGEST_MS = 600
const LOOK_MS = 3_000
/** And sooner at first: who has just come sees the freezes of a lossy path until it is known for one. */
const FIRST_LOOKS_MS = [1_000, 2_000]
/** How long it must have been better before what comes is shown sooner again. */
const CALM_MS = 30_000

/**
 * How long what comes is held back before it is shown, so that what was lost on the way can be sent again in time. A browser
 * that does not expect repairs shows what it has and lets later pictures freeze; one that always waits makes talking slow. So it
 * waits while packets are lost, and half a minute longer.
 */
export class Cushion {
  #last: Pick<Arrivals, 'received' | 'lost'> = { received: 0, lost: 0 }
  #target: number | null = null
  #calmSince = 0

  /** In milliseconds; null leaves it to the browser. To be asked every few seconds. */
  target(arrivals: Arrivals, nowMs: number): number | null {
    const { received, lost } = this.#last
    const expected = arrivals.received + arrivals.lost - received - lost
    if (expected >= 0 && expected < ENOUGH) return this.#target
    this.#last = arrivals
    // Somebody left, and took with them what had come of theirs.
    if (expected < 0) return this.#target
    const needed = cushionFor((arrivals.lost - lost) / expected, arrivals.rttMs)
    if ((needed ?? 0) >= (this.#target ?? 0)) {
      this.#target = needed
      this.#calmSince = nowMs
    } else if (nowMs - this.#calmSince >= CALM_MS) {
      this.#target = needed
      this.#calmSince = nowMs
    }
    return this.#target
  }
}

/** Room for three questions and their answers. */
export function cushionFor(loss: number, rttMs: number | null): number | null {
  if (loss < LOSSY || rttMs === null) return null
  return Math.min(Math.ceil((ATTEMPTS * (rttMs + HANDLING_MS)) / STEP_MS) * STEP_MS, LONGEST_MS)
}

/** Looks every few seconds what comes over a transport and has everything of it held back as long, until the transport closes. */
export function keepCushion(transport: types.Transport, consumers: () => Iterable<types.Consumer>): void {
  const lifetime = new Lifetime()
  const cushion = new Cushion()
  let target: number | null = null
  // Sound as well: it would be held back by as much anyway, to stay with the lips.
  const hold = ({ rtpReceiver }: types.Consumer) => {
    if (rtpReceiver && 'jitterBufferTarget' in rtpReceiver && rtpReceiver.jitterBufferTarget !== target) {
      rtpReceiver.jitterBufferTarget = target
    }
  }
  const look = () => {
    transport.getStats().then(
      (report) => {
        target = cushion.target(arrivalsOf(report), performance.now())
        for (const consumer of consumers()) hold(consumer)
      },
      // It closed while we asked.
      () => undefined,
    )
  }
  transport.observer.on('close', () => lifetime.end())
  // Before its first picture: to begin to hold back later is a gap itself.
  transport.observer.on('newconsumer', hold)
  for (const ms of FIRST_LOOKS_MS) lifetime.after(ms, look)
  lifetime.every(LOOK_MS, look)
}
