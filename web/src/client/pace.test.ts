import { beforeEach, describe, expect, it } from 'vitest'
import { Pace } from './pace.ts'
import type { Event } from './protocol.ts'
import { FakeClock } from './testing/fake-clock.ts'

let clock: FakeClock
let pace: Pace

beforeEach(() => {
  clock = new FakeClock()
  pace = new Pace()
})

const started: Event = { type: 'test.started', at: '', job: 'j1', v: 1, test: 0, name: 'Home', attempt: 1 }
const comment: Event = { type: 'comment', at: '', job: 'j1', principal: 'ana', text: 'Look' }

function hear(...events: Event[]): void {
  for (const event of events) pace.apply(event, clock.now())
}

function announce(every_ms: unknown): void {
  hear({ type: 'pace', at: '', job: 'j1', every_ms } as Event)
}

describe('the pace', () => {
  it('is unknown until a server announces one', () => {
    hear(started, comment)
    expect(pace.everyMs).toBeUndefined()
  })

  it('is the last one that a server announced', () => {
    announce(2500)
    announce(1200)
    expect(pace.everyMs).toBe(1200)
  })

  it('stays while each message announces it, however late', async () => {
    for (const pause of [0, 2000, 60_000]) {
      await clock.advance(pause)
      announce(2000)
      hear(started)
    }
    expect(pace.everyMs).toBe(2000)
  })

  it('ends with news that come more than three intervals after it was announced', async () => {
    announce(2000)
    await clock.advance(6000)
    hear(started)
    expect(pace.everyMs).toBe(2000)
    await clock.advance(1)
    expect(pace.everyMs).toBe(2000)
    hear(started)
    expect(pace.everyMs).toBeUndefined()
    announce(3000)
    expect(pace.everyMs).toBe(3000)
  })

  it('does not end with events that a slow server does not announce', async () => {
    announce(2000)
    await clock.advance(60_000)
    hear(comment, { type: 'job.planned', at: '', job: 'j1', v: 2, total: 4 })
    expect(pace.everyMs).toBe(2000)
  })

  it.each([undefined, null, '2500', Number.NaN, Infinity, 0, -1, {}, [2500]])('is not %j', async (garbage) => {
    announce(garbage)
    expect(pace.everyMs).toBeUndefined()
    announce(2000)
    await clock.advance(6001)
    announce(garbage)
    expect(pace.everyMs).toBe(2000)
    hear(started)
    expect(pace.everyMs).toBeUndefined()
  })

  it.each([
    [0.001, 1000],
    [1e300, 600_000],
  ])('is kept within limits: %d', (announced, kept) => {
    announce(announced)
    expect(pace.everyMs).toBe(kept)
  })
})
