import { describe, expect, it } from 'vitest'
import type { EarlierAttempt, Event, StepState } from './protocol.ts'
import { JobState } from './state.ts'
import { traceOf } from './trace.ts'

const [TRACE, SPAN] = ['01a204ca7e737669986a23dcf2aa3073', 'b7ad6b7169203331']
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`

describe('a trace context', () => {
  it('has the ids of its trace and of its span', () => {
    expect(traceOf(TRACEPARENT)).toEqual({ traceId: TRACE, spanId: SPAN })
    expect(traceOf(TRACEPARENT.replace(/^00/, '7f').replace(/01$/, '00'))).toEqual({ traceId: TRACE, spanId: SPAN })
  })

  it.each([
    undefined,
    null,
    7,
    [TRACEPARENT],
    { toString: 1 },
    '',
    '00',
    TRACEPARENT.slice(1),
    TRACEPARENT.slice(0, -3),
    `${TRACEPARENT}\n`,
    ` ${TRACEPARENT}`,
    `${TRACEPARENT}-00`,
    TRACEPARENT.toUpperCase(),
    TRACEPARENT.replace(/^00/, 'ff'),
    TRACEPARENT.replace(TRACE, '0'.repeat(32)),
    TRACEPARENT.replace(SPAN, '0'.repeat(16)),
    TRACEPARENT.replace('-01a2', '-1a2'),
    TRACEPARENT.replace('-01a2', '-+1a2'),
    `00-<img src=x onerror="run()">-${SPAN}-01`,
    `javascript:${TRACEPARENT}`,
    '0'.repeat(1_000_000),
  ])('is not there if it is malformed: %j', (malformed) => {
    expect(traceOf(malformed as string)).toBeUndefined()
  })
})

it('stays with its step, whichever event brings it', () => {
  const [job, at, reason] = ['j1', '', 'a check did not hold']
  const step = (number: number): StepState => ({ step: number, name: 'Cart', traceparent: TRACEPARENT })
  const ended = { test: 0, name: 'Buy', outcome: 'failed', duration_ms: 9, attempt: 2 } as const
  const earlier: EarlierAttempt[] = [{ attempt: 1, outcome: 'failed', duration_ms: 9, reason, steps: [step(0)] }]
  const events: Event[] = [
    { type: 'step.started', at, job, v: 2, test: 0, ...step(1), name: '' },
    { type: 'step.finished', at, job, v: 3, test: 0, ...step(1) },
    { type: 'test.finished', at, job, v: 4, ...ended, failures: [], steps: [step(0), step(1)], earlier },
    { type: 'test.state', at, job, v: 5, ...ended, status: 'finished', steps: [step(0)] },
  ]
  const state = new JobState()
  const traces = events.map((event) => {
    state.apply(event)
    const [test] = state.orderedTests()
    const steps = [test, ...(test?.earlier ?? [])].flatMap((attempt) => attempt?.steps ?? [])
    return steps.map(({ traceparent }) => traceparent)
  })
  expect(traces.map((all) => all.length)).toEqual([1, 1, 3, 1])
  expect(new Set(traces.flat())).toEqual(new Set([TRACEPARENT]))
})
