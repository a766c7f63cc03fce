import { backoff } from './backoff.ts'
import { type Clock, systemClock } from './clock.ts'
import { Connection } from './connection.ts'
import { Job, type WatchOptions } from './job.ts'
import { Jobs } from './jobs.ts'
import type { SocketClass } from './link.ts'
import { OwnTimers } from './own-timers.ts'
import type { Command, Event, Run } from './protocol.ts'
import { newIdempotencyKey } from './run.ts'
import type { SourceStatus } from './source.ts'
import { Store } from './store.ts'
import { isUsableToken } from './token.ts'
import { WireError } from './wire-error.ts'

/** How to reach a server. */
export interface ConnectOptions {
  /** The address of its WebSocket, such as `ws://127.0.0.1:8787/ws`; `ws:` or `wss:` */
  url: string
  /** The token of a user or of a share link. It travels as a subprotocol of the WebSocket, never in the address */
  token: string
  /** The class of the WebSocket; by default the global one. Node 20 has none: pass the one of the package `ws` */
  WebSocket?: SocketClass
  /** How long a run or a verdict waits without a connection before it is given up, in milliseconds; by default 120,000 */
  giveUpAfterMs?: number
  /** The clock; by default that of the system. Tests pass another one */
  clock?: Clock
}

/** A suite to run: an object, or the name of a stored one. The other fields are those of `run` in the protocol. */
export type RunRequest = Omit<Run, 'suite' | 'suite_gz' | 'detail'> & { suite: object | string }

/** As long as the command line */
const GIVE_UP_AFTER_MS = 120_000

/** How long changes are collected before listeners are called, in milliseconds: ten times a second is live */
const CHANGES_EVERY_MS = 100

/**
 * Connects to a server. Returns at once, and connects in the background; commands wait until then.
 *
 * Throws a `TypeError` if the address or the token cannot be used, or if there is no `WebSocket`.
 */
export function connect(options: ConnectOptions): Client {
  if (!/^wss?:\/\//i.test(options.url)) {
    throw new TypeError(`\`${options.url}\` is no address of a WebSocket: it begins with \`ws://\` or \`wss://\``)
  }
  if (!isUsableToken(options.token)) throw new TypeError('this is not a token: it has characters that no token has')
  const Socket = options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined)
  if (Socket === undefined) {
    throw new TypeError('there is no `WebSocket` here: pass the one of the package `ws`, or use Node 22 or newer')
  }
  return new Client({ ...options, WebSocket: Socket })
}

/**
 * A connection to a server, and what is watched over it. `connect` makes one.
 *
 * A lost connection is opened again, after a growing pause of up to 30 s, and everything that is watched is watched again:
 * the answers have the whole state, so nothing has to be recovered. It ends for good if `close` is called, if the server
 * says not to come back, and if it refuses the token where that can be seen: with `ws`, and not in browsers.
 */
export class Client {
  private readonly connection: Connection
  private readonly store: Store
  private readonly timers: OwnTimers
  private readonly giveUpAfterMs: number
  private readonly wakeUp = () => this.connection.reconnectNow()

  /** @internal */
  constructor(options: ConnectOptions & { WebSocket: SocketClass }) {
    const { url, token, WebSocket: Socket, clock = systemClock, giveUpAfterMs = GIVE_UP_AFTER_MS } = options
    this.giveUpAfterMs = giveUpAfterMs
    this.timers = new OwnTimers(clock)
    this.connection = new Connection({ url, token, Socket, clock: this.timers })
    this.store = new Store(this.connection, {
      clock: this.timers,
      beforeNextFrame: (run) => this.timers.after(CHANGES_EVERY_MS, run),
    })
    // A laptop that regains its network does not wait for the rest of a pause.
    globalThis.addEventListener?.('online', this.wakeUp)
  }

  /** How the connection is now. */
  get status(): SourceStatus {
    return this.connection.status
  }

  /** Calls `listener` with each change of `status`, until the returned function is called. */
  onStatus(listener: (status: SourceStatus) => void): () => void {
    return this.connection.onStatus(listener)
  }

  /**
   * Starts a run and watches its job. Needs the role `runner`.
   *
   * If the answer is lost, the run is sent again with the same `idempotency_key`, which starts no second job. Throws a
   * `WireError` if the server refuses it, such as for an invalid suite, or if there is no answer for `giveUpAfterMs`.
   */
  async run(request: RunRequest): Promise<Job> {
    const run: Run = { idempotency_key: newIdempotencyKey(), ...request, detail: 'tests' }
    const until = this.timers.now() + this.giveUpAfterMs
    for (let tries = 1; ; tries += 1) {
      const id = await this.store.run(run).catch((error: unknown) => this.retried(error, until))
      if (id !== undefined) return this.watch(id)
      await this.timers.pause(backoff(tries, this.timers))
    }
  }

  /** Watches a job, from now on and with all that has happened. A job that does not exist has a `refusal`. */
  watch(job: string, options: WatchOptions = {}): Job {
    const { connection: source, store, timers: clock, giveUpAfterMs } = this
    return new Job(job, { source, store, clock, giveUpAfterMs }, options)
  }

  /** Watches all jobs, the newest first. Not with the token of a share link, which shows one job. */
  watchJobs(): Jobs {
    return new Jobs(this.store)
  }

  /**
   * Sends any command of the protocol and returns its answer. It is not sent again. Throws a `WireError` if it is refused,
   * lost, or not answered in 15 s.
   */
  send(command: Command): Promise<Event> {
    return this.connection.request(command)
  }

  /** Ends the connection. What is watched changes no more, and a verdict that is waited for is given up. */
  close(): void {
    globalThis.removeEventListener?.('online', this.wakeUp)
    this.connection.close()
    this.timers.cancelAll()
  }

  /** Returns if it makes sense to send the run again, and throws the error if not. */
  private retried(error: unknown, until: number): undefined {
    const { status } = this
    if (status.phase === 'ended') throw endedError(status.reason)
    if (!(error instanceof WireError) || !error.temporary || this.timers.now() >= until) throw error
    return undefined
  }
}

function endedError(reason: string): WireError {
  if (reason === 'unauthorized') return new WireError('unauthorized', 'the server refuses the token', false)
  return new WireError('unavailable', `the connection has ended: ${reason}`, false)
}
