import type { ListedJob } from './protocol.ts'
import type { Store } from './store.ts'

/** All jobs, watched. `Client.watchJobs` makes it. */
export class Jobs {
  private readonly unwatch: () => void

  /** @internal */
  constructor(private readonly store: Store) {
    this.unwatch = store.watchList()
  }

  /**
   * The pages loaded so far, the newest job first; the same array until something changes. `undefined` before the first
   * answer. After an interruption, it is loaded again.
   */
  get list(): readonly ListedJob[] | undefined {
    return this.store.listed()
  }

  /** Why the jobs cannot be listed */
  get refusal(): string | undefined {
    return this.store.listRefusal
  }

  /** Whether there are older jobs to load. */
  get hasMore(): boolean {
    return this.store.hasMore
  }

  /** Loads the next page of older jobs. Throws a `WireError` if it does not arrive. */
  loadMore(): Promise<void> {
    return this.store.loadMore()
  }

  /** Calls `listener` after changes, at most ten times a second, until the returned function is called. */
  onChange(listener: () => void): () => void {
    return this.store.onChange(listener)
  }

  /** Watches them no longer. */
  stop(): void {
    this.unwatch()
  }
}
