/** Without signs that are taken for one another when somebody reads them aloud. */
const SIGNS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'

/** A short name for what went wrong, which a person can pass on and whoever helps finds in the record. */
export function reportId(random: Uint8Array = crypto.getRandomValues(new Uint8Array(8))): string {
  const signs = Array.from(random, (byte) => SIGNS[byte % SIGNS.length]).join('')
  return `${signs.slice(0, 4)}-${signs.slice(4)}`
}
