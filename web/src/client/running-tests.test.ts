import { describe, expect, it } from 'vitest'
import type { Event } from './protocol.ts'
import { RunningTests } from './running-tests.ts'
import { JobState } from './state.ts'

const START = Date.parse('2025-11-22T09:00:00.000Z')
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString()
const started = (test: number, seconds: number): Event => ({
  ...{ type: 'test.started', job: 'j1', at: at(seconds), v: 1_000_000 + seconds },
  ...{ test, name: '', attempt: 1 },
})
const finished = (test: number, seconds: number): Event => ({
  ...{ type: 'test.finished', job: 'j1', at: at(seconds), v: 1_000_000 + seconds },
  ...{ test, name: '', outcome: 'passed', attempt: 1, duration_ms: 1, failures: [], steps: [] },
})

function heard(...events: [event: Event, seconds: number][]): RunningTests {
  const [tests, state] = [new RunningTests(), new JobState()]
  for (const [event, seconds] of events) {
    state.apply(event)
    tests.apply(event, state, START + seconds * 1000)
  }
  return tests
}

const seconds = (tests: RunningTests) => [...tests.view().since].map(([test, since]) => [test, (since - START) / 1000])

describe('the tests that run', () => {
  it('run from the first event that shows it until they end', () => {
    const tests = heard([started(0, 1), 1], [started(1, 2), 2], [started(0, 5), 5], [finished(1, 6), 6])
    expect(seconds(tests)).toEqual([[0, 1]])
  })

  it('are also those that run when one joins, and not those that have ended', () => {
    const summary = { suite: '', principal: '', labels: {}, created_at: at(0), status: 'running' as const }
    const counts = { total: 3, passed: 0, failed: 0, errored: 0, blocked: 0, flaky: 0, skipped: 0, cancelled: 0 }
    const whole: Event = {
      ...{ type: 'job.state', job: 'j1', at: at(9), v: 2, ...summary, counts, page: 1, pages: 1 },
      tests: [
        { test: 0, name: '', v: 1_000_001, status: 'running', attempt: 1, steps: [] },
        { test: 1, name: '', v: 1_000_009, status: 'finished', outcome: 'passed', attempt: 1, steps: [] },
      ],
    }
    // An update that was late does not start it again.
    expect(seconds(heard([whole, 9], [started(1, 3), 10]))).toEqual([[0, 9]])
  })

  it('are told by the clock of the server, which the quickest event tells best', () => {
    const tests = heard([started(0, 60), 2], [started(1, 61), 1.5], [started(2, 63), 9])
    expect(tests.view().aheadMs).toBe(59_500)
    expect(seconds(tests)).toEqual([
      [0, 60],
      [1, 61],
      [2, 63],
    ])
  })

  it('are told by this clock if an event has no time', () => {
    expect(seconds(heard([{ ...started(0, 1), at: '' }, 7]))).toEqual([[0, 7]])
  })

  it('are the same object until something changes', () => {
    const tests = heard([started(0, 1), 1])
    expect(tests.view()).toBe(tests.view())
  })
})
