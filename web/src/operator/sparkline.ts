/** A moment in milliseconds since the epoch, and what was measured then. */
export type Measured = readonly [number, number]

export const WIDTH = 100
export const HEIGHT = 30
/** How much time a line shows, whether there are points for all of it or not. */
export const SHOWN_MS = 300_000
const PEN = 1

/**
 * The line of SVG through the points, the latest at the right edge; nothing without points. `least` is the smallest value that may
 * fill the height, so that a figure that rests near nothing is drawn as resting.
 */
export function lineOf(points: readonly Measured[], least: number): string {
  const latest = points.at(-1)?.[0]
  if (latest === undefined) return ''
  const most = Math.max(least, ...points.map(([, value]) => value))
  const x = (at: number) => WIDTH * Math.max(0, 1 - (latest - at) / SHOWN_MS)
  const y = (value: number) => HEIGHT - PEN - (HEIGHT - 2 * PEN) * (value / most)
  return points.map(([at, value], index) => `${index === 0 ? 'M' : 'L'}${round(x(at))} ${round(y(value))}`).join('')
}

/** The same down to the ground, to be filled. */
export function areaOf(line: string): string {
  const start = /^M(\S+)/.exec(line)?.[1]
  return start === undefined ? '' : `${line}L${WIDTH} ${HEIGHT}L${start} ${HEIGHT}Z`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
