// The checks that did not hold in words, as `crates/cli/src/report/failures.rs` writes them.

import {
  type CheckResult,
  type EarlierAttempt,
  isPass,
  type Outcome,
  type SincePassed,
  type StepState,
  type TestState,
  traceOf,
} from 'stepcast-client'
import { changeWords } from 'stepcast-client/dashboard'
import { oneLine } from './printed'

/** One test with what changed since it passed, and every check that did not hold. `now` is in milliseconds. */
export function testText(test: TestState, outcome: Outcome, now: number): string {
  const change = test.change === undefined ? '' : ` (${changeWords(test.change)})`
  const head = `${outcome.padEnd(9)} ${oneLine(test.name)}${change}`
  return lines([
    head,
    ...test.steps.flatMap(({ since_passed }) => (since_passed === undefined ? [] : sinceLines(since_passed, now))),
    ...failureLines(test.steps),
    ...(test.earlier ?? []).map((attempt) => `  ${attemptLine(attempt)}`),
  ])
}

/** Every check that did not hold in an attempt before the last, and why the test was tried again. */
export function attemptText(attempt: EarlierAttempt): string {
  return lines([oneLine(attempt.reason), ...failureLines(attempt.steps)])
}

/** What changed since a test passed, as `crates/cli/src/report/since.rs` writes it. */
function sinceLines({ job, at, lines: all, more }: SincePassed, now: number): string[] {
  const from = `  since job ${oneLine(job)}, ${ago(at, now)}`
  const differences = `${more} difference${more === 1 ? '' : 's'}`
  const [first, ...rest] = all
  if (first === undefined) return [`${from}: ${more === 0 ? 'the answer is the same' : differences}`]
  const last = more === 0 ? [] : [`    and ${differences} more; \`stepcast evidence\` shows them`]
  return [`${from}: ${oneLine(first)}`, ...rest.map((line) => `    ${oneLine(line)}`), ...last]
}

/** `just now`, `12s ago`, `5m ago`, `2h ago`, `3 days ago` */
function ago(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1_000))
  if (Number.isNaN(seconds)) return oneLine(at)
  if (seconds === 0) return 'just now'
  const days = Math.floor(seconds / 86_400)
  if (days > 0) return days === 1 ? '1 day ago' : `${days} days ago`
  const unit = seconds < 60 ? 1 : seconds < 3_600 ? 60 : 3_600
  return `${shortDuration((seconds - (seconds % unit)) * 1_000)} ago`
}

/** An attempt before the last on one line, with the first check that did not hold. */
function attemptLine({ attempt, outcome, duration_ms, steps }: EarlierAttempt): string {
  const [first] = steps.flatMap(failuresIn)
  const parts = first === undefined ? [] : [first.check, first.actual].filter((part) => part !== undefined)
  return [`attempt ${attempt}: ${outcome} in ${shortDuration(duration_ms)}`, ...parts.map(oneLine)].join(': ')
}

function failureLines(steps: readonly StepState[]): string[] {
  return steps.flatMap((step) => {
    const failures = failuresIn(step)
    const head = steps.length > 1 && failures.length > 0 ? [`  step ${step.step + 1}: ${oneLine(step.name)}`] : []
    const [first = [], ...others] = failures.map(checkLines)
    return [...head, ...first, ...(failures.length > 0 ? traceLines(step) : []), ...others.flat()]
  })
}

function traceLines({ traceparent }: StepState): string[] {
  const trace = traceOf(traceparent)
  return trace === undefined ? [] : [`      trace     ${trace.traceId} (span ${trace.spanId})`]
}

function failuresIn({ checks = [] }: StepState): CheckResult[] {
  return checks.filter(({ outcome }) => !isPass(outcome))
}

function checkLines({ check, expected, actual, hint }: CheckResult): string[] {
  const all = [`    ${oneLine(check)}`]
  if (expected !== undefined) all.push(`      expected  ${oneLine(expected)}`)
  if (actual !== undefined) all.push(`      actual    ${oneLine(actual)}`)
  if (hint !== undefined) all.push(`      hint: ${oneLine(hint)}`)
  return all
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}

/** As suites write durations: `85ms`, `4.2s`, `3m05s`, `2h10m`. */
export function shortDuration(milliseconds: number): string {
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0')
  if (milliseconds < 1_000) return `${milliseconds}ms`
  // Of two equally near tenths, Rust takes the even one and `toFixed` the greater. Only a quarter lies just between two.
  const near = milliseconds % 1_000 === 250 ? milliseconds - 50 : milliseconds
  if (milliseconds < 60_000) return `${(near / 1_000).toFixed(1)}s`.replace('.0s', 's')
  const [hours, minutes] = [Math.floor(milliseconds / 3_600_000), Math.floor(milliseconds / 60_000)]
  if (hours === 0) return `${minutes}m${two((milliseconds / 1_000) % 60)}s`.replace('m00s', 'm')
  return `${hours}h${two(minutes % 60)}m`.replace('h00m', 'h')
}
