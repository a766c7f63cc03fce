import { isIdentified } from './job-summary.ts'
import type { Event, ListedJob } from './protocol.ts'
import { JobState } from './state.ts'

export type Listing = Extract<Event, { type: 'jobs' }>

/** The list of jobs: the pages loaded so far, kept current by the job-level events of all jobs. */
export class JobList {
  /** Whether the first answer has arrived; before it, an empty list has no meaning */
  isLoaded = false
  /** The cursor of the next page; `undefined` at the end of the list */
  cursor: string | undefined
  private readonly jobs = new Map<string, JobState>()
  /** Jobs that no page has contained since the last restart, so they may have changed */
  private outdated = new Set<string>()

  /** How many jobs the list holds. */
  get size(): number {
    return this.jobs.size
  }

  /** How many jobs are known to be up to date. */
  get confirmed(): number {
    return this.jobs.size - this.outdated.size
  }

  /**
   * Starts again with the newest page, after each subscription. The jobs below it may have changed until their pages
   * are loaded again.
   */
  restart(listing: Listing): void {
    this.outdated = new Set(this.jobs.keys())
    this.isLoaded = true
    this.extend(listing)
  }

  /** Removes the jobs that no page has contained since the last restart. */
  dropOutdated(): void {
    for (const job of this.outdated) this.jobs.delete(job)
    this.outdated.clear()
  }

  /** Adds the next page. */
  extend(listing: Listing): void {
    this.cursor = listing.cursor
    this.take(listing)
  }

  /** Adds or updates jobs at any position in the list. */
  take(listing: Listing): void {
    for (const { job, v, ...summary } of listing.jobs) {
      const at = summary.created_at
      this.outdated.delete(job)
      this.jobOf(job).apply({ type: 'job.state', at, job, v, ...summary, tests: [], page: 1, pages: 1 })
    }
  }

  /** Applies an event of one job. */
  apply(id: string, event: Event): void {
    this.jobOf(id).apply(event)
  }

  /** Whether the suite and principal of the job are known. They are not if its `job.accepted` was missed. */
  knows(id: string): boolean {
    const summary = this.jobs.get(id)?.summary
    return summary !== undefined && isIdentified(summary)
  }

  /** Newest first. */
  listed(): ListedJob[] {
    const all = [...this.jobs].flatMap(([job, { v, summary }]) =>
      summary !== undefined && isIdentified(summary) ? [{ job, v, ...summary }] : [],
    )
    return all.sort((one, other) => compare(other.created_at, one.created_at) || compare(other.job, one.job))
  }

  private jobOf(id: string): JobState {
    const known = this.jobs.get(id) ?? new JobState()
    this.jobs.set(id, known)
    return known
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
