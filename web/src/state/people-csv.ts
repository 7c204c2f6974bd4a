import type { ParticipantRecord, PersonFigures } from '../protocol/history'

const DURATIONS = ['attendance_s', 'speaking_s', 'microphone_s', 'camera_s', 'share_s'] as const
const COUNTS = ['chat_messages', 'poll_votes', 'reactions', 'hands_raised', 'score'] as const

/** The people of a meeting as comma separated values (RFC 4180): times in UTC, durations in seconds. */
export function peopleCsv(people: readonly ParticipantRecord[], figures: ReadonlyMap<string, PersonFigures>): string {
  const header = ['name', 'user_id', 'role', 'joined_at', 'left_at', ...DURATIONS, ...COUNTS]
  const rows = people.map((person) => {
    const own = figures.get(person.user_id)
    const counted = [...DURATIONS, ...COUNTS].map((name) => own?.[name] ?? '')
    return [person.display_name, person.user_id, person.role, person.joined_at, person.left_at, ...counted]
  })
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** A name that begins like a formula would be one to the program that opens the file. */
function cell(value: string | number | null): string {
  const text = String(value ?? '')
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
