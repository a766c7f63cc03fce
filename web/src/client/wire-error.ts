import type { ErrorCode, Event, SuiteProblem } from './protocol'

/** Something that was asked for and not done: said by the server, or by this side when the server cannot be heard. */
export class WireError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Whether the same command can succeed later */
    readonly temporary: boolean,
    /** For `invalid_suite`: everything that is wrong with it */
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
