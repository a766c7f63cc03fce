import { JobList, type Listing } from './job-list.ts'
import type { Event, JobsQuery, JobStatus, ListedJob } from './protocol.ts'

/** Which jobs are listed; all jobs if the filter is empty. */
export interface JobFilter {
  suite?: string
  status?: JobStatus
}

export const JOBS_PER_PAGE = 50

/** How many jobs events may add before the list is cut back to the pages that were loaded */
const MOST_LIVE_JOBS = 500

/** How many pages without a matching job one call of `loadMore` skips */
const MOST_EMPTY_PAGES = 5

/** The jobs that match a filter: the pages loaded so far, kept current. */
export class JobPages {
  private readonly list = new JobList()
  /** Jobs that were looked up once, because an event named a job that was not listed */
  private readonly askedAfter = new Set<string>()
  private readonly ofOtherSuites = new Set<string>()
  /** How many jobs the list held when a page was last loaded */
  private wanted = 0
  private restarts = 0
  private isCuttingBack = false
  private lastListed: ListedJob[] | undefined

  constructor(
    readonly filter: JobFilter,
    private readonly ask: (query: JobsQuery) => Promise<Listing>,
    private readonly changed: () => void,
  ) {}

  /** Newest first; the same array until something changes. `undefined` before the first answer. */
  listed(): readonly ListedJob[] | undefined {
    if (!this.list.isLoaded) return undefined
    this.lastListed ??= this.list.listed().filter((job) => this.fits(job))
    return this.lastListed
  }

  get hasMore(): boolean {
    return this.list.cursor !== undefined
  }

  /**
   * Starts again with the newest page and loads as many jobs as before. The old jobs stay listed until then, so that
   * the list does not jump.
   */
  async restart(newest?: Listing, length = this.list.size): Promise<void> {
    const restart = ++this.restarts
    const listing = newest ?? (await this.page())
    if (restart !== this.restarts) return
    this.askedAfter.clear()
    this.ofOtherSuites.clear()
    this.list.restart(listing)
    while (this.hasMore && this.list.confirmed < length) {
      const isLoaded = await this.extend().catch(() => false)
      if (restart !== this.restarts) return
      if (!isLoaded) break
    }
    this.list.dropOutdated()
    this.wanted = this.list.size
    this.tell()
  }

  async loadMore(): Promise<void> {
    const before = this.listed()?.length ?? 0
    for (let pages = 0; this.hasMore && pages < MOST_EMPTY_PAGES; pages += 1) {
      await this.extend()
      if ((this.listed()?.length ?? 0) > before) return
    }
  }

  /** Applies a job-level event. */
  apply(id: string, event: Event): void {
    if (!this.list.isLoaded) return
    if (event.type === 'job.accepted' && event.suite !== (this.filter.suite ?? event.suite)) this.ofOtherSuites.add(id)
    if (this.ofOtherSuites.has(id)) return
    this.list.apply(id, event)
    if (!this.list.knows(id)) void this.askAfter(id)
    this.lastListed = undefined
    void this.cutBack()
  }

  private async cutBack(): Promise<void> {
    if (this.isCuttingBack || this.list.size <= this.wanted + MOST_LIVE_JOBS) return
    this.isCuttingBack = true
    await this.restart(undefined, this.wanted).catch(() => undefined)
    this.isCuttingBack = false
  }

  /** Looks for a job in the newest page, once. If it is not there, it is older than the jobs shown. */
  private async askAfter(id: string): Promise<void> {
    if (this.askedAfter.has(id)) return
    this.askedAfter.add(id)
    const listing = await this.page().catch(() => undefined)
    if (listing !== undefined) this.list.take(listing)
    this.tell()
  }

  /** Loads the next page. Returns whether there was one. */
  private async extend(): Promise<boolean> {
    const { cursor } = this.list
    if (cursor === undefined) return false
    const listing = await this.page(cursor)
    if (cursor === this.list.cursor) this.list.extend(listing)
    this.wanted = this.list.size
    this.tell()
    return true
  }

  private page(cursor?: string): Promise<Listing> {
    return this.ask({ ...this.filter, limit: JOBS_PER_PAGE, ...(cursor !== undefined && { cursor }) })
  }

  private fits({ suite, status }: ListedJob): boolean {
    return (this.filter.suite ?? suite) === suite && (this.filter.status ?? status) === status
  }

  private tell(): void {
    this.lastListed = undefined
    this.changed()
  }
}
