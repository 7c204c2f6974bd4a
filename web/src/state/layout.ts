export interface Size {
  readonly width: number
  readonly height: number
}

export interface Grid {
  readonly columns: number
  readonly rows: number
  readonly tile: Size
}

export const TILE_ASPECT = 16 / 9
const GAP = 8
/** Tiles may lose their sides to fill a tall window, but no more than to a square: a camera's picture is wide. */
const NARROWEST_ASPECT = 1

/**
 * The grid that shows `count` tiles largest in `area` (CSS pixels). Tiles are 16:9, or as much narrower (down to a square) as
 * fills the area better. Every column count is tried; of two equal ones the one with fewer empty cells wins.
 */
export function bestGrid(count: number, area: Size, gap: number = GAP): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), tile: { width: 0, height: 0 } }
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns)
    const tile = fitTile({
      width: (area.width - gap * (columns - 1)) / columns,
      height: (area.height - gap * (rows - 1)) / rows,
    })
    if (surface(tile) > surface(best.tile)) best = { columns, rows, tile }
  }
  return best
}

/** How many tiles one page may hold so that none gets narrower than `narrowest`; never less than one. */
export function pageCapacity(area: Size, narrowest = 160, most = 49): number {
  let capacity = 1
  while (capacity < most && bestGrid(capacity + 1, area).tile.width >= narrowest) capacity++
  return capacity
}

export interface StageLayout {
  /** Where the strip of people goes beside a shared screen. */
  readonly strip: 'side' | 'bottom'
  readonly tile: Size
  /** How many tiles the strip has room for. */
  readonly capacity: number
}

/** Beside a shared screen, people go where the screen (taken as 16:9) leaves more room. */
export function stageLayout(area: Size, gap: number = GAP): StageLayout {
  const side = area.width / Math.max(1, area.height) > 1.45
  const width = side ? clamp(area.width * 0.18, 140, 280) : clamp(area.width * 0.3, 120, 200)
  const tile = { width: Math.floor(width), height: Math.floor(width / TILE_ASPECT) }
  const along = side ? (area.height + gap) / (tile.height + gap) : (area.width + gap) / (tile.width + gap)
  return { strip: side ? 'side' : 'bottom', tile, capacity: Math.max(1, Math.floor(along)) }
}

function fitTile(cell: Size): Size {
  if (cell.width <= 0 || cell.height <= 0) return { width: 0, height: 0 }
  const aspect = clamp(cell.width / cell.height, NARROWEST_ASPECT, TILE_ASPECT)
  const width = Math.min(cell.width, cell.height * aspect)
  return { width: Math.floor(width), height: Math.floor(Math.min(cell.height, width / aspect)) }
}

function surface(size: Size): number {
  return size.width * size.height
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
