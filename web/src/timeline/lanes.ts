import type { TestState } from 'stepcast-client'

// When tests ran and in which worker. All of it is computed again for a drawing: for 10,000 tests that takes some
// milliseconds, and a drawing follows another after a second at the earliest.

/** A test that ran, from its start to its end in milliseconds after the job was accepted; to now if it still runs. */
export interface Bar {
  test: TestState
  from: number
  to: number
}

/** A worker with the tests that it ran. Several run at once, each in a lane of its own. */
export interface WorkerLanes {
  worker: string
  lanes: Bar[][]
  tests: number
  /** How long at least one test ran in it */
  busyMs: number
  from: number
  to: number
}

/** Tests that run, those first that run longest. */
export interface RunningLanes {
  lanes: Bar[][]
  bars: Bar[]
}

/** Since when tests run and how late it is, in milliseconds after the job was accepted. */
export interface RunningSince {
  since: ReadonlyMap<number, number>
  now: number
}

export interface Timeline {
  /** In the order of their first tests */
  workers: WorkerLanes[]
  tests: number
  /** How many tests have ended without a time: they never ran, or an older worker ran them */
  untimed: number
  /** When the last one ended */
  endMs: number
  /** Now, while tests run; otherwise when the last one ended */
  untilMs: number
  /** Those that run, each in a lane; their workers are not known yet */
  running: RunningLanes | undefined
  /** Those that took longest, the longest first */
  longest: Bar[]
}

/** More tests at once than a worker has; others are drawn over each other in a lane */
const MOST_LANES_OF_WORKER = 64

const MOST_LONGEST = 10

export function timelineOf(tests: readonly TestState[], now?: RunningSince): Timeline {
  const bars = tests.flatMap(barOf)
  const running = now && runningLanes(tests, now)
  const byWorker = new Map<string, Bar[]>()
  for (const bar of bars) {
    const worker = bar.test.ran?.worker ?? ''
    const known = byWorker.get(worker)
    if (known === undefined) byWorker.set(worker, [bar])
    else known.push(bar)
  }
  const workers = [...byWorker].map(([worker, ofOne]) => lanesOf(worker, ofOne))
  const endMs = bars.reduce((end, { to }) => Math.max(end, to), 0)
  return {
    workers: workers.sort((one, other) => one.from - other.from || (one.worker < other.worker ? -1 : 1)),
    tests: bars.length,
    untimed: tests.filter(({ status, ran }) => status === 'finished' && ran === undefined).length,
    endMs,
    untilMs: Math.max(endMs, running?.bars[0]?.to ?? 0),
    running,
    longest: bars.toSorted((one, other) => other.to - other.from - (one.to - one.from)).slice(0, MOST_LONGEST),
  }
}

function barOf(test: TestState): Bar[] {
  const { ran, duration_ms } = test
  if (ran === undefined || duration_ms === undefined) return []
  return [{ test, from: ran.after_ms, to: ran.after_ms + duration_ms }]
}

function runningLanes(tests: readonly TestState[], { since, now }: RunningSince): RunningLanes | undefined {
  const known = tests.flatMap((test) => {
    const from = since.get(test.test)
    return from === undefined || test.status !== 'running' ? [] : [{ test, from: Math.max(0, from) }]
  })
  const to = known.reduce((latest, { from }) => Math.max(latest, from), Math.max(0, now))
  const bars = known.map((bar) => ({ ...bar, to })).toSorted((one, other) => one.from - other.from)
  return bars.length === 0 ? undefined : { bars, lanes: lanesOf('', bars).lanes }
}

/** Each bar goes to the first lane that is free, as the tests of a batch do. */
function lanesOf(worker: string, unordered: readonly Bar[]): WorkerLanes {
  const bars = unordered.toSorted((one, other) => one.from - other.from || one.to - other.to)
  const lanes: Bar[][] = []
  const ends: number[] = []
  let busyMs = 0
  let to = 0
  for (const bar of bars) {
    const free = ends.findIndex((end) => end <= bar.from)
    const lane = free >= 0 ? free : lanes.length < MOST_LANES_OF_WORKER ? lanes.length : MOST_LANES_OF_WORKER - 1
    ;(lanes[lane] ??= []).push(bar)
    ends[lane] = Math.max(bar.to, ends[lane] ?? 0)
    busyMs += Math.max(0, bar.to - Math.max(bar.from, to))
    to = Math.max(to, bar.to)
  }
  return { worker, lanes, tests: bars.length, busyMs, from: bars[0]?.from ?? 0, to }
}
