import type { Comment, Event } from 'stepcast-client'
import type { JobState } from 'stepcast-client/dashboard'

/**
 * The events that give the whole state of a job, one per line, as `stepcast run --json` writes events: the job, each of
 * its tests, its comments, and its end, if it has ended. `at` is when they are written.
 */
export function eventLines(job: string, state: JobState, comments: readonly Comment[], at: string): string {
  const { v, summary } = state
  if (summary === undefined) return ''
  const { verdict, duration_ms, digest, counts, problem } = summary
  const events: Event[] = [{ type: 'job.state', at, job, v, ...summary, tests: [], page: 1, pages: 1 }]
  for (const test of state.orderedTests()) events.push({ type: 'test.state', at, job, ...test })
  for (const comment of comments) events.push({ type: 'comment', job, ...comment })
  if (verdict !== undefined && duration_ms !== undefined && digest !== undefined) {
    const end = { verdict, counts, duration_ms, digest, ...(problem === undefined ? {} : { problem }) }
    events.push({ type: 'job.finished', at, job, v, ...end })
  }
  return events.map((event) => `${JSON.stringify(event)}\n`).join('')
}
