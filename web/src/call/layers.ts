/**
 * Which spatial layer a tile needs. Cameras send three, a quarter, a half and the whole of 1280x720: 180, 360 and 720 lines.
 * A tile may be drawn from a layer with somewhat fewer lines than it has pixels; a stretch of 1.25 is not seen on a face.
 */
const LINES = [180, 360] as const
const STRETCH = 1.25
/** A tile has to pass a limit by this much before the layer changes, so that dragging a window's edge does not flap. */
const HYSTERESIS = 0.1

export type SpatialLayer = 0 | 1 | 2

export function spatialLayerFor(heightPx: number, current: SpatialLayer | undefined): SpatialLayer {
  const limits = LINES.map((lines, below) => {
    const limit = lines * STRETCH
    if (current === undefined) return limit
    return current > below ? limit * (1 - HYSTERESIS) : limit * (1 + HYSTERESIS)
  })
  const [low = 0, high = 0] = limits
  if (heightPx > high) return 2
  return heightPx > low ? 1 : 0
}
