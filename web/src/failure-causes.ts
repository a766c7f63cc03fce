import { isProblem, type TestState } from 'stepcast-client'

/** Failing tests that have the same first failure. */
export interface Cause {
  /** The outcome and the first failure, without what is particular to one test, such as a port or an id */
  key: string
  /** The first failure of the first test */
  line: string
  tests: TestState[]
}

/** Groups failing tests by their first failure, most frequent first. */
export function causesOf(tests: readonly TestState[]): Cause[] {
  const causes = new Map<string, Cause>()
  for (const test of tests) {
    if (!isProblem(test.outcome)) continue
    const key = causeOf(test)
    const cause = causes.get(key)
    if (cause === undefined) causes.set(key, { key, line: failureLine(test) || UNEXPLAINED, tests: [test] })
    else cause.tests.push(test)
  }
  return [...causes.values()].sort((one, other) => other.tests.length - one.tests.length)
}

/** Whether a test fails for this reason. */
export function hasCause(test: TestState, key: string): boolean {
  return isProblem(test.outcome) && causeOf(test) === key
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

const UNEXPLAINED = 'no check says why'

/** States are never changed in place, so each has one key. Thousands of tests are grouped many times a second. */
const keys = new WeakMap<TestState, string>()

function causeOf(test: TestState): string {
  const known = keys.get(test)
  if (known !== undefined) return known
  const key = `${test.outcome} ${failureLine(test).replaceAll(/\d+/g, '0')}`
  keys.set(test, key)
  return key
}
