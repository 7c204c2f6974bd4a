import { areaOf, HEIGHT, lineOf, type Measured, WIDTH } from './sparkline'

interface Shown {
  readonly name: string
  readonly testId: string
  readonly points: readonly Measured[]
  readonly words: (value: number) => string
  readonly least: number
  readonly alarming?: boolean
}

/** A figure as it is, and a line of how it was. */
export function FigureTile({ name, testId, points, words, least, alarming = false }: Shown) {
  const line = lineOf(points, least)
  const values = points.map(([, value]) => value)
  const most = words(Math.max(0, ...values))
  return (
    <div className={alarming ? 'figure-tile alarming' : 'figure-tile'} data-testid={`figure-${testId}`}>
      <dt>{name}</dt>
      <dd>{values.length === 0 ? '–' : words(values.at(-1) ?? 0)}</dd>
      <dd className="figure-most">at most {most}</dd>
      <dd className="figure-line">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${name} over the last five minutes, at most ${most}`}
        >
          <path className="area" d={areaOf(line)} />
          <path className="line" d={line} />
        </svg>
      </dd>
    </div>
  )
}
