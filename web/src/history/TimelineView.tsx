import { useEffect, useRef, useState } from 'react'
import type { MeetingRecord } from '../pages/PastMeeting'
import { eventWords, hourWords, timeWords } from '../state/history-words'
import { type Extent, secondOf, ticksOf } from '../state/timeline'
import { KeptRow, LaneRow } from './LaneRow'
import { RoomAt } from './RoomAt'

const MOST_TICKS = 6

/** Lanes under one axis, a playhead over all of them, and the room as it was where the playhead stands. */
export function TimelineView({ record, extent: { start, end } }: { record: MeetingRecord; extent: Extent }) {
  const { timeline } = record
  const seconds = Math.ceil((end - start) / 1000)
  // Whole seconds, as the scrubber has: else its thumb and the playhead would stand apart.
  const extent = { start, end: start + seconds * 1000 }
  const [second, setSecond] = useState(() => clamp(secondOf(location.search) ?? Math.floor(seconds / 2), seconds))
  useInAddress(second)
  const at = extent.start + second * 1000
  const share = (second * 1000) / (extent.end - extent.start)
  return (
    <div className="timeline" data-testid="timeline">
      <Legend />
      <div className="timeline-grid">
        <div className="timeline-axis" aria-hidden="true">
          {ticksOf(extent, MOST_TICKS).map((tick) => (
            <span key={tick} style={{ left: percent((tick - extent.start) / (extent.end - extent.start)) }}>
              {hourWords(tick)}
            </span>
          ))}
        </div>
        <div className="timeline-markers">
          {timeline.markers.map((marker) => (
            <button
              type="button"
              key={marker.sequence}
              tabIndex={-1}
              className={`marker about-${marker.type.split('.')[0]}`}
              style={{ left: percent((Date.parse(marker.timestamp) - extent.start) / (extent.end - extent.start)) }}
              title={`${eventWords(marker.type)}, ${timeWords(marker.timestamp)}`}
              aria-label={`${eventWords(marker.type)} at ${timeWords(marker.timestamp)}`}
              onClick={() => setSecond(clamp((Date.parse(marker.timestamp) - extent.start) / 1000, seconds))}
            />
          ))}
        </div>
        <div className="timeline-scrub">
          <input
            type="range"
            min={0}
            max={seconds}
            step={1}
            value={second}
            data-testid="scrubber"
            aria-label="Moment of the meeting"
            aria-valuetext={timeWords(at)}
            onChange={(event) => setSecond(Number(event.target.value))}
          />
        </div>
        <ol className="lanes" data-testid="lanes">
          <KeptRow name="Recorded" spans={timeline.recordings} extent={extent} />
          <KeptRow name="Transcribed" spans={timeline.transcriptions} extent={extent} />
          {timeline.lanes.map((lane) => (
            <LaneRow key={lane.user_id} lane={lane} extent={extent} at={at} />
          ))}
        </ol>
        <div className="playhead-area" aria-hidden="true">
          <span className="playhead" style={{ left: percent(share) }} />
        </div>
      </div>
      {timeline.lanes_left_out > 0 && <p className="hint">{timeline.lanes_left_out} more people are in the list.</p>}
      {timeline.markers_left_out > 0 && <p className="hint">{timeline.markers_left_out} more marks are in the log.</p>}
      <RoomAt record={record} at={at} />
    </div>
  )
}

/** The playhead stands in the address, to be passed on and found again; not each step of it in the way back. */
function useInAddress(second: number): void {
  const first = useRef(second)
  useEffect(() => {
    if (second === first.current) return
    // Browsers allow a page so many changes and no more: who drags writes once, at the end.
    const timer = setTimeout(() => history.replaceState(history.state, '', `?t=${second}`), 300)
    return () => clearTimeout(timer)
  }, [second])
}

const KEYS = [
  ['in', 'in the room'],
  ['audio', 'microphone on'],
  ['speaking', 'speaking'],
  ['video', 'camera on'],
  ['screen', 'sharing'],
  ['hand', 'hand up'],
  ['away', 'connection lost'],
] as const

function Legend() {
  return (
    <ul className="legend">
      {KEYS.map(([state, words]) => (
        <li key={state}>
          <span className={`swatch state-${state}`} aria-hidden="true" />
          {words}
        </li>
      ))}
    </ul>
  )
}

const percent = (share: number) => `${Math.min(100, Math.max(0, share * 100))}%`
const clamp = (second: number, most: number) => Math.min(most, Math.max(0, Math.ceil(second)))
