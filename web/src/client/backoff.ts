import type { Clock } from './clock'

const BASE_MS = 500
const CAP_MS = 30_000

/**
 * How long to wait before the next try: exponential with full jitter, so that the watchers of a server that restarts
 * do not come back all at once. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(failures: number, clock: Pick<Clock, 'random'>): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.max(0, failures - 1))
  return Math.round(clock.random() * ceiling)
}
