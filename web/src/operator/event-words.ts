import type { LoggedEvent, StreamState } from './event-stream'

const LONGEST = 160

/** The payload in a line. What is nested is counted, not told. */
export function payloadWords(payload: LoggedEvent['payload']): string {
  const parts = Object.entries(payload).flatMap(([name, value]) => {
    if (value === null || value === '') return []
    if (Array.isArray(value)) return [`${name}: ${value.length}`]
    return [typeof value === 'object' ? `${name}: …` : `${name}: ${String(value)}`]
  })
  const words = parts.join('  ')
  return words.length > LONGEST ? `${words.slice(0, LONGEST - 1)}…` : words
}

/** With milliseconds: what happened first is often the question. */
export function clockWords(timestamp: string): string {
  const moment = new Date(timestamp)
  const two = (number: number) => String(number).padStart(2, '0')
  const seconds = `${two(moment.getSeconds())}.${String(moment.getMilliseconds()).padStart(3, '0')}`
  return `${two(moment.getHours())}:${two(moment.getMinutes())}:${seconds}`
}

export function statusWords({ status, problem }: StreamState): string {
  switch (status) {
    case 'connecting':
      return 'Connecting…'
    case 'live':
      return 'Live'
    case 'lost':
      return 'Connection lost, coming back…'
    case 'refused':
      return problem ?? 'Refused'
  }
}

/** Which events deserve a second look. */
export function isGrave(type: string): boolean {
  return /^(worker\.died|alert\.fired|record\.behind|webhook\.disabled|client\.device_failed)$/.test(type)
}
