import { memo } from 'react'
import { type Lane, type Span, STATES } from '../protocol/history'
import { durationWords } from '../state/history-words'
import { barOf, type Extent, isIn, isOn, lasted } from '../state/timeline'

/** One person over the whole meeting. Those who are in where the playhead stands stand out. */
export function LaneRow({ lane, extent, at }: { lane: Lane; extent: Extent; at: number }) {
  const present = isIn(lane, at)
  const speaking = present && isOn(lane, 'speaking', at)
  return (
    <li className={present ? 'lane present' : 'lane'} data-testid={`lane-${lane.display_name}`}>
      <span className={speaking ? 'lane-name speaking' : 'lane-name'} title={lane.display_name}>
        {lane.display_name || lane.user_id}
      </span>
      <Track lane={lane} extent={extent} />
    </li>
  )
}

/** Drawn once: it does not change as the playhead moves. */
const Track = memo(function Track({ lane, extent }: { lane: Lane; extent: Extent }) {
  return (
    <svg
      className="track"
      viewBox="0 0 1000 36"
      preserveAspectRatio="none"
      role="img"
      aria-label={laneWords(lane, extent)}
    >
      {lane.stays.map((stay) => (
        <Rectangle key={stay.participant_id} span={stay.span} state="in" extent={extent} />
      ))}
      {STATES.flatMap((state) =>
        (lane.spans[state] ?? []).map((span) => (
          <Rectangle key={`${state} ${span[0]}`} span={span} state={state} extent={extent} />
        )),
      )}
    </svg>
  )
})

/** When the meeting itself was kept, by whatever name. Nothing where it never was. */
export function KeptRow({ name, spans, extent }: { name: string; spans: readonly Span[]; extent: Extent }) {
  if (spans.length === 0) return null
  return (
    <li className="lane present" data-testid={`kept-${name}`}>
      <span className="lane-name">{name}</span>
      <svg
        className="track"
        viewBox="0 0 1000 36"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name} for ${durationWords(lasted(spans, extent))}`}
      >
        {spans.map((span) => (
          <Rectangle key={span[0]} span={span} state="kept" extent={extent} />
        ))}
      </svg>
    </li>
  )
}

const ROWS = {
  in: [2, 32],
  kept: [14, 8],
  away: [2, 32],
  hand: [2, 4],
  audio: [8, 7],
  speaking: [8, 7],
  video: [17, 7],
  screen: [26, 7],
} as const

/** A stretch narrower than this many thousandths would not be seen. */
const LEAST = 1.5

function Rectangle(props: { span: Span; state: keyof typeof ROWS; extent: Extent }) {
  const { left, width } = barOf(props.span, props.extent)
  const [y, height] = ROWS[props.state]
  return (
    <rect
      className={`state-${props.state}`}
      x={left * 1000}
      y={y}
      width={Math.max(LEAST, width * 1000)}
      height={height}
    />
  )
}

function laneWords(lane: Lane, extent: Extent): string {
  const parts = [
    `${lane.display_name}: in for ${durationWords(
      lasted(
        lane.stays.map((stay) => stay.span),
        extent,
      ),
    )}`,
  ]
  const words = {
    speaking: 'spoke for',
    audio: 'microphone on for',
    video: 'camera on for',
    screen: 'shared for',
  } as const
  for (const [state, said] of Object.entries(words)) {
    const seconds = lasted(lane.spans[state as keyof typeof words], extent)
    if (seconds > 0) parts.push(`${said} ${durationWords(seconds)}`)
  }
  return parts.join(', ')
}
