import type { PastFilter } from '../protocol/history'

/** Days are those of the place where one looks, from their first moment to their last. */
export function filterOf(text: string, from: string, to: string): PastFilter {
  const [first, last] = [new Date(`${from}T00:00:00`), new Date(`${to}T23:59:59.999`)]
  return {
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    ...(Number.isNaN(first.getTime()) ? {} : { from: first.toISOString() }),
    ...(Number.isNaN(last.getTime()) ? {} : { to: last.toISOString() }),
  }
}
