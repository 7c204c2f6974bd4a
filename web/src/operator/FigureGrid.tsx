import type { Figure, Point } from '../protocol/overview'
import { FigureTile } from './FigureTile'
import { bitrateWords, bytesWords, countWords, lagWords, rateWords, shareWords } from './figure-words'

/** Name, what it is, its words, what fills the height of its line at least, and from where on it alarms. */
const FIGURES: readonly (readonly [string, Figure, (value: number) => string, number, number?])[] = [
  ['Rooms', 'rooms', countWords, 4],
  ['People', 'people', countWords, 4],
  ['Producers', 'producers', countWords, 4],
  ['Consumers', 'consumers', countWords, 4],
  ['Media in', 'bits_in_rate', bitrateWords, 100_000],
  ['Media out', 'bits_out_rate', bitrateWords, 100_000],
  ['Packets in', 'packets_in_rate', rateWords, 50],
  ['Packets out', 'packets_out_rate', rateWords, 50],
  ['Busiest worker', 'load', shareWords, 1, 0.85],
  ['Events', 'event_rate', rateWords, 10],
  ['Record behind by', 'lag_s', lagWords, 5, 10],
  ['Waiting to be stored', 'backlog_bytes', bytesWords, 100_000],
]

export function FigureGrid({ points }: { points: readonly Point[] }) {
  const times = points.map(({ at }) => Date.parse(at))
  return (
    <dl className="figure-grid" data-testid="overview-figures">
      {FIGURES.map(([name, figure, words, least, alarm = Number.POSITIVE_INFINITY]) => (
        <FigureTile
          key={figure}
          name={name}
          testId={figure}
          points={points.map((point, index) => [times[index] ?? 0, point[figure]])}
          words={words}
          least={least}
          alarming={(points.at(-1)?.[figure] ?? 0) >= alarm}
        />
      ))}
    </dl>
  )
}
