import type { Clock } from './clock'
import { JobList } from './job-list'
import { Listeners } from './listeners'
import type { Command, Event, ListedJob, Run, StoredSuite } from './protocol'
import { runCommand } from './run'
import type { Source } from './source'
import { type JobView, WatchedJob } from './watched-job'
import { WireError } from './wire-error'

export interface StoreOptions {
  clock: Clock
  /** Runs something before the next picture is drawn: `requestAnimationFrame`, which rests while nobody looks */
  beforeNextFrame(run: () => void): void
}

export const JOBS_PER_PAGE = 50

/** When to look whether a finished job is complete, and to ask for the whole of it if not, in milliseconds */
const COMPLETENESS_CHECKS_MS = [2_000, 10_000, 30_000]

/**
 * Everything that is shown. Events change plain state at once; whoever shows it is told once a frame, however many
 * events came in between.
 */
export class Store {
  /** What an admin last said to everybody */
  notice: string | undefined
  /** When that was; whoever connects again is told again */
  private noticedAt = ''
  private readonly list = new JobList()
  private readonly jobs = new Map<string, WatchedJob>()
  /** Jobs that were asked after once because an event of theirs came out of nowhere */
  private readonly askedAfter = new Set<string>()
  private readonly changes = new Listeners<void>()
  private lastListed: ListedJob[] | undefined
  private isTelling = false

  constructor(
    readonly source: Source,
    private readonly options: StoreOptions,
  ) {
    source.onEvent((event) => this.apply(event))
  }

  onChange(listener: () => void): () => void {
    return this.changes.add(listener)
  }

  /** Newest first; the same array until something changes. Nothing before the first answer. */
  listed(): readonly ListedJob[] | undefined {
    if (!this.list.isLoaded) return undefined
    this.lastListed ??= this.list.listed()
    return this.lastListed
  }

  get hasMore(): boolean {
    return this.list.cursor !== undefined
  }

  /** A watched job; the same object until something changes. */
  job(id: string): JobView | undefined {
    return this.jobs.get(id)?.view()
  }

  watchList(): () => void {
    return this.source.watch({ feed: true })
  }

  watchJob(id: string): () => void {
    const watched = this.hold(id)
    watched.watchers += 1
    const unwatch = this.source.watch({ job: id })
    return () => {
      unwatch()
      watched.watchers -= 1
      if (watched.watchers === 0) this.jobs.delete(id)
    }
  }

  async loadMore(): Promise<void> {
    const { cursor } = this.list
    if (cursor === undefined) return
    const listing = await this.ask({ action: 'jobs', cursor, limit: JOBS_PER_PAGE }, 'jobs')
    this.list.extend(listing)
    this.changed()
  }

  /** Starts a run and returns the id of its job. */
  async run(run: Run): Promise<string> {
    return this.takeAccepted(await this.ask(await runCommand(run), 'job.accepted'))
  }

  /** Runs a job again and returns the id of the new one. */
  async replay(job: string, only: 'all' | 'failed'): Promise<string> {
    return this.takeAccepted(await this.ask({ action: 'replay', job, only }, 'job.accepted'))
  }

  async cancel(job: string): Promise<void> {
    await this.ask({ action: 'cancel', job }, 'ok')
  }

  async comment(job: string, text: string): Promise<void> {
    const answer = await this.source.request({ action: 'comment', job, text })
    if (answer.type === 'comment') this.apply(answer)
  }

  async suites(): Promise<StoredSuite[]> {
    const all: StoredSuite[] = []
    let cursor: string | undefined
    do {
      const page = await this.ask({ action: 'suites.list', ...(cursor !== undefined && { cursor }) }, 'suites')
      all.push(...page.suites)
      cursor = page.cursor
    } while (cursor !== undefined)
    return all
  }

  async suite(name: string): Promise<unknown> {
    return (await this.ask({ action: 'suites.get', name }, 'suite')).suite
  }

  async putSuite(suite: unknown): Promise<void> {
    await this.ask({ action: 'suites.put', suite }, 'ok')
  }

  dismissNotice(): void {
    this.notice = undefined
    this.changed()
  }

  private apply(event: Event): void {
    if (event.type === 'jobs') this.restartList(event)
    if (event.type === 'notice' && event.at > this.noticedAt) {
      this.notice = event.text
      this.noticedAt = event.at
    }
    if (event.job !== undefined) this.applyToJob(event.job, event)
    this.changed()
  }

  private applyToJob(id: string, event: Event): void {
    const watched = this.jobs.get(id)
    watched?.apply(event)
    if (watched?.state.summary?.status === 'finished') this.checkCompleteness(id, watched)
    if (!isJobLevel(event) || !this.list.isLoaded) return
    this.list.apply(id, event)
    if (!this.list.knows(id)) void this.askAfter(id)
  }

  /** Loads as much of the list again as was there. */
  private async restartList(listing: Extract<Event, { type: 'jobs' }>): Promise<void> {
    const { length } = this.list.listed()
    this.list.restart(listing)
    while (this.hasMore && this.list.listed().length < length) {
      const failed = await this.loadMore().catch(() => true)
      if (failed === true) return
    }
  }

  /** Looks for a job in the newest page, once: if it is not there, it is older than what is shown. */
  private async askAfter(id: string): Promise<void> {
    if (this.askedAfter.has(id)) return
    this.askedAfter.add(id)
    const listing = await this.ask({ action: 'jobs', limit: JOBS_PER_PAGE }, 'jobs').catch(() => undefined)
    if (listing !== undefined) this.list.take(listing)
    this.changed()
  }

  /** A finished job whose fingerprint differs from what is held: an update was lost, so the whole is asked for. */
  private checkCompleteness(id: string, watched: WatchedJob): void {
    if (watched.isBeingChecked) return
    watched.isBeingChecked = true
    for (const pause of COMPLETENESS_CHECKS_MS) {
      this.options.clock.after(pause, () => {
        if (this.jobs.get(id) !== watched || watched.state.isComplete()) return
        this.ask({ action: 'job', job: id }, 'job.state').then(
          (whole) => this.apply(whole),
          () => undefined,
        )
      })
    }
  }

  private takeAccepted(accepted: Extract<Event, { type: 'job.accepted' }>): string {
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

  private async ask<T extends Event['type']>(command: Command, expected: T): Promise<Extract<Event, { type: T }>> {
    const answer = await this.source.request(command)
    if (answer.type === expected) return answer as Extract<Event, { type: T }>
    throw new WireError('internal', `expected \`${expected}\` in answer, the server said \`${answer.type}\``, false)
  }

  private changed(): void {
    this.lastListed = undefined
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
