import type { Clock } from './clock.ts'

const BASE_MS = 500
const CAP_MS = 30_000

/**
 * How long to wait before the next try: exponential backoff with full jitter, so that clients do not all reconnect at
 * once when a server restarts. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(failures: number, clock: Pick<Clock, 'random'>): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.max(0, failures - 1))
  return Math.round(clock.random() * ceiling)
}
