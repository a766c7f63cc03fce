import { describe, expect, it } from 'vitest'
import type { SincePassed, TestState } from 'stepcast-client'
import { queuedTest } from 'stepcast-client/dashboard'
import { changedLine, changedLines, commonChange } from './since-passed'

const since = (lines: string[], more = 0): SincePassed => ({ job: 'j0', at: '2025-11-22T07:00:00Z', lines, more })

function failed(test: number, ...all: (SincePassed | undefined)[]): TestState {
  const steps = all.map((one, step) => ({ step, name: '', ...(one && { since_passed: one }) }))
  return { ...queuedTest(test, `Page ${test}`), outcome: 'failed', steps }
}

describe('what changed since a test passed', () => {
  it('is told in a few lines of bounded length, and the rest is counted', () => {
    expect(changedLines(since(['a', 'b'], 3))).toEqual({ lines: ['a', 'b'], more: 3 })
    const { lines, more } = changedLines(since(Array<string>(1000).fill('x'.repeat(9999)), 3))
    expect(lines).toHaveLength(10)
    expect(lines[0]?.length).toBeLessThan(450)
    expect(more).toBe(993)
  })

  it.each([
    ['the first line', [since(['a', 'b'])], 'a'],
    ['that of the first step that has one', [undefined, since(['c'])], 'c'],
    ['that nothing changed', [since([])], 'the same answer'],
    ['a number', [since([], 3)], '3 differences'],
    ['nothing, if it is not known', [undefined], ''],
  ])('is in one line %s', (_, steps, line) => {
    expect(changedLine(failed(0, ...steps))).toBe(line)
  })

  it('of several tests is what most of them have', () => {
    const tests = [failed(0, since(['a'])), failed(1, since(['b'])), failed(2, since(['b'])), failed(3)]
    expect(commonChange(tests)).toEqual({ line: 'b', tests: 2 })
    expect(commonChange([failed(3)])).toBeUndefined()
  })
})
