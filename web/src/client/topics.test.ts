import { describe, expect, it } from 'vitest'
import { Topics } from './topics.ts'

const list = { job: 'j1', detail: 'tests' } as const

describe('topics', () => {
  it('asks for what all watchers of a job need together', () => {
    const topics = new Topics()
    expect(topics.add(list)).toBe(true)
    expect(topics.add({ ...list })).toBe(false)
    const one = { ...list, steps_of: [7] }
    expect(topics.add(one)).toBe(true)
    expect(topics.add({ ...list, steps_of: [3, 7] })).toBe(true)
    expect(topics.needed(list)).toEqual({ job: 'j1', detail: 'tests', steps_of: [3, 7] })
    topics.remove(one)
    expect(topics.needed(list)).toEqual({ job: 'j1', detail: 'tests', steps_of: [3, 7] })
    expect(topics.add({ job: 'j1' })).toBe(true)
    expect(topics.needed(list)).toEqual({ job: 'j1', detail: 'steps', steps_of: [3, 7] })
  })

  it('keeps a topic until its last watcher has left', () => {
    const topics = new Topics()
    const [one, other] = [{ ...list }, { ...list, steps_of: [1] }]
    topics.add(one)
    topics.add(other)
    topics.add({ feed: true })
    expect(topics.remove(one)).toBe(false)
    expect(topics.remove(one)).toBe(false)
    expect(topics.all()).toEqual([{ job: 'j1', detail: 'tests', steps_of: [1] }, { feed: true }])
    expect(topics.remove(other)).toBe(true)
    expect(topics.remove(other)).toBe(false)
    expect(topics.needed(list)).toBeUndefined()
    expect(topics.all()).toEqual([{ feed: true }])
  })
})
