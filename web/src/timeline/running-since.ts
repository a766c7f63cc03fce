import type { JobView } from 'stepcast-client'
import type { RunningSince } from './lanes'

/** Since when tests run, counted from when the job was accepted; `undefined` if none runs, or if that is not known. */
export function runningSince({ summary, running }: JobView, now: number): RunningSince | undefined {
  const accepted = Date.parse(summary?.created_at ?? '')
  if (Number.isNaN(accepted) || summary?.status === 'finished' || running.since.size === 0) return undefined
  const since = new Map([...running.since].map(([test, at]) => [test, at - accepted]))
  return { since, now: now + (running.aheadMs ?? 0) - accepted }
}
