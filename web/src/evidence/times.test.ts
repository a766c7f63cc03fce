import { describe, expect, it } from 'vitest'
import { timeParts } from './times'

describe('the parts of the time of a request', () => {
  it('are those that took place, in their order', () => {
    const whole = { waiting_us: 1, name_us: 2, connect_us: 3, answer_us: 4, body_us: 0 }
    const shown = (times: Parameters<typeof timeParts>[0]) =>
      timeParts(times).map(({ name, microseconds }) => `${name} ${microseconds}`)
    expect(shown(whole)).toEqual(['waiting 1', 'name 2', 'connection 3', 'answer 4', 'body 0'])
    expect(shown({ waiting_us: 1, answer_us: 4, body_us: 5 })).toEqual(['waiting 1', 'answer 4', 'body 5'])
  })
})
