import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Event, JobSummary } from 'stepcast-client'
import { eventsOf, JobState, queuedTest } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import { eventLines } from './event-lines'
import { shortDuration } from './failure-text'
import { junitReport } from './junit'

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')

function stateAfter(events: readonly Event[]): JobState {
  const state = new JobState()
  for (const event of events) state.apply(event)
  return state
}

describe('a JUnit report', () => {
  // Written by `stepcast run src/report/fixtures/shop.yaml --json FILE --junit FILE`, the second run of a branch, against
  // a site whose `/hostile` has all kinds of characters; `empty` is the same with `--tags none`.
  it.each(['shop', 'empty'])('is what the command writes for the same events: %s', (name) => {
    const { summary, ...state } = stateAfter(eventsOf(fixture(`${name}.ndjson`)))
    const tests = [...state.tests.values()].sort((one, other) => one.test - other.test)
    expect(junitReport(summary as JobSummary, tests, 0)).toBe(fixture(`${name}.xml`))
  })

  it('has a test without an outcome as an error', () => {
    const { summary } = stateAfter(recordedRun({ tests: 1 }))
    const report = junitReport(summary as JobSummary, [queuedTest(0, '"]]>\u{0}\u{ffff}\'')], 0)
    expect(report).toContain(
      '<testcase name="&quot;]]&gt;\\u{0}\\u{ffff}&apos;" classname="Shop smoke" time="0.000">\n' +
        '      <error message="without an outcome"></error>\n',
    )
  })

  // As `crates/cli/src/report/since.rs` writes it.
  it.each([
    ['2025-11-22T09:00:00.500Z', ['`a` is gone'], 0, 'since job j0, just now: `a` is gone'],
    [
      '2025-11-22T08:59:00.000Z',
      ['a', 'b\u0007'],
      1,
      'since job j0, 1m ago: a\n    b\\u{7}\n    and 1 difference more; `stepcast evidence` shows them',
    ],
    ['2025-11-22T06:30:00.000Z', [], 0, 'since job j0, 2h ago: the answer is the same'],
    ['2025-11-21T09:30:00.000Z', [], 2, 'since job j0, 23h ago: 2 differences'],
    ['2025-11-19T08:00:00.000Z', [], 1, 'since job j0, 3 days ago: 1 difference'],
  ])('says what changed since a test passed: %s', (at, lines, more, text) => {
    const { summary } = stateAfter(recordedRun({ tests: 1 }))
    const since_passed = { job: 'j0', at, lines, more }
    const checks = [{ check: 'status equals 200', outcome: 'failed' as const }]
    const step = { step: 0, name: 'Home', outcome: 'failed' as const, checks, since_passed }
    const test = { ...queuedTest(0, 'Home'), outcome: 'failed' as const, steps: [step] }
    const report = junitReport(summary as JobSummary, [test], Date.parse('2025-11-22T09:00:01.000Z'))
    expect(report).toContain(`failed    Home\n  ${text}\n    status equals 200\n`)
  })

  // As `crates/cli/src/report/failures.rs` writes it.
  it('names the trace of each step behind its first failing check', () => {
    const { summary } = stateAfter(recordedRun({ tests: 1 }))
    const failed = ['a', 'b'].map((check) => ({ check, outcome: 'failed' as const, hint: 'look' }))
    const context = (span: string) => `00-01a204ca7e737669986a23dcf2aa3073-${span}-01`
    const steps = [
      { step: 0, name: 'Home', traceparent: context('000000000000000a'), checks: failed.slice(0, 1) },
      { step: 1, name: 'Cart', traceparent: context('000000000000000b'), checks: failed },
      { step: 2, name: 'Pay', traceparent: 'of nobody', checks: failed.slice(1) },
      { step: 3, name: 'End', traceparent: context('000000000000000d'), checks: [] },
    ]
    const earlier = [{ attempt: 1, outcome: 'failed' as const, duration_ms: 5, reason: 'again', steps }]
    const test = { ...queuedTest(0, 'Buy'), outcome: 'failed' as const, steps, earlier }
    const lines = `  step 1: Home
    a
      hint: look
      trace     01a204ca7e737669986a23dcf2aa3073 (span 000000000000000a)
  step 2: Cart
    a
      hint: look
      trace     01a204ca7e737669986a23dcf2aa3073 (span 000000000000000b)
    b
      hint: look
  step 3: Pay
    b
      hint: look
`
    const report = junitReport(summary as JobSummary, [test], 0)
    expect(report).toContain(`failed    Buy\n${lines}  attempt 1: failed in 5ms: a\n`)
    expect(report).toContain(`again\n${lines}`)
  })

  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_250, '1.2s'],
    [1_350, '1.4s'],
    [1_750, '1.8s'],
    [59_990, '60s'],
    [60_000, '1m'],
    [185_000, '3m05s'],
    [7_200_000, '2h'],
    [7_860_000, '2h11m'],
  ])('writes %i ms as suites do', (milliseconds, text) => expect(shortDuration(milliseconds)).toBe(text))
})

describe('the events of a job', () => {
  it('give its whole state, one on each line, the end last', () => {
    const events = eventsOf(fixture('shop.ndjson'))
    const state = stateAfter(events)
    const comment = { at: '2025-11-22T09:00:00.000Z', principal: 'ana', text: 'a\nb' }
    const job = events[0]?.job as string
    const lines = eventLines(job, state, [comment], '2025-11-23T09:00:00.000Z')
    const written = eventsOf(lines)
    expect(lines.trimEnd().split('\n')).toHaveLength(written.length)
    expect(written.map(({ type }) => type)).toEqual([
      'job.state',
      ...Array.from({ length: 7 }, () => 'test.state'),
      'comment',
      'job.finished',
    ])
    const again = stateAfter(written)
    expect(again.summary).toEqual(state.summary)
    expect(again.orderedTests()).toEqual(state.orderedTests())
    expect(again.isComplete()).toBe(true)
    expect(again.v).toBe(state.v)
  })
})
