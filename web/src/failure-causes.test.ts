import { describe, expect, it } from 'vitest'
import type { Outcome, TestState } from 'stepcast-client'
import { causesOf, hasCause } from './failure-causes'

function ended(test: number, outcome: Outcome, check: string, actual: string): TestState {
  const checks = [{ check, outcome, actual }]
  const steps = [{ step: 0, name: 'Open it', outcome, checks }]
  return { test, name: `Page ${test}`, v: 1, status: 'finished', attempt: 1, outcome, steps }
}

const gone = (test: number) => ended(test, 'failed', 'status equals 200', '404')
const unreachable = (test: number) => ended(test, 'errored', 'request', `no answer from 10.0.0.${test} within 10s`)

describe('causes of failures', () => {
  it('groups tests by outcome and first failure, most frequent first', () => {
    const passed = ended(9, 'passed', 'status equals 200', '200')
    const causes = causesOf([gone(0), unreachable(1), passed, unreachable(2), unreachable(3), gone(4)])
    expect(causes.map(({ line, tests }) => [line, tests.map(({ test }) => test)])).toEqual([
      ['request: no answer from 10.0.0.1 within 10s', [1, 2, 3]],
      ['status equals 200: actual 404', [0, 4]],
    ])
  })

  it('tells apart tests that failed and tests that could not be judged', () => {
    const [failed, errored] = [gone(0), ended(1, 'errored', 'status equals 200', '404')]
    expect(causesOf([failed, errored])).toHaveLength(2)
  })

  it('finds the tests of a cause, also those that failed later', () => {
    const [cause] = causesOf([unreachable(1), unreachable(2)])
    if (cause === undefined) throw new Error('there is a cause')
    expect([unreachable(7), gone(8)].map((test) => hasCause(test, cause.key))).toEqual([true, false])
  })

  it('has a line for a test that no check explains', () => {
    const unexplained: TestState = {
      test: 0,
      name: '',
      v: 1,
      status: 'finished',
      attempt: 0,
      outcome: 'errored',
      steps: [],
    }
    expect(causesOf([unexplained])[0]?.line).toBe('no check says why')
  })
})
