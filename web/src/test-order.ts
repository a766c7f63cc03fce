import { isProblem } from './client/outcomes'
import type { Outcome, TestState } from './client/protocol'
import { failureLine, hasCause } from './failure-causes'

export type Order = 'failing first' | 'plan'
export type Filter = Outcome | 'problems' | 'unfinished' | undefined

export interface Choice {
  order: Order
  filter: Filter
  /** The name of the test or its failed check must contain this text */
  search: string
  /** The key of the cause for which the test must fail */
  cause?: string | undefined
}

/** The test that fails after or before another one in this order, or the other way round at the end of the list. */
export function neighbourThatFails(
  tests: readonly TestState[],
  test: number | undefined,
  direction: 1 | -1,
): TestState | undefined {
  const failing = (one: TestState) => isProblem(one.outcome)
  const at = tests.findIndex((one) => one.test === test)
  const [before, after] = [tests.slice(0, Math.max(at, 0)), tests.slice(at + 1)]
  if (direction === 1) return after.find(failing) ?? before.find(failing)
  return before.findLast(failing) ?? after.findLast(failing)
}

/** The tests to show, in display order. `tests` must be in the order of the plan. */
export function chosen(tests: readonly TestState[], { order, filter, search, cause }: Choice): TestState[] {
  const wanted = search.trim().toLowerCase()
  const fitting = tests.filter(
    (test) =>
      fits(test, filter) &&
      (wanted === '' || textOf(test).includes(wanted)) &&
      (cause === undefined || hasCause(test, cause)),
  )
  return order === 'plan' ? fitting : failingFirst(fitting)
}

function fits(test: TestState, filter: Filter): boolean {
  if (filter === undefined) return true
  if (filter === 'problems') return isProblem(test.outcome)
  if (filter === 'unfinished') return test.status !== 'finished'
  return test.outcome === filter
}

function textOf(test: TestState): string {
  return `${test.name} ${isProblem(test.outcome) ? failureLine(test) : ''}`.toLowerCase()
}

/** Groups by rank instead of sorting, because this runs many times a second with thousands of tests. */
function failingFirst(tests: readonly TestState[]): TestState[] {
  const byRank: TestState[][] = []
  for (const test of tests) (byRank[rank(test)] ??= []).push(test)
  return byRank.flat()
}

const FAILING_FIRST: readonly (Outcome | undefined)[] = ['failed', 'errored', 'blocked']

function rank(test: TestState): number {
  const place = FAILING_FIRST.indexOf(test.outcome)
  if (place !== -1) return place
  if (test.status === 'running') return test.stalled === true ? 3 : 4
  return test.outcome === 'flaky' ? 5 : test.status === 'queued' ? 7 : 6
}
