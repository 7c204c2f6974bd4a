/** Up to two initials: of the first and the last word, whatever the script; `?` for a name without letters. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  const first = words[0]
  const last = words.length > 1 ? words[words.length - 1] : undefined
  if (first === undefined) return '?'
  return [first, last]
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toLocaleUpperCase()
}

const HUES = 12

/** A hue for somebody's avatar, in degrees: the same for the same name on every screen. */
export function hueOf(name: string): number {
  let hash = 0
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return (hash % HUES) * (360 / HUES)
}

/** The meeting id in what somebody typed or pasted: a code, or a link whose path is `/m/<id>`. Undefined when there is none. */
export function meetingIdIn(text: string): string | undefined {
  const trimmed = text.trim()
  const path = /\/m\/([^/?#\s]+)/.exec(trimmed)?.[1]
  if (path !== undefined) return decode(path)
  return /^[\w.~-]{1,128}$/.test(trimmed) ? trimmed : undefined
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
