import type { ErrorCode, Event, SuiteProblem } from './protocol.ts'

/** A failed command. The error comes from the server, or from the client if the server is unreachable. */
export class WireError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Whether the same command can succeed later */
    readonly temporary: boolean,
    /** For `invalid_suite`: all problems of the suite */
    readonly problems: SuiteProblem[] = [],
  ) {
    super(message)
    this.name = 'WireError'
  }

  static from(event: Extract<Event, { type: 'error' }>): WireError {
    return new WireError(event.code, event.message, event.temporary, event.problems ?? [])
  }

  static unavailable(message: string): WireError {
    return new WireError('unavailable', message, true)
  }
}
