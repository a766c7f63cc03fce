import { OUTCOMES, finishedOf } from '../outcomes.ts'
import type { CheckResult, Counts, TestState, Verdict } from '../protocol.ts'
import type { SourceStatus } from '../source.ts'
import { expiryOf } from '../token.ts'
import type { JobView } from '../watched-job.ts'

/** Longer texts are cut, in characters: pages and suites choose them */
const MOST_CHARACTERS = 300

/** After so many refusals in a row, it is not a server that restarts */
const MANY_REFUSALS = 3

const SIGNS: Record<Verdict, string> = { passed: '✓', failed: '✗', errored: '?', empty: '∅', cancelled: '⊘' }

/** What the job is doing, or how it ended. A verdict is told once all results behind it are here. */
export function statusOf({ summary, isComplete }: JobView): { sign: string; text: string; kind: Verdict | undefined } {
  const plain = (text: string) => ({ sign: '', text, kind: undefined })
  if (summary === undefined) return plain('Loading…')
  const { status, verdict, counts, problem } = summary
  if (status !== 'finished')
    return plain(status === 'accepted' ? 'Waiting' : status === 'cancelling' ? 'Stopping' : 'Running')
  if (verdict === undefined || !isComplete) return plain('Finished; its last results are on their way')
  const text = cut([verdictSentence(verdict, counts), problem].filter(Boolean).join(': '))
  return { sign: SIGNS[verdict], text, kind: verdict }
}

function verdictSentence(verdict: Verdict, { total, failed, errored, blocked }: Counts): string {
  const tests = `${total} ${total === 1 ? 'test' : 'tests'}`
  switch (verdict) {
    case 'passed':
      return `Passed: ${tests}`
    case 'failed':
      return `Failed: ${failed + errored + blocked} of ${tests} did not pass`
    case 'errored':
      return `Unknown: ${errored + blocked} of ${tests} could not be judged`
    case 'empty':
      return 'Nothing was tested'
    case 'cancelled':
      return 'Cancelled'
  }
}

/** `17 passed · 3 failed · 80 to go` */
export function countsSentence(counts: Counts): string {
  const left = Math.max(0, counts.total - finishedOf(counts))
  const parts = OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => `${counts[outcome]} ${outcome}`)
  return [...parts, ...(left > 0 ? [`${left} to go`] : [])].join(' · ')
}

/** Why a test did not pass: its first check that did not hold. */
export function reasonOf({ steps }: TestState): string {
  const checks = steps.flatMap((step) => step.checks ?? [])
  const failed = checks.find(({ outcome }) => outcome !== 'passed')
  return failed === undefined ? '' : cut(checkSentence(failed))
}

/** Most checks say themselves what they expect. */
function checkSentence({ check, expected = '', actual }: CheckResult): string {
  const wanted = check.includes(expected) ? '' : `: expected ${expected}`
  return `${check}${wanted}${actual === undefined ? '' : `, found ${actual}`}`
}

/** Why nothing is shown, or why what is shown may be outdated; `undefined` if all is well. */
export function problemOf(view: JobView, status: SourceStatus, token: string, now: number): string | undefined {
  if (view.isComplete) return undefined
  if (view.refusal !== undefined) return `This job cannot be shown: ${cut(view.refusal)}`
  if (status.phase === 'ended') return `The server has ended the connection: ${cut(status.reason.replaceAll('_', ' '))}`
  if (status.phase === 'connected' || (status.phase === 'connecting' && view.summary === undefined)) return undefined
  if ((expiryOf(token) ?? Infinity) <= now) return 'The link to this job has expired.'
  if (status.phase === 'waiting' && status.refusals >= MANY_REFUSALS) {
    return 'The server cannot be reached, or it refuses the token. Trying again…'
  }
  return view.summary === undefined ? undefined : 'The connection is lost. Trying again…'
}

export function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`
}
