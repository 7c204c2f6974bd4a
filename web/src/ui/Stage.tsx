import { ChevronLeft, ChevronRight, Link2 } from 'lucide-react'
import { useRef, useState } from 'react'
import type { Call } from '../call/call'
import { bestGrid, pageCapacity, type Size, type StageLayout, stageLayout } from '../state/layout'
import type { Screen, Tile } from '../state/tiles'
import { ReactionsOverlay } from './ReactionsOverlay'
import { ScreenTile } from './ScreenTile'
import { TileView } from './TileView'
import { useSize } from './useSize'

interface StageProps {
  readonly call: Call
  readonly tiles: readonly Tile[]
  readonly featured: readonly Tile[]
  readonly screens: readonly Screen[]
  readonly onCopyLink: () => void
}

export function Stage({ call, tiles, featured, screens, onCopyLink }: StageProps) {
  const stage = useRef<HTMLElement>(null)
  const area = useSize(stage)
  return (
    <section ref={stage} className="stage" aria-label="People in the call">
      {area.width > 0 && <Layout call={call} tiles={tiles} featured={featured} screens={screens} area={area} />}
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

interface LayoutProps {
  readonly call: Call
  readonly tiles: readonly Tile[]
  readonly featured: readonly Tile[]
  readonly screens: readonly Screen[]
  readonly area: Size
}

/** A shared screen before all, with pinned people first beside it; then whoever is pinned or in the spotlight; then all. */
function Layout({ call, tiles, featured, screens, area }: LayoutProps) {
  const others = tiles.filter((tile) => !featured.includes(tile))
  if (screens.length > 0) {
    return <WithScreen call={call} tiles={[...featured, ...others]} screens={screens} area={area} />
  }
  if (featured.length === 0) return <TileGrid call={call} tiles={tiles} area={area} />
  if (others.length === 0) return <TileGrid call={call} tiles={featured} area={area} />
  return <WithFeatured call={call} featured={featured} others={others} area={area} />
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
  const layout = stageLayout(area)
  if (!screen) return null
  return (
    <div className={`with-screen ${layout.strip}`}>
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
      <Strip call={call} tiles={tiles} layout={layout} />
    </div>
  )
}

interface WithFeaturedProps {
  readonly call: Call
  readonly featured: readonly Tile[]
  readonly others: readonly Tile[]
  readonly area: Size
}

function WithFeatured({ call, featured, others, area }: WithFeaturedProps) {
  const layout = stageLayout(area)
  const large = useRef<HTMLDivElement>(null)
  const room = useSize(large)
  return (
    <div className={`with-screen ${layout.strip}`} data-testid="featured">
      <div className="screen-area featured" ref={large}>
        {room.width > 0 && <TileGrid call={call} tiles={featured} area={room} />}
      </div>
      <Strip call={call} tiles={others} layout={layout} />
    </div>
  )
}

function Strip({ call, tiles, layout }: { call: Call; tiles: readonly Tile[]; layout: StageLayout }) {
  const overflow = tiles.length > layout.capacity
  const shown = overflow ? tiles.slice(0, Math.max(0, layout.capacity - 1)) : tiles
  return (
    <div className="strip">
      {shown.map((tile) => (
        <TileView key={tile.id} call={call} tile={tile} size={layout.tile} />
      ))}
      {overflow && (
        <div className="tile more" style={layout.tile}>
          +{tiles.length - shown.length}
        </div>
      )}
    </div>
  )
}
