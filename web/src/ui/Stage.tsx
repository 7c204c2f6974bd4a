import { ChevronLeft, ChevronRight, Link2 } from 'lucide-react'
import { useRef, useState } from 'react'
import type { Call } from '../call/call'
import { bestGrid, pageCapacity, type Size, stageLayout } from '../state/layout'
import type { Screen, Tile } from '../state/tiles'
import { ReactionsOverlay } from './ReactionsOverlay'
import { ScreenTile } from './ScreenTile'
import { TileView } from './TileView'
import { useSize } from './useSize'

interface StageProps {
  readonly call: Call
  readonly tiles: readonly Tile[]
  readonly screens: readonly Screen[]
  readonly onCopyLink: () => void
}

export function Stage({ call, tiles, screens, onCopyLink }: StageProps) {
  const stage = useRef<HTMLElement>(null)
  const area = useSize(stage)
  return (
    <section ref={stage} className="stage" aria-label="People in the call">
      {area.width > 0 &&
        (screens.length > 0 ? (
          <WithScreen call={call} tiles={tiles} screens={screens} area={area} />
        ) : (
          <TileGrid call={call} tiles={tiles} area={area} />
        ))}
      {tiles.length === 1 && screens.length === 0 && (
        <div className="alone">
          <p>You are the only one here.</p>
          <button type="button" className="button" onClick={onCopyLink}>
            <Link2 size={18} aria-hidden="true" /> Copy the link to invite others
          </button>
        </div>
      )}
      <ReactionsOverlay call={call} tiles={tiles} />
    </section>
  )
}

function TileGrid({ call, tiles, area }: { call: Call; tiles: readonly Tile[]; area: Size }) {
  const [page, setPage] = useState(0)
  const narrowest = area.width < 600 ? 120 : 160
  const capacity = Math.min(tiles.length, pageCapacity(area, narrowest))
  const pages = Math.ceil(tiles.length / Math.max(1, capacity))
  const current = Math.min(page, pages - 1)
  const shown = tiles.slice(current * capacity, (current + 1) * capacity)
  const grid = bestGrid(shown.length, area)
  return (
    <>
      <div className="grid" style={{ maxWidth: grid.columns * (grid.tile.width + 8) }}>
        {shown.map((tile) => (
          <TileView key={tile.id} call={call} tile={tile} size={grid.tile} />
        ))}
      </div>
      {pages > 1 && (
        <nav className="pager" aria-label="Pages of people">
          <button
            type="button"
            className="icon-button"
            aria-label="Previous page"
            disabled={current === 0}
            onClick={() => setPage(current - 1)}
          >
            <ChevronLeft size={20} />
          </button>
          <span>
            {current + 1} of {pages}
          </span>
          <button
            type="button"
            className="icon-button"
            aria-label="Next page"
            disabled={current === pages - 1}
            onClick={() => setPage(current + 1)}
          >
            <ChevronRight size={20} />
          </button>
        </nav>
      )}
    </>
  )
}

function WithScreen({
  call,
  tiles,
  screens,
  area,
}: {
  call: Call
  tiles: readonly Tile[]
  screens: readonly Screen[]
  area: Size
}) {
  const [chosen, setChosen] = useState<string>()
  const screen = screens.find((one) => one.producerId === chosen) ?? screens[screens.length - 1]
  const { strip, tile: size, capacity } = stageLayout(area)
  const overflow = tiles.length > capacity
  const shown = overflow ? tiles.slice(0, Math.max(0, capacity - 1)) : tiles
  if (!screen) return null
  return (
    <div className={`with-screen ${strip}`}>
      <div className="screen-area">
        {screens.length > 1 && (
          <div className="screen-tabs" role="tablist" aria-label="Shared screens">
            {screens.map((one) => (
              <button
                type="button"
                role="tab"
                key={one.producerId}
                aria-selected={one === screen}
                onClick={() => setChosen(one.producerId)}
              >
                {one.name}
              </button>
            ))}
          </div>
        )}
        <ScreenTile key={screen.producerId} call={call} screen={screen} />
      </div>
      <div className="strip">
        {shown.map((tile) => (
          <TileView key={tile.id} call={call} tile={tile} size={size} />
        ))}
        {overflow && (
          <div className="tile more" style={size}>
            +{tiles.length - shown.length}
          </div>
        )}
      </div>
    </div>
  )
}
