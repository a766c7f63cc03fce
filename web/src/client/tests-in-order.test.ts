import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TestState } from './protocol.ts'
import { queuedTest } from './test-state.ts'
import { TestsInOrder } from './tests-in-order.ts'

describe('the tests in the order of the plan', () => {
  it('are those of a sorted map, whatever is added, replaced and removed', () => {
    const step = fc.record({ test: fc.nat(40), isRemoved: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [inOrder, known] = [new TestsInOrder(), new Map<number, TestState>()]
        steps.forEach(({ test, isRemoved }, v) => {
          const state = { ...queuedTest(test, ''), v }
          if (isRemoved) inOrder.remove(test)
          else inOrder.put(state)
          if (isRemoved) known.delete(test)
          else known.set(test, state)
          expect(inOrder.all()).toEqual([...known.values()].sort((one, other) => one.test - other.test))
        })
      }),
    )
  })

  it('are the same array until one changes, and a given array never changes', () => {
    const tests = new TestsInOrder()
    tests.put(queuedTest(1, 'b'))
    const before = tests.all()
    tests.remove(7)
    expect(tests.all()).toBe(before)
    tests.put(queuedTest(0, 'a'))
    expect(before.map(({ name }) => name)).toEqual(['b'])
    expect(tests.all().map(({ name }) => name)).toEqual(['a', 'b'])
  })
})
