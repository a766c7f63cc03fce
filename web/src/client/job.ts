import type { Clock } from './clock.ts'
import type { TestState } from './protocol.ts'
import type { Source } from './source.ts'
import type { Store } from './store.ts'
import { awaitVerdict, type FinalVerdict, type VerdictOptions } from './verdict.ts'
import type { JobView } from './watched-job.ts'

/** How much of a job to watch. */
export interface WatchOptions {
  /**
   * `tests`, the default: the job, its tests, and of their steps the checks that did not hold. `steps`: everything, which is
   * much for a large job.
   */
  detail?: 'tests' | 'steps'
}

/** What a job needs of its client. */
export interface JobWorld {
  source: Source
  store: Store
  clock: Clock
  giveUpAfterMs: number
}

/** A job that is watched. `Client.run` and `Client.watch` make it. */
export class Job {
  private readonly unwatch: () => void
  private lastView: JobView
  private readonly stopping = new AbortController()

  /** @internal */
  constructor(
    /** Its id */
    readonly id: string,
    private readonly world: JobWorld,
    { detail = 'tests' }: WatchOptions,
  ) {
    this.unwatch = world.store.watchJob(id, detail)
    this.lastView = world.store.job(id) as JobView
  }

  /** Its state as far as it is known; the same object until something changes. After `stop`, the last one. */
  get view(): JobView {
    this.lastView = this.world.store.job(this.id) ?? this.lastView
    return this.lastView
  }

  /** Calls `listener` after changes, at most ten times a second, until the returned function is called. */
  onChange(listener: (view: JobView) => void): () => void {
    let told = this.view
    return this.world.store.onChange(() => {
      const { view } = this
      if (view === told) return
      told = view
      listener(view)
    })
  }

  /** Calls `listener` once with each test that has ended or ends, until the returned function is called. */
  onTestEnded(listener: (test: TestState) => void): () => void {
    const told = new Set<number>()
    let tests: readonly TestState[] | undefined
    const tell = (view: JobView) => {
      if (view.tests === tests) return
      tests = view.tests
      for (const test of tests) {
        if (test.outcome === undefined || told.has(test.test)) continue
        told.add(test.test)
        listener(test)
      }
    }
    tell(this.view)
    return this.onChange(tell)
  }

  /**
   * Waits for the verdict. It counts only once the digest of the outcomes here is that of the verdict: once all results have
   * arrived. Throws a `NoVerdictError` if it cannot come any more. So no result is ever taken for green because the
   * connection was lost.
   */
  verdict(options: VerdictOptions = {}): Promise<FinalVerdict> {
    return awaitVerdict(this, this.world, options, this.stopping.signal)
  }

  /** Asks the server to stop it; its verdict will be `cancelled`. Throws a `WireError` if that is refused or lost. */
  async cancel(): Promise<void> {
    await this.world.store.commands.cancel(this.id)
  }

  /** Watches it no longer, and gives up a verdict that is waited for. The job runs on. */
  stop(): void {
    this.lastView = this.view
    this.stopping.abort()
    this.unwatch()
  }
}
