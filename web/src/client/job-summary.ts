import { noCounts } from './outcomes.ts'
import type { Event, JobSnapshot, JobSummary } from './protocol.ts'

type Accepted = Extract<Event, { type: 'job.accepted' }>

/** A job that has just been stored. */
export function acceptedJob(event: Accepted): JobSummary {
  const { suite = '', principal = '', labels = {}, replay_of, from, at } = event
  const job: JobSummary = { suite, principal, labels, created_at: at, status: 'accepted', counts: noCounts() }
  if (replay_of !== undefined) job.replay_of = replay_of
  if (from !== undefined) job.from = from
  return job
}

/** A job with only a later update so far. */
export function unheardOfJob(): JobSummary {
  return { suite: '', principal: '', labels: {}, created_at: '', status: 'accepted', counts: noCounts() }
}

/** Whether the job's suite and principal are known, from `job.accepted` or a list. Only such jobs are listed. */
export function isIdentified(job: JobSummary): boolean {
  return job.created_at !== ''
}

/** The job's own fields in a page of its whole state, without the fields of the page and of the envelope. */
export function summaryOf(snapshot: JobSnapshot): JobSummary {
  const { suite, status, counts, verdict, duration_ms, digest, created_at, principal, labels = {}, problem } = snapshot
  const { replay_of, from } = snapshot
  const summary: JobSummary = { suite, status, counts, created_at, principal, labels }
  if (verdict !== undefined) summary.verdict = verdict
  if (duration_ms !== undefined) summary.duration_ms = duration_ms
  if (digest !== undefined) summary.digest = digest
  if (problem !== undefined) summary.problem = problem
  if (replay_of !== undefined) summary.replay_of = replay_of
  if (from !== undefined) summary.from = from
  return summary
}

/** The job after `event`. Only called for events that are newer than the known state. */
export function changedBy(event: Event, known: JobSummary): JobSummary {
  switch (event.type) {
    case 'job.planned':
      return { ...known, status: 'running', counts: { ...known.counts, total: event.total } }
    case 'job.progress':
      return { ...known, status: event.status, counts: event.counts }
    case 'job.finished': {
      const { verdict, counts, duration_ms, digest, problem } = event
      const { problem: outdated, ...rest } = known
      const finished: JobSummary = { ...rest, status: 'finished', verdict, counts, duration_ms, digest }
      return problem === undefined ? finished : { ...finished, problem }
    }
    default:
      return known
  }
}
