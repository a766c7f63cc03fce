import type { Event, JobSummary, TestState } from './protocol'
import { JobState } from './state'

export interface Comment {
  at: string
  principal: string
  text: string
}

/** How many comments are kept, the newest ones */
const MOST_COMMENTS = 200

/** A watched job as it is at one moment; never changed afterwards. */
export interface JobView {
  readonly job: string
  readonly summary: JobSummary | undefined
  /** In the order of the plan */
  readonly tests: readonly TestState[]
  readonly estimate: JobState['estimate']
  readonly comments: readonly Comment[]
  /** Whether it has ended and everything its verdict rests on is here */
  readonly isComplete: boolean
  /** Why it cannot be watched */
  readonly refusal: string | undefined
}

/** A job somebody watches, with what is said around it. */
export class WatchedJob {
  readonly state = new JobState()
  watchers = 0
  isBeingChecked = false
  private comments: readonly Comment[] = []
  private refusal: string | undefined
  private lastView: JobView | undefined

  constructor(private readonly id: string) {}

  apply(event: Event): void {
    this.lastView = undefined
    if (event.type === 'comment') {
      this.comments = withComment(this.comments, event)
    } else if (event.type === 'error') {
      this.refusal = event.message
    } else {
      this.state.apply(event)
    }
  }

  /** The same object until something changes. */
  view(): JobView {
    this.lastView ??= {
      job: this.id,
      summary: this.state.summary,
      tests: this.state.orderedTests(),
      estimate: this.state.estimate,
      comments: this.comments,
      isComplete: this.state.isComplete(),
      refusal: this.refusal,
    }
    return this.lastView
  }
}

/**
 * Comments have no version; one that is heard twice, on two connections, says the same at the same moment. Those that
 * come late, after an interruption, go where they belong.
 */
function withComment(known: readonly Comment[], { at, principal, text }: Comment): readonly Comment[] {
  const isKnown = known.some((other) => other.at === at && other.principal === principal && other.text === text)
  if (isKnown) return known
  const before = known.findLastIndex((other) => other.at <= at)
  return known.toSpliced(before + 1, 0, { at, principal, text }).slice(-MOST_COMMENTS)
}
