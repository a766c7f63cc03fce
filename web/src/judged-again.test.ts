import { describe, expect, it } from 'vitest'
import type { Outcome, TestState } from 'stepcast-client'
import { queuedTest } from 'stepcast-client/dashboard'
import { judgedAgain } from './judged-again'

const test = (place: number, name: string, outcome?: Outcome): TestState => ({
  ...queuedTest(place, name),
  ...(outcome && { outcome }),
})

describe('a job that judges the answers of another', () => {
  it('is compared by the names of the tests, wherever they are', () => {
    const before = [
      test(0, 'fixed', 'failed'),
      test(1, 'broken', 'flaky'),
      test(2, 'passes', 'passed'),
      test(3, 'fails', 'errored'),
      test(4, 'gone', 'failed'),
      test(5, 'skipped', 'skipped'),
    ]
    const now = [
      test(0, 'broken', 'blocked'),
      test(1, 'new', 'failed'),
      test(2, 'fails', 'failed'),
      test(3, 'skipped', 'passed'),
      test(4, 'passes', 'passed'),
      test(5, 'fixed', 'passed'),
    ]
    expect(judgedAgain(before, now)).toEqual({
      fixed: [now[5]],
      broken: [now[0]],
      passedBoth: 1,
      failedBoth: 1,
      other: 1,
      onlyNow: 1,
      onlyBefore: 1,
    })
  })

  it('counts a test that has not ended yet as neither', () => {
    expect(judgedAgain([test(0, 'a', 'failed')], [test(0, 'a')])).toMatchObject({ fixed: [], failedBoth: 0, other: 1 })
  })

  it('compares the first of the same name with the first', () => {
    const before = [test(0, 'a', 'failed'), test(1, 'a', 'passed')]
    const now = [test(0, 'a', 'passed'), test(1, 'a', 'failed'), test(2, 'a', 'failed')]
    expect(judgedAgain(before, now)).toMatchObject({ fixed: [now[0]], broken: [now[1]], onlyNow: 1 })
  })
})
