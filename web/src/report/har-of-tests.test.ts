import { describe, expect, it } from 'vitest'
import type { Command, Event, EvidenceQuery, StepState, TestState } from 'stepcast-client'
import { Commands, queuedTest, Replay } from 'stepcast-client/dashboard'
import { bytesOf, exchangeOf, FakeClock, keptEvidence } from 'stepcast-client/testing'
import { Archive } from './har'
import { archiveOf, MOST_TESTS } from './har-of-tests'

const kept: StepState = { step: 0, name: 'Open it', outcome: 'failed', evidence: { id: 'e1' } }
const lost: StepState = { step: 0, name: 'Open it', outcome: 'failed', evidence: { problem: 'no room' } }

const failed = (test: number, steps = [kept]): TestState => ({
  ...queuedTest(test, `Page ${test}`),
  attempt: 1,
  outcome: 'failed',
  steps,
})

const answer = keptEvidence([exchangeOf({ answer: { status: 500, version: 'HTTP/1.1', headers: [] } })], {
  aa: bytesOf('abc'),
})

function refused(code: 'not_found' | 'rate_limited' | 'forbidden', temporary = false): Event {
  return { type: 'error', at: '', code, message: 'no', temporary }
}

async function collect(
  tests: TestState[],
  given: (query: EvidenceQuery, command: Command) => Event | undefined = (_, command) => answer(command),
  archive = new Archive(),
) {
  const asked: EvidenceQuery[] = []
  const progress: number[] = []
  const clock = new FakeClock()
  const ended = new AbortController()
  const source = new Replay([], {
    answer: (command) => {
      if (command.action !== 'evidence') return undefined
      const { action, ...query } = command
      asked.push(query)
      return given(query, command)
    },
  })
  const options = {
    commands: new Commands(source),
    clock,
    signal: ended.signal,
    onTest: (done: number) => progress.push(done),
    archive,
  }
  const result = archiveOf('j1', tests, options)
  // Each test says what it expects of it.
  result.catch(() => undefined)
  const titles = async () => {
    const har = JSON.parse((await result).archive.pieces().join('')) as { log: { pages: { title: string }[] } }
    return har.log.pages.map(({ title }) => title)
  }
  return { asked, progress, clock, ended, result, titles }
}

describe('an archive of tests', () => {
  it('has all attempts of which something is kept, and all of their steps', async () => {
    const earlier = [
      { attempt: 1, outcome: 'failed', duration_ms: 1, reason: '', steps: [kept] } as const,
      { attempt: 2, outcome: 'failed', duration_ms: 1, reason: '', steps: [lost] } as const,
    ].map((one) => ({ ...one, steps: [...one.steps] }))
    const { asked, progress, titles } = await collect([
      { ...failed(3), attempt: 3, earlier },
      failed(5, [lost]),
      failed(7),
    ])
    expect(await titles()).toEqual(['Page 3 (attempt 1)', 'Page 3 (attempt 3)', 'Page 7'])
    const first = asked.filter(({ cursor }) => cursor === undefined)
    expect(first).toEqual([
      { job: 'j1', test: 3, attempt: 1 },
      { job: 'j1', test: 3, attempt: 3 },
      { job: 'j1', test: 7, attempt: 1 },
    ])
    expect(progress).toEqual([0, 1, 2, 3])
  })

  it('has no more tests than can be opened, and says how many are left out', async () => {
    const { asked, result } = await collect(Array.from({ length: MOST_TESTS + 4 }, (_, test) => failed(test)))
    expect(await result).toMatchObject({ leftOut: 4, gone: 0 })
    expect(new Set(asked.map(({ test }) => test)).size).toBe(MOST_TESTS)
  })

  it('ends when there is no room for another test', async () => {
    const { result, titles } = await collect([failed(0), failed(1), failed(2)], undefined, new Archive(1200))
    expect(await titles()).toEqual(['Page 0'])
    expect(await result).toMatchObject({ leftOut: 2 })
  })

  it('goes on without what is no longer kept', async () => {
    const { result, titles } = await collect([failed(0), failed(1)], (query, command) =>
      query.test === 0 ? refused('not_found') : answer(command),
    )
    expect(await titles()).toEqual(['Page 1'])
    expect(await result).toMatchObject({ gone: 1 })
  })

  it('asks again after a pause if the server has no time', async () => {
    let refusals = 2
    const { asked, clock, titles } = await collect([failed(0)], (_, command) =>
      refusals-- > 0 ? refused('rate_limited', true) : answer(command),
    )
    await clock.advance(400)
    expect(asked).toHaveLength(1)
    await clock.advance(2000)
    expect(await titles()).toEqual(['Page 0'])
  })

  it('gives up after some tries, and at once after any other error', async () => {
    const limited = await collect([failed(0)], () => refused('rate_limited', true))
    await limited.clock.advance(60_000)
    await expect(limited.result).rejects.toMatchObject({ code: 'rate_limited' })
    expect(limited.asked).toHaveLength(6)
    const forbidden = await collect([failed(0)], () => refused('forbidden'))
    await expect(forbidden.result).rejects.toMatchObject({ code: 'forbidden' })
    expect(forbidden.asked).toHaveLength(1)
  })

  it('ends at once when it is cancelled, also in a pause', async () => {
    const { asked, clock, ended, result } = await collect([failed(0), failed(1)], () => refused('rate_limited', true))
    await clock.advance(0)
    ended.abort()
    await expect(result).rejects.toThrow()
    expect(asked).toHaveLength(1)
  })
})
