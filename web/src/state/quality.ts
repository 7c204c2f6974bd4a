import type { LoggedEvent } from '../protocol/history'

/** One measurement of somebody's connection, as `connection.stats` tells it. Shares of packets from 0 to 1. */
export interface Measured {
  readonly at: string
  readonly quality: number
  readonly lossIn: number
  readonly lossOut: number
  readonly rttMs: number | undefined
}

export interface PersonQuality {
  readonly person: string
  readonly measured: number
  /** The mean of the estimated opinion scores, from 1 to 4.5. */
  readonly mean: number
  readonly worst: Measured
  readonly lossIn: number
  readonly lossOut: number
  readonly rttMs: number | undefined
}

export type Grade = 'good' | 'fair' | 'poor' | 'bad'

/** Where people begin to notice, to be annoyed, and to give up. */
export function gradeOf(score: number): Grade {
  if (score >= 4) return 'good'
  if (score >= 3.6) return 'fair'
  return score >= 2.6 ? 'poor' : 'bad'
}

/** How the connections did, the worst first. `whose`: the person of a participant id. */
export function qualities(events: readonly LoggedEvent[], whose: ReadonlyMap<string, string>): PersonQuality[] {
  const byPerson = new Map<string, Measured[]>()
  for (const event of events) {
    const person = whose.get(event.participant_id ?? '')
    const measured = measuredOf(event)
    if (person !== undefined && measured) byPerson.set(person, [...(byPerson.get(person) ?? []), measured])
  }
  const all = [...byPerson].flatMap(([person, measured]) => summary(person, measured) ?? [])
  return all.sort((one, other) => one.mean - other.mean)
}

function summary(person: string, measured: readonly Measured[]): PersonQuality | undefined {
  const [worst] = [...measured].sort((one, other) => one.quality - other.quality)
  const trips = measured.flatMap(({ rttMs }) => (rttMs === undefined ? [] : [rttMs]))
  return (
    worst && {
      person,
      measured: measured.length,
      mean: mean(measured.map(({ quality }) => quality)),
      worst,
      lossIn: mean(measured.map(({ lossIn }) => lossIn)),
      lossOut: mean(measured.map(({ lossOut }) => lossOut)),
      rttMs: trips.length === 0 ? undefined : mean(trips),
    }
  )
}

function measuredOf({ timestamp, payload }: LoggedEvent): Measured | undefined {
  const { quality, loss_in: lossIn, loss_out: lossOut, rtt_ms: rtt } = payload
  if (typeof quality !== 'number' || typeof lossIn !== 'number' || typeof lossOut !== 'number') return undefined
  return { at: timestamp, quality, lossIn, lossOut, rttMs: typeof rtt === 'number' ? rtt : undefined }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
