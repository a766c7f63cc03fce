import fc from 'fast-check'
import { expect, it } from 'vitest'
import { digestOf, formatDigest } from './digest.ts'
import { isProblem, OUTCOMES } from './outcomes.ts'
import type { Event, TestState } from './protocol.ts'
import { JobState } from './state.ts'

const job = 'j1'
const at = ''

/** One update of one of a few tests, with a version that may be newer or older than the known one. */
const update = fc
  .record({
    test: fc.nat(5),
    v: fc.nat(3).chain((lease) => fc.nat(3).map((n) => lease * 1_000_000 + n)),
    outcome: fc.constantFrom(...OUTCOMES),
    type: fc.constantFrom('test.started', 'test.finished', 'test.stalled', 'step.started', 'job.state'),
  })
  .map(({ test, v, outcome, type }): Event => {
    const [name, duration_ms, attempt] = [`Page ${test}`, 5, 1]
    if (type === 'test.started') return { type, at, job, v, test, name, attempt }
    if (type === 'test.stalled') return { type, at, job, v, test, name }
    if (type === 'step.started') return { type, at, job, v, test, step: 0, name }
    if (type === 'test.finished') {
      return { type, at, job, v, test, name, outcome, duration_ms, attempt, failures: [], steps: [] }
    }
    const state: TestState = { test, name, v, status: 'running', attempt, steps: [], stalled: true }
    const counts = { total: 6, passed: 0, failed: 0, errored: 0, blocked: 0, flaky: 0, skipped: 0, cancelled: 0 }
    const summary = { suite: 'S', status: 'running', counts, created_at: at, principal: 'ana', labels: {} } as const
    return { type: 'job.state', at, job, v, ...summary, tests: [state], page: 1, pages: 1 }
  })

it('what follows from the tests is kept as if it were read from them after each event', () => {
  fc.assert(
    fc.property(fc.array(update, { maxLength: 40 }), (events) => {
      const state = new JobState()
      for (const event of events) {
        state.apply(event)
        const tests = [...state.tests.values()].sort((one, other) => one.test - other.test)
        expect(state.orderedTests()).toEqual(tests)
        expect(state.failingTests()).toEqual(tests.filter(({ outcome }) => isProblem(outcome)))
        expect(state.stalledTests).toBe(tests.filter(({ stalled }) => stalled === true).length)
        const shares = tests.map(({ test, outcome }) => (outcome === undefined ? 0 : digestOf(test, outcome)))
        expect(state.digest()).toBe(formatDigest(shares.reduce((sum, share) => sum + share, 0)))
      }
    }),
    { numRuns: 300 },
  )
})
