/** How large a picture is on the page, in device pixels; the server chooses the layer that fits. */
export interface ShownSize {
  readonly width: number
  readonly height: number
}

/** A size that changes goes on changing for a while: a window's edge is dragged, a layout moves. */
export const SETTLE_MS = 250
/** A change smaller than this is not worth a request: no layer begins or ends there. */
const NOTEWORTHY = 0.05
/** Who is served first on a narrow path; 100 is what the server takes for granted. */
const USUAL_PRIORITY = 100
/** A picture that takes most of the page is what the person looks at. */
const LARGE_PRIORITY = 160
const LARGE_SHARE = 0.4
/** A picture the person pinned is the last to lose its sharpness. */
const PINNED_PRIORITY = 220
const LARGEST = 16_384

/** Whole pixels, as many as can be said. */
export function sizeOf(width: number, height: number, pixelRatio: number): ShownSize {
  const whole = (length: number) => Math.min(LARGEST, Math.max(1, Math.round(length * pixelRatio)))
  return { width: whole(width), height: whole(height) }
}

export function isNoteworthy(size: ShownSize, before: ShownSize | undefined): boolean {
  if (before === undefined) return true
  const differs = (one: number, other: number) => Math.abs(one - other) > NOTEWORTHY * other
  return differs(size.width, before.width) || differs(size.height, before.height)
}

export function priorityOf(size: ShownSize, page: ShownSize, pinned = false): number {
  if (pinned) return PINNED_PRIORITY
  const share = (size.width * size.height) / Math.max(1, page.width * page.height)
  return share >= LARGE_SHARE ? LARGE_PRIORITY : USUAL_PRIORITY
}
