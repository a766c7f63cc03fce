import type { JobSummary } from 'stepcast-client'
import { plural, roughDuration } from './format'

const SENTENCES = {
  passed: 'All checks passed',
  failed: 'At least one page does not match the suite',
  errored: 'No check failed, but some pages could not be tested',
  empty: 'Nothing was tested, so the job does not count as passed',
  cancelled: 'The job was cancelled',
  accepted: 'Waiting to be planned',
  running: 'Tests are running',
  cancelling:
    'Stopping after a cancellation or a limit: queued tests do not run, and running tests stop before their next step',
  finished: 'Waiting for the verdict',
} as const

/** Sentences that describe the status of a job, most important first. */
export function sentencesOf(summary: JobSummary, stalled: number): string[] {
  const sentences: string[] = [SENTENCES[summary.verdict ?? summary.status]]
  if (summary.problem !== undefined) sentences.push(capitalized(summary.problem))
  if (wasLimited(summary)) {
    sentences.push(`Not run and counted as cancelled: ${plural(summary.counts.cancelled, 'test')}`)
  }
  if (stalled > 0 && summary.status !== 'finished') sentences.push(stalledSentence(stalled))
  return sentences
}

/** Why the page of a job seems to stand still between two updates. */
export function paceSentence(everyMs: number): string {
  return `Many watch: updates come about every ${roughDuration(everyMs)}`
}

/** Whether a limit stopped the job. The verdict `cancelled` means that a user cancelled the job, so it is excluded. */
function wasLimited({ problem, verdict, counts }: JobSummary): boolean {
  return problem !== undefined && verdict !== undefined && verdict !== 'cancelled' && counts.cancelled > 0
}

function stalledSentence(stalled: number): string {
  const what = stalled === 1 ? '1 test is' : `${stalled} tests are`
  return `${what} stalled: the worker stopped responding, and another worker runs the test again`
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}
