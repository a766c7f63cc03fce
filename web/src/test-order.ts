import { isProblem } from './client/outcomes'
import type { Outcome, TestState } from './client/protocol'

export type Order = 'failing first' | 'plan'
export type Filter = Outcome | 'problems' | 'unfinished' | undefined

export interface Choice {
  order: Order
  filter: Filter
  /** The name of the test or its failed check must contain this text */
  search: string
}

/** The tests to show, in display order. `tests` must be in the order of the plan. */
export function chosen(tests: readonly TestState[], { order, filter, search }: Choice): TestState[] {
  const wanted = search.trim().toLowerCase()
  const fitting = tests.filter((test) => fits(test, filter) && (wanted === '' || textOf(test).includes(wanted)))
  return order === 'plan' ? fitting : failingFirst(fitting)
}

/** The first failed check of a test, in one line. */
export function failureLine(test: TestState): string {
  for (const step of test.steps) {
    const failed = step.checks?.find((check) => isProblem(check.outcome))
    if (failed === undefined) continue
    // The text of the check contains the expected value, so the line adds only the actual one.
    const { check, actual, hint } = failed
    const found = actual ?? hint
    return found === undefined ? check : `${check}: ${failed.outcome === 'failed' ? 'actual ' : ''}${found}`
  }
  return ''
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
