import { digestOf, formatDigest } from '../digest.ts'
import { noCounts, percentOf } from '../outcomes.ts'
import type { CheckResult, Event, JobSummary, Outcome, StepState } from '../protocol.ts'

export interface RecordedRun {
  tests: number
  job?: string
  suite?: string
  principal?: string
  /** When the job was accepted */
  startedAt?: number
  /** The outcome of each test; by default, every third test fails */
  outcomeOf?(test: number): Outcome
  nameOf?(test: number): string
  checksOf?(test: number, outcome: Outcome): CheckResult[]
  /** What else its steps have */
  moreOf?(test: number, outcome: Outcome): Partial<StepState>
  /** The pause between the ends of two tests, in milliseconds */
  paceMs?: number
  /** How long one test takes, in milliseconds; by default as long as that pause, as if one ran after the other */
  durationOf?(test: number): number
  /** How many workers run the tests in turn; by default, it is not told which worker ran them, and when */
  workers?: number
  /** The job that it repeats, and from what its answers come */
  origin?: Pick<JobSummary, 'replay_of' | 'from'>
}

/** Generates the events of a run as a server sends them. Ids, names and times are the same on every call. */
export function recordedRun(options: RecordedRun): Event[] {
  const { tests, job = 'j1', paceMs = 40 } = options
  const outcomeOf = options.outcomeOf ?? ((test) => (test % 3 === 1 ? 'failed' : 'passed'))
  const nameOf = options.nameOf ?? ((test) => `Page ${test + 1}`)
  const checksOf = options.checksOf ?? defaultChecks
  const startedAt = options.startedAt ?? Date.parse('2025-11-22T09:00:00.000Z')
  const counts = { ...noCounts(), total: tests }
  let elapsed = 0
  const at = () => new Date(startedAt + elapsed).toISOString()
  const { suite = 'Shop smoke', principal = 'ana', origin = {}, workers } = options

  const events: Event[] = [
    { type: 'job.accepted', at: at(), job, v: 1, suite, principal, labels: { branch: 'main' }, ...origin },
    { type: 'job.planned', at: at(), job, v: 2, total: tests },
  ]
  let digest = 0
  for (let test = 0; test < tests; test += 1) {
    const [outcome, name] = [outcomeOf(test), nameOf(test)]
    const duration_ms = options.durationOf?.(test) ?? paceMs
    const checks = checksOf(test, outcome)
    const more = options.moreOf?.(test, outcome)
    const step: StepState = { step: 0, name, outcome, duration_ms: duration_ms - 5, checks, ...more }
    const failures = (step.checks ?? []).filter((check) => check.outcome !== 'passed')
    const version = (n: number) => ({ job, v: 1_000_000 + n })
    events.push({ type: 'test.started', at: at(), ...version(1), test, name, attempt: 1 })
    events.push({ type: 'step.started', at: at(), ...version(2), test, step: 0, name })
    elapsed += paceMs
    const after_ms = Math.max(0, elapsed - duration_ms)
    const ran = workers === undefined ? {} : { ran: { after_ms, worker: `worker-${test % workers}` } }
    events.push({ type: 'step.finished', at: at(), test, ...step, ...version(3) })
    events.push({
      type: 'test.finished',
      at: at(),
      ...version(4),
      test,
      name,
      outcome,
      duration_ms,
      attempt: 1,
      ...ran,
      ...(origin.from !== undefined && { from: origin.from }),
      failures: failures.map((check) => ({ step: 0, name, ...check })),
      steps: [step],
    })
    counts[outcome] += 1
    digest += digestOf(test, outcome)
    const progress = { counts: { ...counts }, status: 'running', percent: percentOf(counts) } as const
    const eta_s = Math.ceil(((tests - test - 1) * paceMs) / 1000)
    events.push({ type: 'job.progress', at: at(), job, v: 3 + test, ...progress, eta_s })
  }
  const verdict = counts.failed > 0 ? 'failed' : counts.errored + counts.blocked > 0 ? 'errored' : 'passed'
  const finished = { verdict, counts: { ...counts }, duration_ms: elapsed, digest: formatDigest(digest) } as const
  return [...events, { type: 'job.finished', at: at(), job, v: 3 + tests, ...finished }]
}

function defaultChecks(_test: number, outcome: Outcome): CheckResult[] {
  const status: CheckResult = { check: 'status', outcome: 'passed' }
  if (outcome !== 'failed') return [status]
  const title = { check: 'css h1 text', expected: 'equals `Welcome`', actual: '`Welcom`', hint: '`h1` was found once' }
  return [status, { ...title, outcome }]
}
