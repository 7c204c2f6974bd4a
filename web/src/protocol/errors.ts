import { SERVER_ERROR_CODES } from './messages.gen'

/** The server's codes, and the three that only the client's own side can raise. */
export type ErrorCode = (typeof SERVER_ERROR_CODES)[number] | 'TIMEOUT' | 'DISCONNECTED' | 'UNREACHABLE'

const known: ReadonlySet<string> = new Set(SERVER_ERROR_CODES)

/** A request that was refused, or that could not be asked. `event` names the request or the HTTP route. */
export class CodedError extends Error {
  override readonly name = 'CodedError'
  readonly code: ErrorCode
  readonly event: string
  /** Seconds after which trying again makes sense, where the server knows. */
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, event: string, retryAfter?: number) {
    super(message)
    this.code = code
    this.event = event
    this.retryAfter = retryAfter
  }

  /** From `{code, message}` as a server sent it; whatever is not of that shape becomes `INTERNAL`. */
  static from(value: unknown, event: string): CodedError {
    const { code, message, retry_after: wait } = isRecord(value) ? value : {}
    const text = typeof message === 'string' ? message : 'The server gave no reason.'
    const retryAfter = typeof wait === 'number' ? wait : undefined
    return new CodedError(isErrorCode(code) ? code : 'INTERNAL', text, event, retryAfter)
  }

  /** Whatever was thrown: what has no code came from the browser's media. */
  static of(error: unknown): CodedError {
    if (error instanceof CodedError) return error
    return new CodedError('WEBRTC_TRANSPORT_ERROR', error instanceof Error ? error.message : String(error), 'media')
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && known.has(value)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
