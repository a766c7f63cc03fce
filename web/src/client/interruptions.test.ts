import { assert, asyncProperty, constantFrom, array, type Arbitrary, nat, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Connection } from './connection.ts'
import type { Event } from './protocol.ts'
import { JobState } from './state.ts'
import { Store } from './store.ts'
import { FakeClock, settled } from './testing/fake-clock.ts'
import { FakeServer } from './testing/fake-server.ts'
import { recordedRun } from './testing/recorded-run.ts'
import { SimulatedJob } from './testing/simulated-job.ts'

type Happening =
  { kind: 'play' | 'lose'; count: number } | { kind: 'cut' | 'cut the newest' | 'hand over' | 'greet' | 'answer' }

const happenings: Arbitrary<Happening[]> = array(
  oneof(
    { weight: 3, arbitrary: record({ kind: constantFrom('play' as const, 'lose' as const), count: nat(8) }) },
    {
      weight: 4,
      arbitrary: record({
        kind: constantFrom(
          'cut' as const,
          'cut the newest' as const,
          'hand over' as const,
          'greet' as const,
          'answer' as const,
        ),
      }),
    },
  ),
  { maxLength: 25 },
)

const EVENTS = recordedRun({ tests: 6 })

/** A client that watches the job and the list of jobs, and a server whose connections the test cuts. */
class Watched {
  readonly clock = new FakeClock()
  readonly server = new FakeServer()
  readonly job = new SimulatedJob('j1', EVENTS, this.server.sockets)
  readonly store: Store

  constructor() {
    const connection = new Connection({ url: 'ws://x/ws', token: 't', Socket: this.server.Socket, clock: this.clock })
    this.store = new Store(connection, { clock: this.clock, beforeNextFrame: (run) => run() })
    this.store.watchList()
    this.store.watchJob('j1')
  }

  async happen(happening: Happening): Promise<void> {
    const open = this.server.sockets.filter(({ isClosed }) => !isClosed)
    switch (happening.kind) {
      case 'play':
      case 'lose':
        this.job.play(happening.count, happening.kind === 'lose')
        break
      case 'cut':
        open[0]?.cut()
        break
      case 'cut the newest':
        open.at(-1)?.cut()
        break
      case 'hand over':
        await this.clock.advance(61_000)
        break
      case 'greet':
        this.greet()
        break
      case 'answer':
        this.job.answerAll()
    }
    await settled()
  }

  /** Answers all commands until nothing changes any more. */
  async settle(): Promise<void> {
    for (let round = 0; round < 8; round += 1) {
      this.greet()
      await settled()
      this.job.answerAll()
      await this.clock.advance(5_000)
    }
  }

  private greet(): void {
    for (const socket of this.server.sockets) {
      const isGreeted = socket.sent.length > 0
      if (!socket.isClosed && !isGreeted) socket.welcome({ connected_until: '2025-11-22T09:04:00.000Z' })
    }
  }
}

function afterAll(events: readonly Event[]): JobState {
  const state = new JobState()
  for (const event of events) state.apply(event)
  return state
}

describe('after any interruption', () => {
  it('the state equals that of a client without interruptions', async () => {
    const truth = afterAll(EVENTS)
    await assert(
      asyncProperty(happenings, async (before) => {
        const watched = new Watched()
        for (const happening of before) await watched.happen(happening)
        watched.job.play(EVENTS.length)
        await watched.settle()
        const view = watched.store.job('j1')
        expect(view?.isComplete).toBe(true)
        expect(view?.summary).toEqual(truth.summary)
        expect(view?.tests.map(({ test, outcome }) => [test, outcome])).toEqual(
          truth.orderedTests().map(({ test, outcome }) => [test, outcome]),
        )
        expect(watched.store.listed()).toEqual([{ job: 'j1', v: truth.v, ...truth.summary }])
      }),
      { numRuns: 100 },
    )
  }, 60_000)
})

describe('a link that is replaced before it is cut', () => {
  it('loses and duplicates no events, and the status stays `connected`', async () => {
    const watched = new Watched()
    await watched.settle()
    const comment = (text: string) => ({ type: 'comment', at: text, job: 'j1', principal: 'ana', text })
    watched.job.play(EVENTS.length / 2)
    const phases: string[] = []
    watched.store.source.onStatus(({ phase }) => phases.push(phase))

    await watched.clock.advance(85_000)
    const [first, second] = watched.server.sockets
    second?.welcome()
    await settled()
    for (const socket of [first, second]) socket?.say(comment('2'), { type: 'notice', at: '1', text: 'hello' })
    watched.job.play(1)
    watched.job.answerAll()
    await settled()
    second?.say(comment('1'), comment('2'), comment('3'))
    watched.job.play(EVENTS.length)
    await settled()

    expect(first?.isClosed).toBe(true)
    expect(new Set(phases)).toEqual(new Set(['connected']))
    expect(watched.store.job('j1')?.comments.map(({ text }) => text)).toEqual(['1', '2', '3'])
    expect(watched.store.noticed).toHaveLength(1)
    expect(watched.store.job('j1')?.isComplete).toBe(true)
  })
})
