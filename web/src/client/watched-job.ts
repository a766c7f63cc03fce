import { Pace } from './pace.ts'
import type { Event, JobSummary, TestState } from './protocol.ts'
import { type Running, RunningTests } from './running-tests.ts'
import { JobState } from './state.ts'

export interface Comment {
  at: string
  principal: string
  text: string
}

/** How many comments are kept; older ones are dropped */
const MOST_COMMENTS = 200

/** An immutable snapshot of a watched job. */
export interface JobView {
  readonly job: string
  readonly summary: JobSummary | undefined
  /** In the order of the plan */
  readonly tests: readonly TestState[]
  /** Those that need attention, in the same order */
  readonly failing: readonly TestState[]
  /** How many tests have lost their worker */
  readonly stalled: number
  /** Those that run now */
  readonly running: Running
  readonly estimate: JobState['estimate']
  readonly comments: readonly Comment[]
  /** How long the server collects updates, in milliseconds; `undefined` if they come at once or the job is finished */
  readonly updatesEveryMs: number | undefined
  /** Whether the job has ended and all outcomes behind its verdict have arrived */
  readonly isComplete: boolean
  /** Why the job cannot be watched */
  readonly refusal: string | undefined
}

/** A watched job with its comments. */
export class WatchedJob {
  readonly state = new JobState()
  watchers = 0
  isBeingChecked = false
  private readonly pace = new Pace()
  private readonly running = new RunningTests()
  private comments: readonly Comment[] = []
  private refusal: string | undefined
  private lastView: JobView | undefined

  constructor(private readonly id: string) {}

  apply(event: Event, now: number): void {
    this.lastView = undefined
    this.pace.apply(event, now)
    if (event.type === 'comment') {
      this.comments = withComment(this.comments, event)
    } else if (event.type === 'error') {
      // Others are tried again.
      if (!event.temporary) this.refusal = event.message
    } else {
      if (event.type === 'job.state') this.refusal = undefined
      this.state.apply(event)
      this.running.apply(event, this.state, now)
    }
  }

  /** The same object until something changes. */
  view(): JobView {
    this.lastView ??= {
      job: this.id,
      summary: this.state.summary,
      tests: this.state.orderedTests(),
      failing: this.state.failingTests(),
      stalled: this.state.stalledTests,
      running: this.running.view(),
      estimate: this.state.estimate,
      comments: this.comments,
      updatesEveryMs: this.state.summary?.status === 'finished' ? undefined : this.pace.everyMs,
      isComplete: this.state.isComplete(),
      refusal: this.refusal,
    }
    return this.lastView
  }
}

/**
 * Comments have no version. A comment that arrives twice, on two connections, has the same time, author and text. A
 * comment that arrives late, after an interruption, is inserted at its position by time.
 */
function withComment(known: readonly Comment[], { at, principal, text }: Comment): readonly Comment[] {
  const isKnown = known.some((other) => other.at === at && other.principal === principal && other.text === text)
  if (isKnown) return known
  const before = known.findLastIndex((other) => other.at <= at)
  return known.toSpliced(before + 1, 0, { at, principal, text }).slice(-MOST_COMMENTS)
}
