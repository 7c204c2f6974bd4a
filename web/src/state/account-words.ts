import type { CodedError } from '../protocol/errors'

type Task = 'sign-in' | 'sign-up' | 'password'

/** What to say when a sign-in, a sign-up or a change of password was refused. */
export function accountWords(error: CodedError, task: Task): string {
  switch (error.code) {
    case 'UNAUTHORIZED':
      return task === 'sign-in' ? 'The e-mail address or the password is wrong.' : 'You were signed out. Sign in again.'
    case 'ACCESS_DENIED':
      return task === 'password' ? 'The current password is wrong.' : 'This server does not take new accounts.'
    case 'CONFLICT':
      return task === 'sign-up' ? 'There is an account with this address. Sign in instead.' : 'Try once more.'
    case 'VALIDATION':
      return invalid(error.message)
    case 'RATE_LIMITED':
      return `Too many attempts. ${waiting(error.retryAfter)}`
    case 'UNREACHABLE':
    case 'TIMEOUT':
    case 'DISCONNECTED':
      return 'The server cannot be reached. Check that you are online.'
    default:
      return 'The server is busy. Try again in a moment.'
  }
}

function invalid(message: string): string {
  if (/first that are tried/.test(message))
    return 'This password is one of the first anybody would try. Choose another.'
  if (/password/.test(message)) return 'A password has 8 to 128 characters.'
  return 'This is no e-mail address.'
}

function waiting(seconds: number | undefined): string {
  if (seconds === undefined) return 'Wait a moment.'
  return seconds < 90 ? `Try again in ${seconds} seconds.` : `Try again in ${Math.ceil(seconds / 60)} minutes.`
}
