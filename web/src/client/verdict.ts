import type { Job, JobWorld } from './job.ts'
import type { Timer } from './clock.ts'
import type { Counts, Verdict } from './protocol.ts'
import type { JobView } from './watched-job.ts'

/** How a job ended, once all of its results have arrived. */
export interface FinalVerdict {
  /** `passed` also if tests passed only on a retry; `empty` if nothing was tested */
  verdict: Verdict
  /** How many tests ended in which way */
  counts: Counts
  /** From when the job was accepted to its end, in milliseconds */
  durationMs: number
  /** Why it did not go as planned, such as a limit that it reached */
  problem: string | undefined
}

/** How long to wait for a verdict. */
export interface VerdictOptions {
  /** In milliseconds; by default as long as the job takes */
  timeoutMs?: number
  /** Stops waiting: the promise is rejected with its reason */
  signal?: AbortSignal
}

/**
 * Why a verdict cannot come:
 *
 * - `refused`: the server does not let this token watch the job, or has no such job
 * - `closed`: the connection ended for good: closed here, or the server said not to come back, or refused the token. Or the
 *   job is no longer watched
 * - `unreachable`: there was no connection for `giveUpAfterMs`
 * - `incomplete`: the job has ended, but some of its results did not arrive within a minute
 * - `timeout`: `timeoutMs` have passed
 */
export type NoVerdictReason = 'refused' | 'closed' | 'unreachable' | 'incomplete' | 'timeout'

/** There is no verdict that one can rely on. What the tests did is not known: treat it as neither passed nor failed. */
export class NoVerdictError extends Error {
  constructor(
    /** Why, for programs */
    readonly reason: NoVerdictReason,
    message: string,
  ) {
    super(message)
    this.name = 'NoVerdictError'
  }
}

/** How long the results may take after the verdict, in milliseconds. The store asks for them again three times before. */
const RESULTS_AFTER_MS = 60_000

/** Waits until the verdict of a job is confirmed, or can no longer be; that it cannot once `stopped` is aborted. */
export function awaitVerdict(job: Job, world: JobWorld, options: VerdictOptions, stopped: AbortSignal) {
  const { timeoutMs, signal } = options
  return new Promise<FinalVerdict>((resolve, reject) => {
    const wait = new Wait(job, world, resolve, reject)
    if (timeoutMs !== undefined) wait.failAfter(timeoutMs, 'timeout', `there was no verdict in ${timeoutMs} ms`)
    wait.until(job.onChange(() => wait.look()))
    wait.until(world.source.onStatus(() => wait.look()))
    wait.untilAborted(signal, () => reject(signal?.reason))
    wait.untilAborted(stopped, () => reject(new NoVerdictError('closed', 'the job is no longer watched')))
    wait.look()
  })
}

/** One wait for a verdict. */
class Wait {
  private isOver = false
  private readonly stops: (() => void)[] = []
  /** Gives up on results that do not arrive, while there is a connection */
  private late: Timer | undefined
  /** Gives up on a connection that does not return */
  private lost: Timer | undefined

  constructor(
    private readonly job: Job,
    private readonly world: JobWorld,
    private readonly resolve: (verdict: FinalVerdict) => void,
    private readonly reject: (error: NoVerdictError) => void,
  ) {}

  /** Settles it, or sets the timers that will. */
  look(): void {
    if (this.isOver) return
    const { refusal, summary } = this.job.view
    const { status } = this.world.source
    const verdict = confirmedVerdict(this.job.view)
    if (verdict !== undefined) return this.end(() => this.resolve(verdict))
    if (refusal !== undefined) return this.fail('refused', refusal)
    if (status.phase === 'ended') return this.fail('closed', `the connection has ended: ${status.reason}`)
    this.setTimers(status.phase === 'connected', summary?.status === 'finished')
  }

  fail(reason: NoVerdictReason, message: string): void {
    this.end(() => this.reject(new NoVerdictError(reason, message)))
  }

  failAfter(milliseconds: number, reason: NoVerdictReason, message: string): Timer {
    const { clock } = this.world
    const timer = clock.after(milliseconds, () => this.fail(reason, message))
    this.until(() => clock.cancel(timer))
    return timer
  }

  /** Calls `stop` when it is over. */
  until(stop: () => void): void {
    this.stops.push(stop)
  }

  untilAborted(signal: AbortSignal | undefined, then: () => void): void {
    const abort = () => this.end(then)
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    this.until(() => signal?.removeEventListener('abort', abort))
  }

  private setTimers(isConnected: boolean, isFinished: boolean): void {
    const { clock, giveUpAfterMs } = this.world
    if (isConnected && isFinished) {
      this.late ??= this.failAfter(RESULTS_AFTER_MS, 'incomplete', 'the job has ended, but not all results arrived')
    } else {
      this.late = void clock.cancel(this.late)
    }
    if (isConnected) this.lost = void clock.cancel(this.lost)
    else this.lost ??= this.failAfter(giveUpAfterMs, 'unreachable', 'there is no connection to the server')
  }

  private end(settle: () => void): void {
    if (this.isOver) return
    this.isOver = true
    for (const stop of this.stops.splice(0)) stop()
    settle()
  }
}

/** The verdict, if all outcomes behind it are here: what a `job.finished` says alone does not count. */
function confirmedVerdict({ summary, isComplete }: JobView): FinalVerdict | undefined {
  if (!isComplete || summary?.status !== 'finished' || summary.verdict === undefined) return undefined
  const { verdict, counts, duration_ms, problem } = summary
  return { verdict, counts, durationMs: duration_ms ?? 0, problem }
}
