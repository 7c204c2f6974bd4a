const BITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'] as const
const BYTES = ['B', 'kB', 'MB', 'GB'] as const

export const countWords = (value: number) => Math.round(value).toLocaleString('en')

export const rateWords = (value: number) =>
  value < 10 && value > 0 ? `${value.toFixed(1)}/s` : `${countWords(value)}/s`

export const bitrateWords = (value: number) => scaled(value, BITS)

export const bytesWords = (value: number) => scaled(value, BYTES)

export const shareWords = (value: number) => `${Math.round(value * 100)} %`

export const lagWords = (seconds: number) => (seconds < 10 ? `${seconds.toFixed(1)} s` : `${countWords(seconds)} s`)

function scaled(value: number, units: readonly string[]): string {
  let left = value
  let unit = 0
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000
    unit += 1
  }
  return `${unit > 0 && left < 9.95 ? left.toFixed(1) : Math.round(left)} ${units[unit]}`
}
