import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LocalCheck } from './local-check'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('checks only the last text, after a pause, and nothing once it is stopped', () => {
  const texts: string[] = []
  const check = new LocalCheck((_, text) => texts.push(text))
  check.soon('a')
  vi.advanceTimersByTime(300)
  check.soon('b')
  vi.advanceTimersByTime(300)
  expect(texts).toEqual([])
  vi.advanceTimersByTime(200)
  expect(texts).toEqual(['b'])
  check.soon('c')
  check.stop()
  vi.advanceTimersByTime(10_000)
  expect(texts).toEqual(['b'])
})
