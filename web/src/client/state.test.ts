import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, Counts, Event, JobStatus, Outcome, TestState, TestStatus, Verdict } from './protocol.ts'
import { JobState } from './state.ts'

/** Test vectors that `crates/protocol` uses too. */
const VECTORS = fileURLToPath(new URL('../../../tests/fixtures/merge/', import.meta.url))

interface ExpectedTest {
  status: TestStatus
  outcome: Outcome | null
  v: number
  attempt: number
  steps: Record<string, Outcome | null>
  stalled: boolean
  change?: Change
  earlier?: Record<string, { outcome: Outcome; steps: number }>
  waiting_for?: string
}

interface Vector {
  name: string
  events: Event[]
  expected: {
    of: { suite: string; principal: string; replay_of: string | null }
    v: number
    status: JobStatus
    counts: Counts
    verdict: Verdict | null
    digest: string
    tests: Record<string, ExpectedTest>
  }
}

const vectors = readdirSync(VECTORS).map((file) => JSON.parse(readFileSync(VECTORS + file, 'utf8')) as Vector)

function stateAfter(events: Event[]): JobState {
  const state = new JobState()
  for (const event of events) state.apply(event)
  return state
}

function summarised(state: JobState): Vector['expected'] {
  const tests = state.orderedTests().map((known) => {
    const { test, status, outcome, v, attempt, steps, stalled = false, change, earlier, waiting_for } = known
    const outcomes = steps.map((step) => [String(step.step), step.outcome ?? null])
    const outcomesOfSteps = Object.fromEntries(outcomes)
    const expected: ExpectedTest = { status, outcome: outcome ?? null, v, attempt, steps: outcomesOfSteps, stalled }
    if (change !== undefined) expected.change = change
    if (earlier !== undefined) {
      const attempts = earlier.map((one) => [String(one.attempt), { outcome: one.outcome, steps: one.steps.length }])
      expected.earlier = Object.fromEntries(attempts)
    }
    if (waiting_for !== undefined) expected.waiting_for = waiting_for
    return [String(test), expected]
  })
  if (state.summary === undefined) throw new Error('nothing was heard of the job')
  const { status, counts, verdict, suite, principal, replay_of } = state.summary
  const { v } = state
  const of = { suite, principal, replay_of: replay_of ?? null }
  return { of, v, status, counts, verdict: verdict ?? null, digest: state.digest(), tests: Object.fromEntries(tests) }
}

/** Workers number every update of a test, so the version of a whole test is that of its newest part. */
function numberedAsWhole(test: TestState): TestState {
  return { ...test, v: Math.max(test.v, ...test.steps.map(({ v }) => v ?? 0)) }
}

/** The whole state, as the server sends it to a new subscriber. */
function whole(state: JobState): Event {
  if (state.summary === undefined) throw new Error('nothing was heard of the job')
  const tests = state.orderedTests().map(numberedAsWhole)
  return { type: 'job.state', at: '', job: 'j1', v: state.v, ...state.summary, tests, page: 1, pages: 1 }
}

/** The parts on which two clients must agree. Whether a step arrived alone or with its test does not matter. */
function content(state: JobState): unknown {
  const withoutVersions = state.orderedTests().map((test) => ({
    ...numberedAsWhole(test),
    steps: test.steps.map(({ v, ...step }) => step),
  }))
  return { v: state.v, summary: state.summary, tests: withoutVersions }
}

describe('the vectors shared with the server', () => {
  it.each(vectors)('$name', ({ events, expected }) => {
    expect(summarised(stateAfter(events))).toEqual(expected)
  })

  it('are found', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(8)
  })
})

describe('any loss, duplication and reordering', () => {
  const disturbed = (events: Event[]) =>
    fc
      .array(fc.nat({ max: events.length - 1 }), { maxLength: events.length * 3 })
      .map((at) => at.map((index) => events[index] as Event))

  it.each(vectors)('ends in the same state as $name once the whole state arrives', ({ events }) => {
    const undisturbed = stateAfter(events)
    fc.assert(
      fc.property(disturbed(events), disturbed(events), (before, after) => {
        const state = stateAfter([...before, whole(undisturbed), ...after])
        expect(content(state)).toEqual(content(undisturbed))
      }),
      { numRuns: 200 },
    )
  })
})

describe('the state for components', () => {
  it('keeps the same object for a test that an event does not change', () => {
    const events = vectors.find(({ name }) => name === 'an undisturbed run')?.events ?? []
    const state = stateAfter(events)
    const before = state.tests.get(0)
    for (const event of events) state.apply(event)
    expect(state.tests.get(0)).toBe(before)
  })

  it('is incomplete while an outcome behind the verdict is missing', () => {
    const events = vectors.find(({ name }) => name === 'an undisturbed run')?.events ?? []
    expect(stateAfter(events).isComplete()).toBe(true)
    const lossy = events.filter(({ type }) => type !== 'test.finished')
    expect(stateAfter(lossy).isComplete()).toBe(false)
  })
})

describe('where the answers of a job come from', () => {
  const accepted: Event = {
    type: 'job.accepted',
    at: '2025-11-22T09:00:00.000Z',
    job: 'j2',
    v: 1,
    suite: 'Shop',
    principal: 'ana',
    labels: {},
    replay_of: 'j1',
    from: 'evidence',
  }
  const planned: Event = { type: 'job.planned', at: '', job: 'j2', v: 2, total: 1 }

  it.each([
    ['as the events were sent', [accepted, planned]],
    ['if the first event comes late', [planned, accepted]],
  ])('is known %s', (_, events) => {
    expect(stateAfter(events).summary).toMatchObject({ status: 'running', replay_of: 'j1', from: 'evidence' })
  })

  it('is known from the whole state, and not made up', () => {
    expect(stateAfter([whole(stateAfter([accepted]))]).summary).toMatchObject({ from: 'evidence' })
    const { from, ...usual } = accepted
    expect(stateAfter([usual as Event, planned]).summary).not.toHaveProperty('from')
  })
})

describe('what is known of a test that has ended', () => {
  const since_passed = { job: 'j0', at: '2025-11-22T07:00:00.000Z', lines: ['status 200 is now 500'], more: 1 }
  const steps = [{ step: 0, name: 'Open it', outcome: 'failed' as const, since_passed }]
  const known = { ran: { after_ms: 120, worker: 'w1' }, from: 'evidence' as const, steps }
  const test = { test: 0, name: 'Home', outcome: 'failed' as const, duration_ms: 9, attempt: 1, ...known }
  const at = { at: '', job: 'j1', v: 1_000_004 }

  it.each<[string, Event]>([
    ['test.finished', { ...at, type: 'test.finished', ...test, failures: [] }],
    ['test.state', { ...at, type: 'test.state', ...test, status: 'finished', v: at.v }],
  ])('is where and when it ran, and what changed since it passed: %s', (_, event) => {
    expect(stateAfter([event]).tests.get(0)).toMatchObject(known)
  })

  it('is what changed since it passed in a step that arrives alone', () => {
    const step: Event = { ...at, type: 'step.finished', test: 0, ...(steps[0] as (typeof steps)[0]) }
    expect(stateAfter([step]).tests.get(0)?.steps[0]?.since_passed).toEqual(since_passed)
  })
})
