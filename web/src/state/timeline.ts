import type { Lane, Span, State, Timeline } from '../protocol/history'

/** The stretch of time a timeline shows, in milliseconds since the epoch. */
export interface Extent {
  readonly start: number
  readonly end: number
}

/** From the first arrival to the end, or to `now` while the meeting lasts; undefined when nobody ever came. */
export function extentOf(timeline: Timeline, now: number): Extent | undefined {
  if (timeline.started_at === null) return undefined
  const start = Date.parse(timeline.started_at)
  const end = timeline.ended_at === null ? now : Date.parse(timeline.ended_at)
  return { start, end: Math.max(end, start + 1000) }
}

/** A stretch as shares of the extent: 0 to 1. */
export interface Bar {
  readonly left: number
  readonly width: number
}

export function barOf([started, ended]: Span, { start, end }: Extent): Bar {
  const from = Math.min(Math.max(started, start), end)
  const to = ended === null ? end : Math.min(Math.max(ended, start), end)
  return { left: (from - start) / (end - start), width: Math.max(0, to - from) / (end - start) }
}

/** How long something was on, in seconds. */
export function lasted(spans: readonly Span[] | undefined, { end }: Extent): number {
  let total = 0
  for (const [from, to] of spans ?? []) total += (to ?? end) - from
  return total / 1000
}

export function isOn(lane: Lane, state: State, at: number): boolean {
  return (lane.spans[state] ?? []).some((span) => holds(span, at))
}

export function isIn(lane: Lane, at: number): boolean {
  return lane.stays.some((stay) => holds(stay.span, at))
}

function holds([from, to]: Span, at: number): boolean {
  return from <= at && (to === null || at < to)
}

const STEPS_S = [1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]

/** Moments to write along the axis: round ones, at most `most` of them. */
export function ticksOf({ start, end }: Extent, most: number): number[] {
  const step = 1000 * (STEPS_S.find((s) => (end - start) / 1000 / s <= most) ?? Math.ceil((end - start) / 1000 / most))
  const ticks = []
  for (let at = Math.ceil(start / step) * step; at <= end; at += step) ticks.push(at)
  return ticks
}

/** The second of the meeting that an address names (`?t=75`); undefined where it names none. */
export function secondOf(search: string): number | undefined {
  const named = new URLSearchParams(search).get('t') ?? ''
  return /^\d{1,7}$/.test(named) ? Number(named) : undefined
}
