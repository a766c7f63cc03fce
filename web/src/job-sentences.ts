import type { JobSummary, TestState } from './client/protocol'
import { plural } from './format'

const SENTENCES = {
  passed: 'Everything that was checked held',
  failed: 'A page is not as the suite says',
  errored: 'No page is known to be wrong, but some could not be tested',
  empty: 'Nothing was tested, so this is not green',
  cancelled: 'Somebody stopped this run',
  accepted: 'Waiting to be planned',
  running: 'Tests are running',
  cancelling:
    'Stopping: it was cancelled or has reached a limit; waiting tests are not run, running ones stop before their next step',
  finished: 'The verdict is on its way',
} as const

/** What there is to say of a job in words, most important first. */
export function sentencesOf(summary: JobSummary, tests: readonly TestState[]): string[] {
  const sentences: string[] = [SENTENCES[summary.verdict ?? summary.status]]
  if (summary.problem !== undefined) sentences.push(capitalized(summary.problem))
  if (wasLimited(summary)) {
    sentences.push(`What was left, ${plural(summary.counts.cancelled, 'test')}, did not run and counts as cancelled`)
  }
  const stalled = summary.status === 'finished' ? 0 : tests.filter((test) => test.stalled === true).length
  if (stalled > 0) sentences.push(stalledSentence(stalled))
  return sentences
}

/** A job that somebody cancelled has the verdict `cancelled`; one that a limit stopped never has. */
function wasLimited({ problem, verdict, counts }: JobSummary): boolean {
  return problem !== undefined && verdict !== undefined && verdict !== 'cancelled' && counts.cancelled > 0
}

function stalledSentence(stalled: number): string {
  const what = stalled === 1 ? '1 test is' : `${stalled} tests are`
  return `${what} stalled: the worker gives no sign of life, and another one runs the test again`
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}
