import { beforeEach, describe, expect, it } from 'vitest'
import { Connection } from './connection.ts'
import type { Event } from './protocol.ts'
import { FakeClock, settled } from './testing/fake-clock.ts'
import { FakeServer } from './testing/fake-server.ts'
import type { WireError } from './wire-error.ts'

let clock: FakeClock
let server: FakeServer
let connection: Connection
let heard: Event[]

beforeEach(() => {
  clock = new FakeClock()
  server = new FakeServer()
  heard = []
  connection = new Connection({ url: 'ws://127.0.0.1/ws', token: 't.o-k', Socket: server.Socket, clock })
  connection.onEvent((event) => heard.push(event))
})

async function welcomed(): Promise<void> {
  server.last.welcome()
  await settled()
}

describe('opening a connection', () => {
  it('sends the token as a subprotocol, then `hello`', async () => {
    expect(server.last.protocols).toEqual(['stepcast.v1', 'stepcast.token.t.o-k'])
    expect(connection.status).toEqual({ phase: 'connecting' })
    await welcomed()
    expect(connection.status).toEqual({ phase: 'connected', principal: 'ana', role: 'runner', connection: 'c1' })
  })

  it('closes the socket if the server does not answer `hello` in time', async () => {
    server.last.open()
    await clock.advance(15_000)
    expect(server.sockets[0]?.isClosed).toBe(true)
    expect(connection.status.phase).toBe('waiting')
  })

  it('counts consecutive refusals, and starts again at 0 after a connection that opened', async () => {
    for (const refusals of [1, 2, 3]) {
      server.last.cut()
      expect(connection.status).toMatchObject({ phase: 'waiting', refusals })
      connection.reconnectNow()
    }
    server.last.open()
    server.last.cut()
    expect(connection.status).toMatchObject({ phase: 'waiting', refusals: 0 })
  })
})

describe('a rejected `hello`', () => {
  it('counts as a refusal', async () => {
    server.last.open()
    server.last.answer('hello', { type: 'error', code: 'unauthorized', message: 'expired', temporary: false })
    await settled()
    expect(connection.status).toMatchObject({ phase: 'waiting', refusals: 1 })
  })
})

describe('reconnecting', () => {
  it('doubles the pause each time, up to 30 s, with full jitter', async () => {
    const pauses: number[] = []
    for (let failures = 0; failures < 9; failures += 1) {
      server.last.cut()
      const pause = connection.status.phase === 'waiting' ? connection.status.until - clock.now() : NaN
      pauses.push(pause)
      await clock.advance(pause)
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000])
    clock.randomness = 0
    server.last.cut()
    expect(connection.status).toMatchObject({ until: clock.now() })
  })

  it('subscribes again to the topics that are still watched, and to no others', async () => {
    await welcomed()
    connection.watch({ feed: true })
    const unwatch = connection.watch({ job: 'j1' })
    const unwatchSecond = connection.watch({ job: 'j1' })
    connection.watch({ job: 'j2' })
    unwatch()
    expect(server.last.sent.some(({ action }) => action === 'unwatch')).toBe(false)
    unwatchSecond()
    expect(server.last.command('unwatch').job).toBe('j1')

    server.last.cut()
    await clock.advance(500)
    await welcomed()
    const watched = server.last.sent.filter(({ action }) => action === 'watch')
    expect(watched).toMatchObject([{ feed: true }, { job: 'j2' }])
  })

  it('asks for the steps of a test once the job is watched, and again after an interruption', async () => {
    await welcomed()
    const watches = () => server.last.sent.filter(({ action }) => action === 'watch').map(({ id, ...watch }) => watch)
    const list = { action: 'watch', job: 'j1', detail: 'tests' }
    const unwatch = connection.watch({ job: 'j1', detail: 'tests' })
    const unwatchSteps = connection.watch({ job: 'j1', detail: 'tests', steps_of: [2] })
    await settled()
    expect(watches()).toEqual([list])
    server.last.answer('watch', { type: 'job.state', job: 'j1', v: 1 })
    await settled()
    expect(watches()).toEqual([list, { ...list, steps_of: [2] }])

    server.last.cut()
    await clock.advance(500)
    await welcomed()
    expect(watches()).toEqual([{ ...list, steps_of: [2] }])
    unwatchSteps()
    expect(server.last.sent.some(({ action }) => action === 'unwatch')).toBe(false)
    unwatch()
    expect(server.last.command('unwatch')).toMatchObject({ job: 'j1' })
  })

  it('retries at once on `reconnectNow`', () => {
    server.last.cut()
    connection.reconnectNow()
    expect(server.sockets).toHaveLength(2)
  })

  it('does not reconnect after `bye` without `reconnect`', async () => {
    await welcomed()
    const lost = connection.request({ action: 'ping' })
    server.last.say({ type: 'bye', at: '', code: 'disconnected', reconnect: false })
    expect(connection.status).toEqual({ phase: 'ended', reason: 'disconnected' })
    await expect(lost).rejects.toMatchObject({ code: 'unavailable' })
    await clock.advance(3_600_000)
    expect(server.sockets).toHaveLength(1)
  })
})

describe('keeping the connection', () => {
  it('pings at the interval that the server sets', async () => {
    await welcomed()
    await clock.advance(240_000)
    server.last.answer('ping', { type: 'pong' })
    await clock.advance(240_000)
    expect(server.last.sent.filter(({ action }) => action === 'ping')).toHaveLength(2)
  })

  it('reconnects when a ping is not answered', async () => {
    await welcomed()
    await clock.advance(240_000 + 15_000)
    expect(server.sockets[0]?.isClosed).toBe(true)
    expect(connection.status.phase).toBe('waiting')
  })

  it('opens the next link before the current one is cut, and switches without missing an event', async () => {
    connection.watch({ job: 'j1' })
    server.last.welcome({ connected_until: '2025-11-22T09:04:00.000Z', ping_every_s: 1000 })
    await clock.advance(120_001)
    const [first, second] = server.sockets
    expect(second).toBeDefined()
    expect(connection.status.phase).toBe('connected')

    second?.welcome()
    await settled()
    first?.say({ type: 'test.started', at: '', job: 'j1', v: 1000001, test: 0, name: 'a', attempt: 1 })
    expect(heard.at(-1)).toMatchObject({ type: 'test.started' })
    expect(first?.isClosed).toBe(false)

    second?.answer('watch', { type: 'job.state', job: 'j1', v: 1 })
    first?.answer('watch', { type: 'job.state', job: 'j1', v: 1 })
    await settled()
    expect(first?.isClosed).toBe(true)
    expect(connection.status.phase).toBe('connected')
    await clock.advance(120_000)
    expect(server.sockets).toHaveLength(2)
  })

  it('keeps the current link while the next one fails', async () => {
    server.last.welcome({ connected_until: '2025-11-22T09:04:00.000Z', ping_every_s: 1000 })
    await clock.advance(120_001)
    server.last.cut()
    expect(connection.status.phase).toBe('connected')
    await clock.advance(500)
    expect(server.sockets).toHaveLength(3)
    server.sockets[0]?.cut()
    expect(connection.status).toEqual({ phase: 'connecting' })
    await welcomed()
    expect(connection.status.phase).toBe('connected')
  })
})

describe('commands', () => {
  it('get their answers in any order, while other events go to the listeners', async () => {
    await welcomed()
    const suites = connection.request({ action: 'suites.list' })
    const cancel = connection.request({ action: 'cancel', job: 'j1' })
    server.last.answer('cancel', { type: 'ok' })
    server.last.say({ type: 'notice', at: '', text: 'hi' }, { type: 'of the future' })
    server.last.answer('suites.list', { type: 'suites', suites: [] })
    await expect(cancel).resolves.toMatchObject({ type: 'ok' })
    await expect(suites).resolves.toMatchObject({ type: 'suites' })
    expect(heard.map(({ type }) => type)).toEqual(['notice', 'of the future'])
  })

  it('reject with all problems that the server reports', async () => {
    await welcomed()
    const run = connection.request({ action: 'run', suite: {} })
    const problems = [{ path: 'tests', message: 'is missing', hint: 'add a test' }]
    server.last.answer('run', { type: 'error', code: 'invalid_suite', message: 'no', temporary: false, problems })
    const error = (await run.catch((reason: unknown) => reason)) as WireError
    expect(error).toMatchObject({ name: 'WireError', code: 'invalid_suite', message: 'no', temporary: false, problems })
  })

  it('time out with a temporary error', async () => {
    await welcomed()
    const lost = connection.request({ action: 'suites.list' }).catch((reason: unknown) => reason)
    await clock.advance(15_000)
    await expect(lost).resolves.toMatchObject({ code: 'unavailable', temporary: true })
  })

  it('wait for the connection, and fail after 15 s without one', async () => {
    const early = connection.request({ action: 'suites.list' })
    await welcomed()
    server.last.answer('suites.list', { type: 'suites', suites: [] })
    await expect(early).resolves.toMatchObject({ type: 'suites' })

    server.last.cut()
    const never = connection.request({ action: 'suites.list' }).catch((reason: unknown) => reason)
    await clock.advance(15_000)
    await expect(never).resolves.toMatchObject({ code: 'unavailable' })
  })

  it('skip lines that are not JSON', async () => {
    await welcomed()
    server.last.onmessage?.({ data: '{"type":\n{"type":"notice","at":"","text":"still here"}\n\n' })
    expect(heard).toMatchObject([{ text: 'still here' }])
  })
})

describe('a rejected `watch`', () => {
  it('is passed to the listeners with its job if the rejection is permanent', async () => {
    await welcomed()
    connection.watch({ job: 'j9' })
    server.last.answer('watch', { type: 'error', code: 'not_found', message: 'no such job', temporary: false })
    await settled()
    expect(heard).toMatchObject([{ type: 'error', job: 'j9', message: 'no such job' }])
  })

  it('is sent again if the rejection is temporary', async () => {
    await welcomed()
    connection.watch({ job: 'j9' })
    server.last.answer('watch', { type: 'error', code: 'rate_limited', message: 'slow down', temporary: true })
    await clock.advance(2_000)
    expect(heard).toEqual([])
    expect(server.last.sent.filter(({ action }) => action === 'watch')).toHaveLength(2)
  })
})
