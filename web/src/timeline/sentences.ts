import { duration, plural } from '../format'
import type { Bar, Timeline } from './lanes'

/** What the drawing shows, in a sentence. */
export function timelineSentence({ workers, tests, endMs }: Timeline): string {
  const busy = workers.reduce((sum, { busyMs }) => sum + busyMs, 0)
  const share = Math.round((100 * busy) / Math.max(1, endMs * workers.length))
  const all = `${plural(tests, 'test')} ended in ${plural(workers.length, 'worker')} in ${duration(endMs)}`
  return `${all}; ${workers.length === 1 ? 'it was' : 'they were'} busy for ${share} % of that time`
}

/** `failed, began after 1.2 s, took 300 ms` */
export function barSentence({ test, from, to }: Bar): string {
  return `${test.outcome ?? test.status}, began after ${duration(from)}, took ${duration(to - from)}`
}
