import { beforeEach, describe, expect, it } from 'vitest'
import { Connection } from './connection.ts'
import type { Event } from './protocol.ts'
import { FakeClock, settled } from './testing/fake-clock.ts'
import { FakeServer, type FakeSocket } from './testing/fake-server.ts'

let clock: FakeClock
let server: FakeServer
let connection: Connection
let heard: Event[]

/** A connection whose second link is welcomed beside the first, and has no answer to its `watch` yet. */
beforeEach(async () => {
  clock = new FakeClock()
  server = new FakeServer()
  heard = []
  connection = new Connection({ url: 'ws://127.0.0.1/ws', token: 't', Socket: server.Socket, clock })
  connection.onEvent((event) => heard.push(event))
  connection.watch({ job: 'j1' })
  server.last.welcome({ connected_until: '2025-11-22T09:04:00.000Z', ping_every_s: 1000 })
  await settled()
  server.last.answer('watch', { type: 'job.state', job: 'j1', v: 1 })
  await clock.advance(120_001)
  server.last.welcome({ ping_every_s: 1000 })
  await settled()
})

function links(): [FakeSocket, FakeSocket] {
  const [first, second] = server.sockets
  if (first === undefined || second === undefined) throw new Error('there are no two links')
  return [first, second]
}

const refused = { type: 'error', code: 'rate_limited', message: 'slow down', temporary: true }

describe('the previous link', () => {
  it('stays open until the new link has subscribed to every topic, after retries too', async () => {
    const [first, second] = links()
    second.answer('watch', refused)
    await clock.advance(500)
    expect(first.isClosed).toBe(false)
    second.answer('watch', { type: 'job.state', job: 'j1', v: 2 })
    await settled()
    expect(first.isClosed).toBe(true)
    expect(second.isClosed).toBe(false)
  })

  it('takes over again if the new link is cut, and subscribes to the topics added since', async () => {
    const [first, second] = links()
    connection.watch({ job: 'j2' })
    expect(second.command('watch').job).toBe('j2')
    second.cut()
    expect(connection.status.phase).toBe('connected')
    expect(first.command('watch').job).toBe('j2')
    await clock.advance(500)
    expect(server.sockets).toHaveLength(3)
  })

  it('ends the connection if it receives `bye` without `reconnect`', () => {
    links()[0].say({ type: 'bye', at: '', code: 'disconnected_by_admin', reconnect: false })
    expect(connection.status).toEqual({ phase: 'ended', reason: 'disconnected_by_admin' })
    expect(server.sockets.map(({ isClosed }) => isClosed)).toEqual([true, true])
  })
})

describe('a link that is welcomed and then cut', () => {
  it('is followed by growing pauses, so that clients do not overload a failing server', async () => {
    for (const socket of links()) socket.cut()
    const pauses: number[] = []
    for (let tries = 0; tries < 4; tries += 1) {
      const pause = connection.status.phase === 'waiting' ? connection.status.until - clock.now() : NaN
      pauses.push(pause)
      await clock.advance(pause)
      server.last.welcome()
      await settled()
      server.last.cut()
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000])
  })
})

describe('a link that the server no longer knows', () => {
  it('is replaced, and the new link watches the job without reporting an error', async () => {
    const [first, second] = links()
    first.cut()
    second.answer('watch', { type: 'error', code: 'unauthorized', message: 'who are you?', temporary: false })
    await clock.advance(500)
    expect(heard.some(({ type }) => type === 'error')).toBe(false)
    expect(second.isClosed).toBe(true)
    server.last.welcome()
    await settled()
    expect(server.last.command('watch').job).toBe('j1')
  })
})
