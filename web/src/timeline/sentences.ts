import { duration, plural } from '../format'
import type { Bar, RunningLanes, Timeline } from './lanes'

/** What the drawing shows, in a sentence. */
export function timelineSentence(timeline: Timeline): string {
  const sentences = [
    ...(timeline.tests > 0 ? [endedSentence(timeline)] : []),
    ...(timeline.running ? [runningSentence(timeline.running)] : []),
  ]
  return sentences.join('; ')
}

function endedSentence({ workers, tests, endMs }: Timeline): string {
  const busy = workers.reduce((sum, { busyMs }) => sum + busyMs, 0)
  const share = Math.round((100 * busy) / Math.max(1, endMs * workers.length))
  const all = `${plural(tests, 'test')} ended in ${plural(workers.length, 'worker')} in ${duration(endMs)}`
  return `${all}; ${workers.length === 1 ? 'it was' : 'they were'} busy for ${share} % of that time`
}

function runningSentence({ bars }: RunningLanes): string {
  const longest = bars[0] ? duration(bars[0].to - bars[0].from) : ''
  return bars.length === 1
    ? `1 test has been running for ${longest}`
    : `${plural(bars.length, 'test')} are running, one for ${longest}`
}

/** `failed, began after 1.2 s, took 300 ms` */
export function barSentence({ test, from, to }: Bar): string {
  if (test.status === 'running') return `running, seen after ${duration(from)}, for ${duration(to - from)} until now`
  return `${test.outcome ?? test.status}, began after ${duration(from)}, took ${duration(to - from)}`
}
