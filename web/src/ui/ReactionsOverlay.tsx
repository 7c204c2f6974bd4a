import type { CSSProperties } from 'react'
import type { Call } from '../call/call'
import type { Tile } from '../state/tiles'
import { useStore } from './useStore'

export function ReactionsOverlay({ call, tiles }: { call: Call; tiles: readonly Tile[] }) {
  const shown = useStore(call.gestures.reactions.shown)
  return (
    <div className="reactions" aria-hidden="true">
      {shown.map(({ id, participantId, reaction }) => (
        <span key={id} className="reaction" style={{ '--lane': (id * 37) % 100 } as CSSProperties}>
          <span className="reaction-mark">{reaction}</span>
          <span className="reaction-name">{tiles.find((tile) => tile.id === participantId)?.name}</span>
        </span>
      ))}
    </div>
  )
}
