import { useRef } from 'react'
import type { Call } from '../call/call'
import type { Screen } from '../state/tiles'
import { Stalled, useShown } from './TileView'
import { useSize } from './useSize'
import { useStore } from './useStore'
import { Video } from './Video'

/** A shared screen, whole and unstretched: its edges matter as much as its middle. */
export function ScreenTile({ call, screen }: { call: Call; screen: Screen }) {
  const frame = useRef<HTMLElement>(null)
  const size = useSize(frame)
  const remote = useStore(call.tracks).get(screen.producerId)
  useShown(call, screen.producerId, size)
  return (
    <figure
      ref={frame}
      className="screen-tile"
      data-testid="screen-tile"
      data-name={screen.name}
      data-participant={screen.participantId}
    >
      <p className="screen-waiting">Waiting for {screen.name}'s screen…</p>
      {remote && (
        <Video
          track={remote.track}
          label={`${screen.name}'s screen`}
          fit="contain"
          onFirstFrame={() => call.noteFrame(screen.producerId)}
        />
      )}
      {remote?.stalled && <Stalled />}
      <figcaption className="tile-label">{screen.name}'s screen</figcaption>
    </figure>
  )
}
