import { isPass, isProblem, type TestState } from 'stepcast-client'

/** What another suite made of the same answers. */
export interface JudgedAgain {
  /** They failed before and pass now */
  fixed: TestState[]
  /** They passed before and fail now */
  broken: TestState[]
  /** How many end as before */
  passedBoth: number
  failedBoth: number
  /** How many were skipped or cancelled in one of the jobs, or have not ended yet */
  other: number
  /** How many have no test of their name in the other job */
  onlyNow: number
  onlyBefore: number
}

/**
 * Compares the tests of a job with those of the job whose answers it judged, by their names: an edited suite has them at
 * other places. Of tests with the same name, the first is compared with the first.
 */
export function judgedAgain(before: readonly TestState[], now: readonly TestState[]): JudgedAgain {
  const earlier = new Map<string, TestState[]>()
  for (const test of before) {
    const known = earlier.get(test.name)
    if (known === undefined) earlier.set(test.name, [test])
    else known.push(test)
  }
  const result: JudgedAgain = {
    fixed: [],
    broken: [],
    passedBoth: 0,
    failedBoth: 0,
    other: 0,
    onlyNow: 0,
    onlyBefore: 0,
  }
  for (const test of now) {
    const match = earlier.get(test.name)?.shift()
    if (match === undefined) result.onlyNow += 1
    else compare(match, test, result)
  }
  result.onlyBefore = [...earlier.values()].reduce((sum, { length }) => sum + length, 0)
  return result
}

function compare({ outcome: before }: TestState, test: TestState, result: JudgedAgain): void {
  const [passed, passes] = [before !== undefined && isPass(before), test.outcome !== undefined && isPass(test.outcome)]
  const [failed, fails] = [isProblem(before), isProblem(test.outcome)]
  if (failed && passes) result.fixed.push(test)
  else if (passed && fails) result.broken.push(test)
  else if (passed && passes) result.passedBoth += 1
  else if (failed && fails) result.failedBoth += 1
  else result.other += 1
}
