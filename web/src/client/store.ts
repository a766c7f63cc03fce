import type { Clock } from './clock.ts'
import { Commands } from './commands.ts'
import { type JobFilter, JobPages } from './job-pages.ts'
import { Listeners } from './listeners.ts'
import { type Notice, Notices } from './notices.ts'
import type { Event, Level, ListedJob, Replay, Run } from './protocol.ts'
import type { Source } from './source.ts'
import { type JobView, WatchedJob } from './watched-job.ts'
import { WireError } from './wire-error.ts'

export interface StoreOptions {
  clock: Clock
  /** Calls `run` before the next frame or a later one, with `requestAnimationFrame`, which pauses while the tab is hidden */
  beforeNextFrame(run: () => void): void
}

/** When to check whether a finished job is complete, and to request its whole state if not, in milliseconds */
const COMPLETENESS_CHECKS_MS = [2_000, 10_000, 30_000]

/**
 * The data that the dashboard shows. Events change the state at once; listeners are called at most once per frame, however
 * many events arrived since the last one.
 */
export class Store {
  /** Sends commands; they do not change the store by themselves */
  readonly commands: Commands
  private readonly notices = new Notices()
  private pages: JobPages
  private readonly jobs = new Map<string, WatchedJob>()
  private readonly changes = new Listeners<void>()
  private isTelling = false
  /** Why the jobs cannot be listed */
  private refusal: string | undefined

  constructor(
    readonly source: Source,
    private readonly options: StoreOptions,
  ) {
    this.commands = new Commands(source)
    this.pages = this.pagesOf({})
    source.onEvent((event) => this.apply(event))
  }

  onChange(listener: () => void): () => void {
    return this.changes.add(listener)
  }

  /** Newest first; the same array until something changes. `undefined` before the first answer. */
  listed(): readonly ListedJob[] | undefined {
    return this.pages.listed()
  }

  get hasMore(): boolean {
    return this.pages.hasMore
  }

  get filter(): JobFilter {
    return this.pages.filter
  }

  get listRefusal(): string | undefined {
    return this.refusal
  }

  /** The notices that are not dismissed, newest first; the same array until something changes. */
  get noticed(): readonly Notice[] {
    return this.notices.shown()
  }

  /** A watched job; the same object until something changes. */
  job(id: string): JobView | undefined {
    return this.jobs.get(id)?.view()
  }

  watchList(): () => void {
    return this.source.watch({ feed: true })
  }

  watchJob(id: string, detail: Level = 'tests'): () => void {
    const watched = this.hold(id)
    watched.watchers += 1
    const unwatch = this.source.watch({ job: id, detail })
    return () => {
      unwatch()
      watched.watchers -= 1
      if (watched.watchers === 0) this.jobs.delete(id)
    }
  }

  /** Watches the steps of one test of a job that is watched. */
  watchSteps(id: string, test: number): () => void {
    return this.source.watch({ job: id, detail: 'tests', steps_of: [test] })
  }

  loadMore(): Promise<void> {
    return this.pages.loadMore()
  }

  /** Lists the jobs that match `filter`, newest first. */
  async show(filter: JobFilter): Promise<void> {
    this.pages = this.pagesOf(filter)
    this.changed()
    await this.pages.restart()
  }

  /** Starts a run and returns the id of its job. */
  async run(run: Run): Promise<string> {
    return this.takeJob(await this.commands.run(run))
  }

  /** Runs a job again and returns the id of the new one. */
  async replay(replay: Replay): Promise<string> {
    return this.takeJob(await this.commands.replay(replay))
  }

  dismissNotices(): void {
    this.notices.dismiss()
    this.changed()
  }

  private apply(event: Event): void {
    if (event.type === 'jobs') this.restartList(event)
    if (event.type === 'notice') this.notices.add(event)
    if (event.type === 'error' && event.job === undefined) this.refusal = event.message
    if (event.job !== undefined) this.applyToJob(event.job, event)
    this.changed()
  }

  private applyToJob(id: string, event: Event): void {
    const watched = this.jobs.get(id)
    watched?.apply(event, this.options.clock.now())
    if (watched?.state.summary?.status === 'finished') this.checkCompleteness(id, watched)
    if (isJobLevel(event)) this.pages.apply(id, event)
  }

  /** The answer to watching all jobs contains the newest jobs, unfiltered, so it is used only if no filter is set. */
  private restartList(newest: Extract<Event, { type: 'jobs' }>): void {
    this.refusal = undefined
    const isFiltered = Object.keys(this.filter).length > 0
    this.pages.restart(isFiltered ? undefined : newest).catch(() => undefined)
  }

  private pagesOf(filter: JobFilter): JobPages {
    return new JobPages(
      filter,
      (query) => this.commands.jobs(query),
      () => this.changed(),
    )
  }

  /** If the digest of a finished job differs from the known outcomes, an update was lost: requests the whole state. */
  private checkCompleteness(id: string, watched: WatchedJob): void {
    if (watched.isBeingChecked) return
    watched.isBeingChecked = true
    for (const pause of COMPLETENESS_CHECKS_MS) {
      this.options.clock.after(pause, () => {
        if (this.jobs.get(id) !== watched || watched.state.isComplete()) return
        this.commands.job(id).then(
          (whole) => this.apply(whole),
          () => undefined,
        )
      })
    }
  }

  private takeJob(accepted: Extract<Event, { type: 'job.accepted' | 'job.state' }>): string {
    if (accepted.job === undefined) throw new WireError('internal', 'the answer names no job', false)
    this.hold(accepted.job)
    this.apply(accepted)
    return accepted.job
  }

  private hold(id: string): WatchedJob {
    const watched = this.jobs.get(id) ?? new WatchedJob(id)
    this.jobs.set(id, watched)
    return watched
  }

  private changed(): void {
    if (this.isTelling) return
    this.isTelling = true
    this.options.beforeNextFrame(() => {
      this.isTelling = false
      this.changes.tell()
    })
  }
}

function isJobLevel(event: Event): boolean {
  return ['job.accepted', 'job.planned', 'job.progress', 'job.finished'].includes(event.type)
}
