import { describe, expect, it } from 'vitest'
import type { CheckResult, TestState } from '../protocol.ts'
import { JobState } from '../state.ts'
import type { SourceStatus } from '../source.ts'
import { recordedRun, type RecordedRun } from '../testing/recorded-run.ts'
import { type JobView, WatchedJob } from '../watched-job.ts'
import { countsSentence, problemOf, reasonOf, statusOf } from './sentences.ts'

const NOW = Date.parse('2025-11-22T09:00:00.000Z')
const unknown: JobView = new WatchedJob('j1').view()

function viewOf(run: RecordedRun, events = Infinity): JobView {
  const job = new WatchedJob('j1')
  for (const event of recordedRun(run).slice(0, events)) job.apply(event, NOW)
  return job.view()
}

const lastOf = ({ tests }: JobView) => tests.at(-1) as TestState

describe('the status of a job', () => {
  it.each([
    ['Loading…', unknown],
    ['Waiting', viewOf({ tests: 1 }, 1)],
    ['Running', viewOf({ tests: 2 }, 7)],
    ['Passed: 1 test', viewOf({ tests: 1, outcomeOf: () => 'flaky' })],
    ['Failed: 2 of 5 tests did not pass', viewOf({ tests: 5 })],
    ['Unknown: 2 of 2 tests could not be judged', viewOf({ tests: 2, outcomeOf: () => 'blocked' })],
  ])('is told in words: %s', (text, view) => expect(statusOf(view).text).toBe(text))

  it('has no verdict before all results behind it are here', () => {
    const state = new JobState()
    for (const event of recordedRun({ tests: 3, outcomeOf: () => 'passed' }))
      if (event.type !== 'test.finished') state.apply(event)
    const view = { ...unknown, summary: state.summary, isComplete: state.isComplete() }
    expect(state.summary?.verdict).toBe('passed')
    expect(statusOf(view)).toEqual({ sign: '', text: 'Finished; its last results are on their way', kind: undefined })
  })
})

describe('the problem of a job that is shown', () => {
  const waiting = (refusals: number): SourceStatus => ({ phase: 'waiting', until: NOW, refusals })
  const expired = `e30.${btoa('{"exp":1}')}.c2ln`
  const running = viewOf({ tests: 2 }, 7)

  it.each([
    ['nothing at first', unknown, { phase: 'connecting' } as const, 'a', undefined],
    [
      'nothing while it works',
      running,
      { phase: 'connected', principal: 'a', role: 'viewer' } as const,
      'a',
      undefined,
    ],
    [
      'nothing once it is complete',
      viewOf({ tests: 1 }),
      { phase: 'ended', reason: 'closed' } as const,
      'a',
      undefined,
    ],
    ['a short interruption', running, waiting(1), 'a', 'The connection is lost. Trying again…'],
    ['many refusals', unknown, waiting(3), 'a', 'The server cannot be reached, or it refuses the token. Trying again…'],
    ['an expired link', unknown, waiting(1), expired, 'The link to this job has expired.'],
    [
      'the end',
      running,
      { phase: 'ended', reason: 'token_revoked' } as const,
      'a',
      /has ended the connection: token revoked$/,
    ],
    ['a refusal', { ...unknown, refusal: 'no such job' }, waiting(0), 'a', 'This job cannot be shown: no such job'],
  ])('is %s', (_, view, status, token, problem) => {
    const told = problemOf(view, status, token, NOW)
    if (problem instanceof RegExp) expect(told).toMatch(problem)
    else expect(told).toBe(problem)
  })
})

describe('other sentences', () => {
  it('count the tests', () => {
    const { summary } = viewOf({ tests: 5 }, 2 + 3 * 5)
    expect(summary && countsSentence(summary.counts)).toBe('2 passed · 1 failed · 2 to go')
  })

  it('say why a test did not pass, shortened', () => {
    const long = viewOf({
      tests: 1,
      outcomeOf: () => 'failed',
      checksOf: () => [{ check: 'x'.repeat(999), outcome: 'failed' }],
    })
    expect(reasonOf(lastOf(long))).toBe(`${'x'.repeat(300)}…`)
    const usual = lastOf(viewOf({ tests: 2 }))
    expect(reasonOf(usual)).toBe('css h1 text: expected equals `Welcome`, found `Welcom`')
    const check: CheckResult = { check: 'status equals 200', outcome: 'failed', expected: '200', actual: '404' }
    expect(reasonOf({ ...usual, steps: [{ step: 0, name: '', checks: [check] }] })).toBe('status equals 200, found 404')
    expect(reasonOf({ ...usual, steps: [] })).toBe('')
  })
})
