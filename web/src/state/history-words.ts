import type { CodedError } from '../protocol/errors'

const SUBJECTS: Readonly<Record<string, string>> = {
  'meeting.created': 'Meeting created',
  'meeting.updated': 'Settings changed',
  'meeting.started': 'Meeting started',
  'meeting.reminded': 'Reminder given',
  'meeting.ended': 'Meeting ended',
  'chat.message_sent': 'Chat message',
  'poll.created': 'Poll opened',
  'poll.closed': 'Poll closed',
  'role.changed': 'Role changed',
  'room.locked': 'Room locked',
  'room.unlocked': 'Room unlocked',
  'worker.died': 'Media interrupted',
  'room.recovered': 'Media recovered',
  'request.denied': 'Asked for more than allowed',
  'participant.removed': 'Somebody was removed',
  'participant.muted_by': 'Muted by a host',
}

/** `role.changed` as people say it; types without words of their own get those of their tag. */
export function eventWords(type: string): string {
  const own = SUBJECTS[type]
  if (own !== undefined) return own
  const words = type.replace(/[._]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** `3725` as `1 h 2 min`, below an hour `2 min 5 s`. */
export function durationWords(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  const minutes = Math.floor(s / 60)
  if (minutes < 60) return s % 60 === 0 ? `${minutes} min` : `${minutes} min ${s % 60} s`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function timeWords(at: number | string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** Without the seconds where there are none. */
export function hourWords(at: number): string {
  if (at % 60_000 !== 0) return timeWords(at)
  return new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
}

export function dayWords(at: string): string {
  return new Date(at).toLocaleDateString(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  })
}

export function peopleWords(count: number): string {
  return count === 1 ? '1 person' : `${count} people`
}

/** Why a page of the history cannot be shown. */
export function historyProblem(error: CodedError): string {
  switch (error.code) {
    case 'ACCESS_DENIED':
      return 'Only those who hosted this meeting can look back at it.'
    case 'NOT_FOUND':
      return 'There is no such meeting.'
    case 'UNREACHABLE':
    case 'TIMEOUT':
      return 'The server cannot be reached. Try again in a moment.'
    case 'UNAUTHORIZED':
      return 'Sign in as somebody who hosted this meeting to look back at it.'
    default:
      return error.message
  }
}
