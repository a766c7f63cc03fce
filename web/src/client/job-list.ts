import { isIdentified } from './job-summary'
import type { Event, ListedJob } from './protocol'
import { JobState } from './state'

export type Listing = Extract<Event, { type: 'jobs' }>

/** The list of jobs: pages of it as they were asked for, kept current by the job-level events of all jobs. */
export class JobList {
  /** Whether a first answer came: an empty list before it says nothing */
  isLoaded = false
  /** What the next page is asked for with; nothing at the end */
  cursor: string | undefined
  private readonly jobs = new Map<string, JobState>()
  /** Jobs of which it is not known what happened since the list began anew */
  private outdated = new Set<string>()

  /** How many jobs are held. */
  get size(): number {
    return this.jobs.size
  }

  /** How many jobs are known to be as they are shown. */
  get confirmed(): number {
    return this.jobs.size - this.outdated.size
  }

  /**
   * Begins anew with the newest page, after joining or joining again: what happened to the jobs below it is not known
   * until their pages are loaded again.
   */
  restart(listing: Listing): void {
    this.outdated = new Set(this.jobs.keys())
    this.isLoaded = true
    this.extend(listing)
  }

  /** Forgets the jobs that no page has named since the list began anew. */
  dropOutdated(): void {
    for (const job of this.outdated) this.jobs.delete(job)
    this.outdated.clear()
  }

  /** Takes a further page in. */
  extend(listing: Listing): void {
    this.cursor = listing.cursor
    this.take(listing)
  }

  /** Takes jobs in wherever they stand in the list. */
  take(listing: Listing): void {
    for (const { job, v, ...summary } of listing.jobs) {
      const at = summary.created_at
      this.outdated.delete(job)
      this.jobOf(job).apply({ type: 'job.state', at, job, v, ...summary, tests: [], page: 1, pages: 1 })
    }
  }

  /** Takes an event of one job in. */
  apply(id: string, event: Event): void {
    this.jobOf(id).apply(event)
  }

  /** Whether it is known whose job this is. It is not where the job was accepted while nobody here listened. */
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
