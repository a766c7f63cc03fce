import { describe, expect, it } from 'vitest'
import type { Difference } from 'stepcast-client'
import { MOST_DIFFERENCES, shownDifferences } from './differences'

const difference = (text: string, more: Partial<Difference> = {}): Difference => ({
  kind: 'header',
  place: text,
  text,
  places: 1,
  ...more,
})

const shown = (differences: Difference[], left_out = 0) =>
  shownDifferences({ step: 0, job: 'j0', at: '', differences, left_out })

describe('the differences of an answer', () => {
  it('are in the order of the server, without those that are there each time', () => {
    const { telling, noise, noisePlaces, leftOut } = shown([
      difference('near', { is_near: true }),
      difference('noise', { is_noise: true, places: 3 }),
      difference('far'),
      difference('more noise', { is_noise: true }),
    ])
    expect(telling.map(({ text }) => text)).toEqual(['near', 'far'])
    expect(noise.map(({ text }) => text)).toEqual(['noise', 'more noise'])
    expect([noisePlaces, leftOut]).toEqual([4, 0])
  })

  it('are no noise where a failed check looks', () => {
    const { telling, noise } = shown([difference('both', { is_near: true, is_noise: true })])
    expect([telling.length, noise.length]).toEqual([1, 0])
  })

  it('are bounded, and the rest is counted', () => {
    const { telling, leftOut } = shown(Array<Difference>(MOST_DIFFERENCES + 7).fill(difference('a')), 5)
    expect(telling).toHaveLength(MOST_DIFFERENCES)
    expect(leftOut).toBe(12)
  })
})
