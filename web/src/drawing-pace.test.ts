import { describe, expect, it } from 'vitest'
import { FakeClock } from 'stepcast-client/testing'
import { DrawingPace } from './drawing-pace'

/** Asks for a drawing every 10 ms for `milliseconds`, as a busy job does, and returns when it was drawn. */
async function drawings(milliseconds: number, cost: number): Promise<number[]> {
  const clock = new FakeClock()
  const start = clock.now()
  const drawn: number[] = []
  let isAsked = false
  const frames = (run: () => void) => void clock.after(0, run)
  const pace = new DrawingPace(clock, frames)
  const draw = () => {
    isAsked = false
    drawn.push(clock.now() - start)
    clock.work(cost)
  }
  for (let passed = 0; passed < milliseconds; passed += 10) {
    if (!isAsked) pace.beforeNextFrame(draw)
    isAsked = true
    await clock.advance(10)
  }
  return drawn
}

/** The first pauses between the end of a drawing and the beginning of the next. */
async function pauses(milliseconds: number, cost: number): Promise<number[]> {
  const drawn = await drawings(milliseconds, cost)
  return drawn.slice(1, 4).map((at, index) => at - (drawn[index] ?? 0) - cost)
}

describe('the pace of drawing', () => {
  it('is the next frame for a change after a pause, and five times a second while changes keep coming', async () => {
    expect(await drawings(700, 0)).toEqual([0, 200, 400, 600])
  })

  it('leaves the page alone for five times as long as drawings take, but never longer than half a second', async () => {
    expect(await pauses(2_000, 30)).toEqual([200, 200, 200])
    expect(await pauses(2_000, 60)).toEqual([200, 300, 300])
    expect(await pauses(9_000, 700)).toEqual([200, 500, 500])
  })

  it('draws what changes while a drawing is not yet painted', async () => {
    const clock = new FakeClock()
    const drawn: string[] = []
    const pace = new DrawingPace(clock, (run) => run())
    pace.beforeNextFrame(() => drawn.push('first'))
    pace.beforeNextFrame(() => drawn.push('second'))
    await clock.advance(199)
    expect(drawn).toEqual(['first'])
    await clock.advance(1)
    expect(drawn).toEqual(['first', 'second'])
  })

  it('draws the last change', async () => {
    const clock = new FakeClock()
    const drawn: string[] = []
    const pace = new DrawingPace(clock, (run) => run())
    pace.beforeNextFrame(() => drawn.push('first'))
    await clock.advance(1)
    pace.beforeNextFrame(() => drawn.push('last'))
    expect(drawn).toEqual(['first'])
    await clock.advance(199)
    expect(drawn).toEqual(['first', 'last'])
  })
})
