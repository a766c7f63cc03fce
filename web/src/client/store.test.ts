import { beforeEach, describe, expect, it } from 'vitest'
import type { Command, Event } from './protocol.ts'
import { Replay } from './replay.ts'
import { Store } from './store.ts'
import { recordedRun } from './testing/recorded-run.ts'
import { FakeClock, settled } from './testing/fake-clock.ts'

let frames: (() => void)[]
let changeCount: number

function storeOn(source: Replay, clock = new FakeClock()): Store {
  const store = new Store(source, { clock, beforeNextFrame: (run) => frames.push(run) })
  store.onChange(() => (changeCount += 1))
  return store
}

function drawFrame(): void {
  for (const run of frames.splice(0)) run()
}

beforeEach(() => {
  frames = []
  changeCount = 0
})

describe('batching', () => {
  it('calls the listeners once per frame, however many events arrive', async () => {
    const replay = new Replay(recordedRun({ tests: 500 }))
    const store = storeOn(replay)
    store.watchJob('j1')
    await settled()
    drawFrame()
    changeCount = 0

    replay.play()
    expect(store.job('j1')?.summary?.status).toBe('finished')
    expect(frames).toHaveLength(1)
    expect(changeCount).toBe(0)
    drawFrame()
    expect(changeCount).toBe(1)
  })

  it('returns the same view until the job changes', async () => {
    const replay = new Replay(recordedRun({ tests: 2 }))
    const store = storeOn(replay)
    store.watchJob('j1')
    replay.play(3)
    const view = store.job('j1')
    expect(store.job('j1')).toBe(view)
    replay.play(1)
    expect(store.job('j1')).not.toBe(view)
  })
})

describe('joining', () => {
  it('late leads to the same state as joining at the start', async () => {
    const early = new Replay(recordedRun({ tests: 7 }))
    const fromStart = storeOn(early)
    fromStart.watchJob('j1')
    early.play()

    const late = new Replay(recordedRun({ tests: 7 }))
    const joined = storeOn(late)
    late.play(9)
    joined.watchJob('j1')
    await settled()
    late.play()
    expect(joined.job('j1')?.isComplete).toBe(true)
    expect(joined.job('j1')?.summary).toEqual(fromStart.job('j1')?.summary)
  })

  it('a job that does not exist reports an error', async () => {
    const store = storeOn(new Replay([]))
    store.watchJob('j9')
    await settled()
    expect(store.job('j9')?.refusal).toContain('no such job')
  })
})

describe('completeness', () => {
  it('requests the whole state of a finished job if an outcome is missing', async () => {
    const clock = new FakeClock()
    const events = recordedRun({ tests: 3 })
    const asked: Command[] = []
    const complete = new Replay(events)
    complete.play()
    const whole = await complete.request({ action: 'job', job: 'j1' })
    const lossy = new Replay(
      events.filter((event) => event.type !== 'test.finished' || event.test !== 1),
      { answer: (command) => (asked.push(command), command.action === 'job' ? whole : undefined) },
    )
    const store = storeOn(lossy, clock)
    store.watchJob('j1')
    lossy.play()
    expect(store.job('j1')?.isComplete).toBe(false)
    await clock.advance(60_000)
    expect(asked.filter(({ action }) => action === 'job')).toHaveLength(1)
    expect(store.job('j1')?.isComplete).toBe(true)
  })
})

describe('the pace of updates', () => {
  const pace = (every_ms: unknown, job?: string): Event =>
    ({ type: 'pace', at: '', every_ms, ...(job === undefined ? {} : { job }) }) as Event

  /** A store that watches a job of which `events` are played one by one. */
  function watchedJob(events: Event[]): { store: Store; replay: Replay; clock: FakeClock } {
    const [replay, clock] = [new Replay(events), new FakeClock()]
    const store = storeOn(replay, clock)
    store.watchJob('j1')
    return { store, replay, clock }
  }

  it('is that of the last announcement, until the job is finished', () => {
    const [accepted, ...rest] = recordedRun({ tests: 2 }) as [Event, ...Event[]]
    const { store, replay } = watchedJob([accepted, pace(2500, 'j1'), pace(4000, 'j1'), ...rest, pace(4000, 'j1')])
    const seen = [1, 1, 1, rest.length - 1, 1, 1].map((count) => {
      replay.play(count)
      return store.job('j1')?.updatesEveryMs
    })
    expect(seen).toEqual([undefined, 2500, 4000, 4000, undefined, undefined])
  })

  it('ends when news come long after the last announcement', async () => {
    const [accepted, planned, started, ...rest] = recordedRun({ tests: 2 }) as [Event, Event, Event, ...Event[]]
    const { store, replay, clock } = watchedJob([accepted, pace(2000, 'j1'), planned, started, ...rest])
    replay.play(3)
    await clock.advance(60_000)
    expect(store.job('j1')?.updatesEveryMs).toBe(2000)
    replay.play(1)
    expect(store.job('j1')?.updatesEveryMs).toBeUndefined()
  })

  it('changes nothing else of the job, and nothing if it is that of the list', () => {
    const { store, replay } = watchedJob([...recordedRun({ tests: 2 }).slice(0, 5), pace(2500), pace(2500, 'j1')])
    replay.play(5)
    const before = store.job('j1')
    replay.play(1)
    expect(store.job('j1')).toBe(before)
    replay.play(1)
    expect(store.job('j1')).toEqual({ ...before, updatesEveryMs: 2500 })
  })
})

describe('the list', () => {
  const listing = (jobs: string[], cursor?: string): Extract<Event, { type: 'jobs' }> => ({
    type: 'jobs',
    at: '',
    jobs: jobs.map((job) => ({
      job,
      v: 1,
      suite: `Suite of ${job}`,
      status: 'running',
      counts: { total: 4, passed: 0, failed: 0, errored: 0, blocked: 0, flaky: 0, skipped: 0, cancelled: 0 },
      created_at: `2025-11-22T09:00:0${job}Z`,
      principal: 'ana',
      labels: {},
    })),
    ...(cursor ? { cursor } : {}),
  })

  /** Jobs 1 to 9, three per page; 9 is the newest. */
  function pages(command: Command): Event | undefined {
    if (command.action === 'watch') return listing(['9', '8', '7'], 'below 7')
    if (command.action !== 'jobs') return undefined
    return command.cursor === 'below 7' ? listing(['6', '5', '4'], 'below 4') : listing(['3', '2', '1'])
  }

  async function watchedList(answer = pages, recording: Event[] = []): Promise<{ store: Store; replay: Replay }> {
    const replay = new Replay(recording, { answer })
    const store = storeOn(replay)
    expect(store.listed()).toBeUndefined()
    store.watchList()
    await settled()
    return { store, replay }
  }

  it('is loaded page by page, newest first', async () => {
    const { store } = await watchedList()
    expect(store.listed()?.map(({ job }) => job)).toEqual(['9', '8', '7'])
    await store.loadMore()
    await store.loadMore()
    expect(store.listed()?.map(({ job }) => job)).toEqual(['9', '8', '7', '6', '5', '4', '3', '2', '1'])
    expect(store.hasMore).toBe(false)
  })

  it('is loaded again to the same length after a reconnection', async () => {
    const { store } = await watchedList()
    await store.loadMore()
    expect(store.listed()).toHaveLength(6)
    store.watchList()
    await settled()
    expect(store.listed()).toHaveLength(6)
    expect(store.hasMore).toBe(true)
  })

  it('does not shrink while it is loaded again, and then drops deleted jobs', async () => {
    let isGone = false
    const { store } = await watchedList((command) => {
      const page = pages(command)
      return isGone && page?.type === 'jobs' ? { ...page, jobs: page.jobs.filter(({ job }) => job !== '5') } : page
    })
    await store.loadMore()
    isGone = true
    const lengths: number[] = []
    store.onChange(() => lengths.push(store.listed()?.length ?? 0))
    store.watchList()
    for (let turn = 0; turn < 20; turn += 1) {
      drawFrame()
      await Promise.resolve()
    }
    await settled()
    drawFrame()
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(6)
    expect(store.listed()?.map(({ job }) => job)).not.toContain('5')
  })

  it('is cut back when events add too many jobs', async () => {
    const events = Array.from({ length: 600 }, (_, index): Event => {
      const job = `a${index}`
      return {
        type: 'job.accepted',
        at: `2025-11-23T00:00:00.${index}Z`,
        job,
        v: 1,
        suite: 'S',
        principal: 'p',
        labels: {},
      }
    })
    const { store, replay } = await watchedList(pages, events)
    replay.play()
    await settled()
    expect(store.listed()?.length).toBeLessThan(510)
  })

  it('updates jobs as they run', async () => {
    const events = recordedRun({ tests: 3 })
    const { store, replay } = await watchedList(pages, events)
    replay.play()
    expect(store.listed()?.find(({ job }) => job === 'j1')).toMatchObject({ verdict: 'failed', suite: 'Shop smoke' })
  })

  it('looks once for a job whose `job.accepted` it missed', async () => {
    const asked: Command[] = []
    const answer = (command: Command) => {
      asked.push(command)
      return command.action === 'jobs' ? listing(['9', '5']) : pages(command)
    }
    const progress = { type: 'job.planned', at: '', job: '5', v: 2, total: 4 } as const
    const { store, replay } = await watchedList(answer, [progress, { ...progress, v: 3 }])
    replay.play()
    await settled()
    expect(asked.filter(({ action }) => action === 'jobs')).toHaveLength(1)
    expect(store.listed()?.map(({ job }) => job)).toEqual(['9', '8', '7', '5'])
  })
})
