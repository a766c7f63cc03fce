import { isProblem, type Outcome, type TestState } from 'stepcast-client'
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

/** One of the tests, which must be in the order of the plan. */
export function testOf(tests: readonly TestState[], test: number | undefined): TestState | undefined {
  if (test === undefined) return undefined
  // Once all tests are known, each is at the place of its own number.
  return tests[test]?.test === test ? tests[test] : tests.find((one) => one.test === test)
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
export function chosen(tests: readonly TestState[], { order, filter, search, cause }: Choice): readonly TestState[] {
  const wanted = search.trim().toLowerCase()
  const isWanted = (test: TestState) =>
    fits(test, filter) &&
    (wanted === '' || textOf(test).includes(wanted)) &&
    (cause === undefined || hasCause(test, cause))
  const areAllWanted = filter === undefined && wanted === '' && cause === undefined
  const fitting = areAllWanted ? tests : tests.filter(isWanted)
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

/**
 * Counts the tests of each rank and then puts each test in its place. This runs many times a second with thousands of
 * tests, and sorting them, or collecting the tests of each rank, costs several times as much time and memory.
 */
function failingFirst(tests: readonly TestState[]): TestState[] {
  const ranks = Uint8Array.from(tests, rank)
  const places = new Uint32Array(RANK_COUNT + 1)
  for (const one of ranks) places[one + 1] = (places[one + 1] ?? 0) + 1
  for (let one = 1; one < places.length; one += 1) places[one] = (places[one] ?? 0) + (places[one - 1] ?? 0)
  const ordered = new Array<TestState>(tests.length)
  tests.forEach((test, index) => {
    const one = ranks[index] ?? 0
    ordered[places[one] ?? 0] = test
    places[one] = (places[one] ?? 0) + 1
  })
  return ordered
}

const RANKS: Partial<Record<Outcome, number>> = { failed: 0, errored: 1, blocked: 2, flaky: 5 }

const RANK_COUNT = 8

function rank({ status, outcome, stalled }: TestState): number {
  if (outcome !== undefined) return RANKS[outcome] ?? 6
  return status === 'running' ? (stalled === true ? 3 : 4) : status === 'queued' ? 7 : 6
}
