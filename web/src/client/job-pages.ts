import { JobList, type Listing } from './job-list'
import type { Event, JobsQuery, JobStatus, ListedJob } from './protocol'

/** Which jobs are listed; all of them where nothing is chosen. */
export interface JobFilter {
  suite?: string
  status?: JobStatus
}

export const JOBS_PER_PAGE = 50

/** How many jobs may come in live before the list is cut back to the pages that were asked for */
const MOST_LIVE_JOBS = 500

/** How many pages without a fitting job are passed over at one wish for more */
const MOST_EMPTY_PAGES = 5

/** The jobs that fit a filter, as many pages of them as were asked for, and kept current. */
export class JobPages {
  private readonly list = new JobList()
  /** Jobs that were asked after once because an event of theirs came out of nowhere */
  private readonly askedAfter = new Set<string>()
  private readonly ofOtherSuites = new Set<string>()
  /** How many jobs were listed when a page was last asked for */
  private wanted = 0
  private restarts = 0
  private isCuttingBack = false
  private lastListed: ListedJob[] | undefined

  constructor(
    readonly filter: JobFilter,
    private readonly ask: (query: JobsQuery) => Promise<Listing>,
    private readonly changed: () => void,
  ) {}

  /** Newest first; the same array until something changes. Nothing before the first answer. */
  listed(): readonly ListedJob[] | undefined {
    if (!this.list.isLoaded) return undefined
    this.lastListed ??= this.list.listed().filter((job) => this.fits(job))
    return this.lastListed
  }

  get hasMore(): boolean {
    return this.list.cursor !== undefined
  }

  /**
   * Begins anew with the newest page and loads as many jobs as were there. What was listed before stays until then, so
   * that nothing jumps.
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

  /** Takes a job-level event in. */
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

  /** Looks for a job in the newest page, once: if it is not there, it is older than what is shown. */
  private async askAfter(id: string): Promise<void> {
    if (this.askedAfter.has(id)) return
    this.askedAfter.add(id)
    const listing = await this.page().catch(() => undefined)
    if (listing !== undefined) this.list.take(listing)
    this.tell()
  }

  /** Whether there was a page to load. */
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
