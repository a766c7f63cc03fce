import { beforeEach, describe, expect, it, vi } from 'vitest'
import { type Client, connect } from './client.ts'
import type { Job } from './job.ts'
import type { Event, TestState } from './protocol.ts'
import { FakeClock, settled } from './testing/fake-clock.ts'
import { FakeServer } from './testing/fake-server.ts'
import { recordedRun } from './testing/recorded-run.ts'
import { NoVerdictError } from './verdict.ts'
import { WireError } from './wire-error.ts'

const URL = 'ws://127.0.0.1:8787/ws'
const ACCEPTED = { type: 'job.accepted', job: 'j1', v: 1, suite: 'Shop', principal: 'ana', labels: {} }

let clock: FakeClock
let server: FakeServer
let client: Client

beforeEach(() => {
  clock = new FakeClock()
  server = new FakeServer()
  client = connect({ url: URL, token: 'secret', WebSocket: server.Socket, clock })
})

/** How a promise stands, without waiting for it. */
async function standOf(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise.catch((error: unknown) => error), settled().then(() => 'waiting')])
}

describe('connecting', () => {
  it('sends the token as a subprotocol, and never in the address', () => {
    expect(server.last).toMatchObject({ url: URL, protocols: ['stepcast.v1', 'stepcast.token.secret'] })
  })

  it.each([
    ['http://127.0.0.1/', 'a', 'is no address of a WebSocket'],
    [URL, 'a b', 'this is not a token'],
  ])('refuses what cannot work: %s %s', (url, token, message) => {
    expect(() => connect({ url, token, WebSocket: server.Socket })).toThrow(message)
  })

  it('says what to do if there is no WebSocket', () => {
    vi.stubGlobal('WebSocket', undefined)
    expect(() => connect({ url: URL, token: 'a' })).toThrow('pass the one of the package `ws`')
    vi.unstubAllGlobals()
  })

  it('ends for good if the token is refused and that can be seen', async () => {
    const run = client.run({ suite: 'Shop' })
    server.last.refuse(401)
    expect(client.status).toEqual({ phase: 'ended', reason: 'unauthorized' })
    await expect(run).rejects.toMatchObject({ code: 'unauthorized', temporary: false })
    await clock.advance(60_000)
    expect(server.sockets).toHaveLength(1)
  })

  it('goes on for any other refusal, and keeps a link that still works', async () => {
    server.last.refuse(503)
    await clock.advance(500)
    expect(server.sockets).toHaveLength(2)
    server.last.welcome({ connected_until: '2025-11-22T09:10:00.000Z', ping_every_s: 3600 })
    await clock.advance(8 * 60_000 + 1_000)
    expect(server.sockets).toHaveLength(3)
    server.last.refuse(401)
    expect(client.status.phase).toBe('connected')
  })

  it('leaves no timer behind once it is closed', async () => {
    server.last.welcome()
    await settled()
    client.watch('j1')
    client.close()
    await clock.advance(10 * 60_000)
    expect(server.sockets).toHaveLength(1)
    expect(clock.timers).toBe(0)
  })
})

describe('a run', () => {
  it('is sent again with the same key if its answer is lost', async () => {
    const run = client.run({ suite: 'Shop' })
    server.last.welcome()
    await settled()
    const first = server.last.command('run')
    expect(first).toMatchObject({ suite: 'Shop', detail: 'tests', idempotency_key: expect.any(String) })
    server.last.cut()
    await clock.advance(1000)
    server.last.welcome()
    await clock.advance(1000)
    expect(server.last.command('run').idempotency_key).toBe(first.idempotency_key)
    server.last.answer('run', ACCEPTED)
    expect((await run).id).toBe('j1')
  })

  it('is not sent again if it is refused', async () => {
    const run = client.run({ suite: {} })
    server.last.welcome()
    await settled()
    const problems = [{ path: 'tests', message: 'is missing' }]
    const refusal = { type: 'error', code: 'invalid_suite', message: 'this is no suite', temporary: false, problems }
    server.last.answer('run', refusal)
    await expect(run).rejects.toMatchObject({ code: 'invalid_suite', problems })
  })

  it('is given up when the connection is closed, also between two tries', async () => {
    const run = client.run({ suite: 'Shop' }).catch((error: unknown) => error)
    server.last.welcome()
    await settled()
    server.last.answer('run', { type: 'error', code: 'rate_limited', message: 'wait', temporary: true })
    await settled()
    client.close()
    expect(await standOf(run)).toMatchObject({ code: 'unavailable', message: 'the connection has ended: closed' })
  })

  it('is given up after two minutes without an answer', async () => {
    const run = client.run({ suite: 'Shop' }).catch((error: unknown) => error)
    await clock.advance(119_000)
    expect(await standOf(run)).toBe('waiting')
    await clock.advance(60_000)
    expect(await standOf(run)).toBeInstanceOf(WireError)
  })
})

describe('a job', () => {
  const events = recordedRun({ tests: 3 })
  const summary = { suite: 'Shop', principal: 'ana', labels: {}, created_at: '2025-11-22T09:00:00.000Z' }
  let job: Job

  beforeEach(async () => {
    job = client.watch('j1')
    server.last.welcome()
    await settled()
  })

  const say = async (...said: Event[]) => {
    server.last.say(...said)
    await clock.advance(100)
  }

  it('tells each test once that has ended', async () => {
    const ended: TestState[] = []
    await say(...events.slice(0, 7))
    job.onTestEnded((test) => ended.push(test))
    await say(...events.slice(5), ...events)
    expect(ended.map(({ test, outcome }) => `${test} ${outcome}`)).toEqual(['0 passed', '1 failed', '2 passed'])
  })

  it('has a verdict once all results have arrived', async () => {
    const verdict = job.verdict()
    const late = events.findIndex(({ type }) => type === 'test.finished')
    await say(...events.toSpliced(late, 1))
    expect(job.view.summary?.verdict).toBe('failed')
    expect(await standOf(verdict)).toBe('waiting')
    await say(events[late] as Event)
    expect(await verdict).toMatchObject({ verdict: 'failed', counts: { passed: 2, failed: 1 }, durationMs: 120 })
  })

  it('has no verdict if results stay away, however green it looks', async () => {
    const green = recordedRun({ tests: 3, outcomeOf: () => 'passed' }).filter(({ type }) => type !== 'test.finished')
    const verdict = job.verdict().catch((error: unknown) => error)
    await say(...green)
    expect(job.view.summary?.verdict).toBe('passed')
    await clock.advance(59_000)
    expect(server.last.sent.filter(({ action }) => action === 'job')).toHaveLength(3)
    expect(await standOf(verdict)).toBe('waiting')
    await clock.advance(2_000)
    expect(await standOf(verdict)).toMatchObject({ name: 'NoVerdictError', reason: 'incomplete' })
  })

  it('has one if they come after an interruption, however long they were away', async () => {
    const verdict = job.verdict()
    await say(...events.filter(({ type }) => type !== 'test.finished'))
    server.last.cut()
    await clock.advance(90_000)
    server.last.welcome()
    await clock.advance(50_000)
    expect(await standOf(verdict)).toBe('waiting')
    await say(...events)
    expect(await verdict).toMatchObject({ verdict: 'failed' })
  })

  it('has none if its digest is another one', async () => {
    const wrong = events.map((event) =>
      event.type === 'job.finished' ? { ...event, digest: '00000000deadbeef' } : event,
    )
    const verdict = job.verdict({ timeoutMs: 5_000 }).catch((error: unknown) => error)
    await say(...wrong)
    await clock.advance(5_000)
    expect(await standOf(verdict)).toMatchObject({ reason: 'timeout' })
  })

  it('has none once the connection is lost for too long', async () => {
    const verdict = job.verdict().catch((error: unknown) => error)
    await say(...events.slice(0, 8))
    server.last.cut()
    await clock.advance(119_000)
    expect(await standOf(verdict)).toBe('waiting')
    await clock.advance(2_000)
    expect(await standOf(verdict)).toMatchObject({ reason: 'unreachable' })
  })

  it('has one after a connection that was lost for less', async () => {
    const verdict = job.verdict()
    await say(...events.slice(0, 8))
    server.last.cut()
    await clock.advance(60_000)
    server.last.welcome()
    await settled()
    expect(server.last.command('watch')).toMatchObject({ job: 'j1', detail: 'tests' })
    await clock.advance(90_000)
    expect(await standOf(verdict)).toBe('waiting')
    await say(...events)
    expect(await verdict).toMatchObject({ verdict: 'failed' })
  })

  it.each([
    ['the connection is closed', () => client.close(), 'closed'],
    ['it is no longer watched', () => job.stop(), 'closed'],
    ['the server says not to come back', () => server.last.say(bye), 'closed'],
    ['the job does not exist', () => server.last.answer('watch', gone), 'refused'],
  ])('has none if %s', async (_, happen, reason) => {
    const verdict = job.verdict().catch((error: unknown) => error)
    happen()
    await clock.advance(100)
    const error = await standOf(verdict)
    expect(error).toBeInstanceOf(NoVerdictError)
    expect(error).toMatchObject({ reason })
  })
  const bye = { type: 'bye', at: '', code: 'token_revoked', reconnect: false }
  const gone = { type: 'error', code: 'not_found', message: 'there is no such job', temporary: false }

  it('is no longer refused if it can be watched after all', async () => {
    server.last.answer('watch', gone)
    await clock.advance(100)
    expect(job.view.refusal).toBe('there is no such job')
    const counts = { total: 0, passed: 0, failed: 0, errored: 0, blocked: 0, flaky: 0, skipped: 0, cancelled: 0 }
    const state = {
      type: 'job.state',
      at: '',
      job: 'j1',
      v: 1,
      status: 'running',
      ...summary,
      counts,
    } as const
    await say({ ...state, tests: [], page: 1, pages: 1 })
    expect(job.view.refusal).toBeUndefined()
  })

  it('is waited for until somebody stops waiting', async () => {
    const stop = new AbortController()
    const verdict = job.verdict({ signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(verdict).rejects.toThrow('enough')
    await expect(job.verdict({ signal: AbortSignal.abort() })).rejects.toThrow()
    client.close()
    expect(clock.timers).toBe(0)
  })

  it('stays as it was when it is stopped', async () => {
    await say(...events.slice(0, 3))
    const { view } = job
    job.stop()
    await say(...events)
    expect(job.view).toBe(view)
    expect(server.last.command('unwatch')).toMatchObject({ job: 'j1' })
  })

  it('is cancelled by its id', async () => {
    const cancelled = job.cancel()
    server.last.answer('cancel', { type: 'ok' })
    await cancelled
    expect(server.last.command('cancel')).toMatchObject({ job: 'j1' })
  })
})

describe('all jobs', () => {
  it('are watched, the newest first', async () => {
    const jobs = client.watchJobs()
    const changed = vi.fn()
    jobs.onChange(changed)
    expect(jobs.list).toBeUndefined()
    server.last.welcome()
    await settled()
    server.last.answer('watch', { type: 'jobs', jobs: [] })
    await settled()
    server.last.say({ ...ACCEPTED, at: '2025-11-22T09:00:00.000Z' })
    server.last.say({ ...ACCEPTED, job: 'j2', at: '2025-11-22T09:00:01.000Z' })
    await clock.advance(100)
    expect(jobs.list?.map(({ job }) => job)).toEqual(['j2', 'j1'])
    expect(changed).toHaveBeenCalledTimes(1)
    expect(jobs.hasMore).toBe(false)
    jobs.stop()
    expect(server.last.command('unwatch')).toMatchObject({ feed: true })
  })
})
