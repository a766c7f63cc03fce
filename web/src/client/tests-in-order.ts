import type { TestState } from './protocol.ts'

/** Tests in the order of the plan, kept with each change: sorting or searching thousands with each frame costs more. */
export class TestsInOrder {
  private readonly tests: TestState[] = []
  private lastCopy: readonly TestState[] | undefined

  /** Adds a test, or replaces its state. */
  put(test: TestState): void {
    const place = this.placeOf(test.test)
    this.tests.splice(place, this.tests[place]?.test === test.test ? 1 : 0, test)
    this.lastCopy = undefined
  }

  remove(test: number): void {
    const place = this.placeOf(test)
    if (this.tests[place]?.test !== test) return
    this.tests.splice(place, 1)
    this.lastCopy = undefined
  }

  /** The same array until something changes. */
  all(): readonly TestState[] {
    this.lastCopy ??= this.tests.slice()
    return this.lastCopy
  }

  /** Where a test is or has to be inserted. */
  private placeOf(test: number): number {
    // Once all tests are known, each is at the place of its own number.
    if (this.tests[test]?.test === test) return test
    let [from, to] = [0, this.tests.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.tests[middle] as TestState).test < test) from = middle + 1
      else to = middle
    }
    return from
  }
}
