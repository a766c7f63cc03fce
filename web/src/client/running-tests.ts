import type { Event } from './protocol.ts'
import type { JobState } from './state.ts'

/** The tests that run now. */
export interface Running {
  /** When each of them was first seen to run, in milliseconds of the server's clock */
  readonly since: ReadonlyMap<number, number>
  /** How far the server's clock is ahead of this one, in milliseconds; `undefined` before the first event */
  readonly aheadMs: number | undefined
}

/**
 * Since when tests run. The server tells it of tests that have ended (`ran`), and not of those that run. So a test counts
 * from the first event here that shows it running: for whoever joins late, that is later than it began.
 */
export class RunningTests {
  private readonly since = new Map<number, number>()
  private aheadMs: number | undefined
  private lastView: Running | undefined

  /** Notes which tests of `event` run, now that `state` has it. */
  apply(event: Event, state: JobState, now: number): void {
    const at = this.serverTime(event, now)
    for (const test of testsOf(event)) {
      const isRunning = state.tests.get(test)?.status === 'running'
      if (isRunning === this.since.has(test)) continue
      if (isRunning) this.since.set(test, at)
      else this.since.delete(test)
      this.lastView = undefined
    }
  }

  /** The same object until something changes. */
  view(): Running {
    this.lastView ??= { since: new Map(this.since), aheadMs: this.aheadMs }
    return this.lastView
  }

  /** The event that took the least time to get here tells most of the server's clock. */
  private serverTime({ at }: Event, now: number): number {
    const told = Date.parse(at)
    if (Number.isNaN(told)) return now + (this.aheadMs ?? 0)
    if (told - now > (this.aheadMs ?? -Infinity)) {
      this.aheadMs = told - now
      this.lastView = undefined
    }
    return told
  }
}

function testsOf(event: Event): readonly number[] {
  if (event.type === 'job.state') return event.tests.map(({ test }) => test)
  return 'test' in event && event.type !== 'evidence' ? [event.test] : []
}
