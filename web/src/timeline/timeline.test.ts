import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outcome, TestState } from 'stepcast-client'
import { type Canvas, drawTimeline } from './drawing'
import { type RunningSince, type Timeline, timelineOf } from './lanes'
import { BAR_HEIGHT, barAt, LANE_HEIGHT, layoutOf, type Span, ticksOf } from './layout'
import { timelineSentence } from './sentences'

const ran = (test: number, worker: string, after_ms: number, duration_ms: number, outcome: Outcome = 'passed') =>
  ({
    ...{ test, name: `Page ${test}`, v: 1, status: 'finished', attempt: 1, steps: [] },
    ...{ outcome, duration_ms, ran: { worker, after_ms } },
  }) satisfies TestState

const running = (test: number): TestState => ({ test, name: '', v: 1, status: 'running', attempt: 1, steps: [] })

const notRun: TestState = { test: 9, name: '', v: 1, status: 'finished', attempt: 0, outcome: 'skipped', steps: [] }

/** The tests of each lane of each worker. */
const places = ({ workers }: Timeline) =>
  workers.map(({ worker, lanes }) => [worker, ...lanes.map((bars) => bars.map(({ test }) => test.test))])

describe('a timeline', () => {
  it('has the tests of each worker in lanes, in which they follow each other', () => {
    const timeline = timelineOf([
      ran(0, 'b', 50, 100),
      ran(1, 'a', 10, 100),
      ran(2, 'a', 60, 10),
      ran(3, 'a', 70, 80),
      ran(4, 'a', 110, 5),
      notRun,
      running(10),
    ])
    expect(places(timeline)).toEqual([
      ['a', [1, 4], [2, 3]],
      ['b', [0]],
    ])
    expect(timeline).toMatchObject({ tests: 5, untimed: 1, endMs: 150 })
    expect(timeline.workers[0]).toMatchObject({ tests: 4, busyMs: 140, from: 10, to: 150 })
    expect(timeline.longest.slice(0, 3).map(({ test }) => test.test)).toEqual([0, 1, 3])
  })

  it('counts the time in which a worker ran several tests once, and pauses not at all', () => {
    const [worker] = timelineOf([ran(0, 'a', 0, 10), ran(1, 'a', 5, 10), ran(2, 'a', 100, 1)]).workers
    expect(worker?.busyMs).toBe(16)
  })

  it('is empty if it is not known when tests ran', () => {
    const nothing = { workers: [], tests: 0, endMs: 0, untilMs: 0, longest: [], running: undefined }
    expect(timelineOf([notRun])).toEqual({ ...nothing, untimed: 1 })
  })

  it('lets no two tests of a lane overlap, and loses none', () => {
    const test = fc.record({ worker: fc.constantFrom('a', 'b'), from: fc.nat(500), ms: fc.nat(90) })
    fc.assert(
      fc.property(fc.array(test, { maxLength: 60 }), (tests) => {
        const { workers } = timelineOf(tests.map(({ worker, from, ms }, index) => ran(index, worker, from, ms)))
        const lanes = workers.flatMap((worker) => worker.lanes)
        expect(lanes.flat()).toHaveLength(tests.length)
        for (const bars of lanes) {
          for (const [index, bar] of bars.entries()) expect(bar.from).toBeGreaterThanOrEqual(bars[index - 1]?.to ?? 0)
        }
      }),
    )
  })

  it('has a bounded number of lanes, however many tests run at once', () => {
    const [worker] = timelineOf(Array.from({ length: 1000 }, (_, test) => ran(test, 'a', 0, 10))).workers
    expect(worker?.lanes).toHaveLength(64)
    expect(worker?.lanes.flat()).toHaveLength(1000)
  })

  it('is a sentence too', () => {
    expect(timelineSentence(timelineOf([ran(0, 'a', 0, 500), ran(1, 'b', 500, 500)]))).toBe(
      '2 tests ended in 2 workers in 1.0 s; they were busy for 50 % of that time',
    )
  })
})

describe('the tests that run', () => {
  const since = (...times: [test: number, from: number][]) => new Map(times)

  it('are in lanes of their own until now, those first that run longest', () => {
    const timeline = timelineOf([ran(0, 'a', 0, 100), running(1), running(2), running(3)], {
      since: since([1, 300], [2, 200], [0, 0]),
      now: 500,
    })
    expect(timeline.running?.lanes.map((bars) => bars.map(({ test, from, to }) => [test.test, from, to]))).toEqual([
      [[2, 200, 500]],
      [[1, 300, 500]],
    ])
    expect(timeline).toMatchObject({ tests: 1, endMs: 100, untilMs: 500 })
    expect(timeline.longest.map(({ test }) => test.test)).toEqual([0])
    expect(timelineSentence(timeline)).toBe(
      '1 test ended in 1 worker in 100 ms; it was busy for 100 % of that time; 2 tests are running, one for 300 ms',
    )
    const [first] = layoutOf(timeline).groups
    expect(first).toMatchObject({ label: 'running', lanes: [{ top: 40 }, { top: 51 }] })
  })

  it('never end before they begin, whatever the clocks say', () => {
    const { running: lanes } = timelineOf([running(1), running(2)], { since: since([1, -50], [2, 900]), now: 20 })
    expect(lanes?.bars.map(({ from, to }) => [from, to])).toEqual([
      [0, 900],
      [900, 900],
    ])
  })

  it('are a bounded number of lanes if thousands run', () => {
    const tests = Array.from({ length: 10_000 }, (_, test) => running(test))
    const times = new Map(tests.map(({ test }) => [test, test] as const))
    const timeline = timelineOf(tests, { since: times, now: 20_000 })
    expect(timeline.running?.lanes).toHaveLength(64)
    expect(timeline.running?.bars).toHaveLength(10_000)
  })
})

describe('the layout of a timeline', () => {
  const layout = layoutOf(timelineOf([ran(0, 'a', 0, 10), ran(1, 'a', 5, 5), ran(2, 'b', 0, 1)]))

  it('has a lane below the other, and the name of a worker above its lanes', () => {
    const tops = layout.groups.map(({ label, top, lanes }) => [label, top, ...lanes.map((lane) => lane.top)])
    expect(tops).toEqual([
      ['a', 20, 40, 40 + LANE_HEIGHT],
      ['b', 62, 82],
    ])
    expect(layout).toMatchObject({ height: 93, hidden: 0 })
  })

  it('has no more lanes than a canvas can be high', () => {
    const many = Array.from({ length: 400 }, (_, test) => ran(test, `worker-${test}`, test, 10))
    expect(layoutOf(timelineOf(many))).toMatchObject({ hidden: 250 })
  })

  it.each([
    [{ from: 0, to: 1000 }, [0, 200, 400, 600, 800, 1000]],
    [{ from: 70, to: 90 }, [70, 75, 80, 85, 90].filter((tick) => tick % 5 === 0)],
    [{ from: 0, to: 150_000 }, [0, 30_000, 60_000, 90_000, 120_000, 150_000]],
    [{ from: 0, to: 30 * 86_400_000 }, [0, 6, 12, 18, 24, 30].map((days) => days * 86_400_000)],
  ])('names moments that are far enough from each other: %o', (span, ticks) => {
    expect(ticksOf(span, 500, 84)).toEqual(ticks)
  })
})

describe('the bar at a point', () => {
  const tests = [ran(0, 'a', 0, 100), ran(1, 'a', 100, 1), ran(2, 'a', 101, 1, 'failed'), ran(3, 'a', 500, 10)]
  const layout = layoutOf(timelineOf(tests))
  const at = (x: number, y: number, span: Span = { from: 0, to: 1000 }) => barAt(layout, span, 500, x, y)?.bar.test.test

  it.each([
    ['in it', 20, 45, 0],
    ['above its lane', 20, 39, undefined],
    ['below its lane', 20, 52, undefined],
    ['a few pixels before it', 246, 45, 3],
    ['a few pixels after it', 260, 45, 3],
    ['far from it', 150, 45, undefined],
    ['where several are: a problem', 50.7, 45, 2],
  ])('is there %s', (_, x, y, test) => expect(at(x, y)).toBe(test))

  it('is where the time that is shown has it', () => {
    expect(at(250, 45, { from: 400, to: 600 })).toBe(3)
    expect(barAt(layout, { from: 400, to: 600 }, 500, 250, 45)).toMatchObject({ left: 250, width: 25, top: 40 })
  })
})

describe('the drawing of a timeline', () => {
  /** Notes what is drawn on it. */
  class FakeCanvas implements Canvas {
    fillStyle = ''
    font = ''
    readonly rectangles: [colour: string, x: number, y: number, width: number, height: number][] = []
    readonly texts: string[] = []
    clearRect(): void {}
    fillRect(...at: [number, number, number, number]): void {
      this.rectangles.push([this.fillStyle, ...at])
    }
    fillText(text: string): void {
      this.texts.push(text)
    }
    get bars() {
      return this.rectangles.filter(([colour]) => colour.endsWith('-fill'))
    }
  }

  function drawn(tests: TestState[], span?: Span, width = 500, now?: RunningSince): FakeCanvas {
    const canvas = new FakeCanvas()
    const timeline = timelineOf(tests, now)
    const whole = { from: 0, to: timeline.untilMs }
    const layout = layoutOf(timeline)
    drawTimeline({ canvas, layout, span: span ?? whole, width, colour: (name) => name, font: '12px sans' })
    return canvas
  }

  it('has a bar for each test, in the colour of its outcome, and higher if it is a problem', () => {
    const { bars, texts } = drawn([ran(0, 'worker-1', 0, 500), ran(1, 'worker-1', 500, 500, 'failed')])
    expect(bars).toEqual([
      ['passed-fill', 0, 43, 249, BAR_HEIGHT - 4],
      ['failed-fill', 250, 41, 249, BAR_HEIGHT],
    ])
    expect(texts).toContain('worker-1')
    expect(texts).toContain('400 ms')
  })

  it('has an outline without an end for a test that runs', () => {
    const { rectangles } = drawn([running(9)], undefined, 500, {
      since: new Map([[9, 500]]),
      now: 1000,
    })
    expect(rectangles.filter(([colour]) => colour === 'accent')).toEqual([
      ['accent', 250, 43, 2, 5],
      ['accent', 250, 43, 250, 1],
      ['accent', 250, 47, 250, 1],
    ])
  })

  it('draws 10,000 tests with about as many bars as it has pixels, and never hides a problem', () => {
    const tests = Array.from({ length: 10_000 }, (_, test) =>
      ran(test, `w${test % 4}`, Math.floor(test / 4) * 10, 10, test === 5000 ? 'errored' : 'passed'),
    )
    const { bars } = drawn(tests)
    expect(bars.length).toBeLessThan(4 * 500 + 2)
    expect(bars.at(-1)?.[0]).toBe('errored-fill')
    expect(bars.at(-1)?.[3]).toBe(1)
  })

  it('leaves out what is not in the time that is shown', () => {
    const tests = [ran(0, 'a', 0, 100), ran(1, 'a', 150, 100), ran(2, 'a', 300, 100)]
    expect(drawn(tests, { from: 120, to: 200 }).bars).toEqual([['passed-fill', 187, 43, 312, BAR_HEIGHT - 4]])
  })

  it('draws what lies in the same pixels once', () => {
    const tests = Array.from({ length: 10_000 }, (_, test) =>
      ran(test, `worker-${test % 7}`, (test * 7919) % 60_000, 20 + (test % 90), test % 9 === 0 ? 'failed' : 'passed'),
    )
    expect(drawn(tests).bars.length).toBeLessThan(tests.length)
  })
})
