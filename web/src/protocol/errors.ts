import { SERVER_ERROR_CODES } from './messages.gen'

/** The server's codes, and the three that only the client's own side can raise. */
export type ErrorCode = (typeof SERVER_ERROR_CODES)[number] | 'TIMEOUT' | 'DISCONNECTED' | 'UNREACHABLE'

const known: ReadonlySet<string> = new Set(SERVER_ERROR_CODES)

/** A request that was refused, or that could not be asked. `event` names the request or the HTTP route. */
export class CodedError extends Error {
  override readonly name = 'CodedError'
  readonly code: ErrorCode
  readonly event: string

  constructor(code: ErrorCode, message: string, event: string) {
    super(message)
    this.code = code
    this.event = event
  }

  /** From `{code, message}` as a server sent it; whatever is not of that shape becomes `INTERNAL`. */
  static from(value: unknown, event: string): CodedError {
    const { code, message } = isRecord(value) ? value : {}
    const text = typeof message === 'string' ? message : 'The server gave no reason.'
    return new CodedError(isErrorCode(code) ? code : 'INTERNAL', text, event)
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && known.has(value)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
