import type { Clock, Timer } from './clock.ts'
import { eventsOf } from './lines.ts'
import { Pending } from './pending.ts'
import type { Command, Event } from './protocol.ts'
import { WireError } from './wire-error.ts'

export type Welcome = Extract<Event, { type: 'welcome' }>

/** The part of a `WebSocket` that is used: that of browsers, of Node 22 and newer, and of the package `ws`. */
export interface Socket {
  onopen: ((event: never) => void) | null
  onmessage: ((message: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(): void
}

/** The class of such a WebSocket. */
export type SocketClass = new (url: string, protocols: string[]) => Socket

/** The calls that a link makes to the connection that opened it. */
export interface LinkOwner {
  welcomed(link: Link, welcome: Welcome): void
  heard(link: Link, event: Event): void
  /** Called once. `opened` is true if the connection was cut, false if it was refused; then its status, if it is known */
  ended(link: Link, opened: boolean, status?: number): void
}

/** How long the server may take to open a connection, to greet, or to answer a command. */
export const ANSWER_TIMEOUT_MS = 15_000

/**
 * One WebSocket from open to close: sends `hello` and pings, and matches answers to commands.
 * A link closes itself when the server stops answering, because browsers take minutes to notice a dead network.
 */
export class Link {
  private readonly socket: Socket
  private readonly pending: Pending
  private timer: Timer | undefined
  private opened = false
  private greeted = false
  private over = false
  private retiring = false
  private refusedWith: number | undefined

  constructor(
    Socket: SocketClass,
    url: string,
    token: string,
    private readonly clock: Clock,
    private readonly owner: LinkOwner,
  ) {
    this.pending = new Pending(clock, ANSWER_TIMEOUT_MS)
    this.socket = new Socket(url, ['stepcast.v1', `stepcast.token.${token}`])
    this.socket.onopen = () => this.greet()
    this.socket.onmessage = ({ data }: { data: unknown }) => this.receive(data)
    this.socket.onclose = () => this.end()
    this.socket.onerror = (error: object) => (this.refusedWith = statusIn(error))
    this.timer = clock.after(ANSWER_TIMEOUT_MS, () => this.end())
  }

  get isOver(): boolean {
    return this.over
  }

  request(command: Command): Promise<Event> {
    if (this.over) return Promise.reject(WireError.unavailable('the connection is closed'))
    return this.pending.add((id) => this.socket.send(JSON.stringify({ ...command, id })))
  }

  /** Ends as soon as no command is waiting for an answer. */
  retire(): void {
    this.retiring = true
    if (this.pending.isEmpty) this.end()
  }

  end(): void {
    if (this.over) return
    this.over = true
    this.clock.cancel(this.timer)
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null
    // `ws` throws errors that nobody listens to, and closing a socket that is still opening is one.
    this.socket.onerror = () => undefined
    this.socket.close()
    this.pending.rejectAll(WireError.unavailable('the connection was lost before the answer arrived'))
    this.owner.ended(this, this.opened, this.refusedWith)
  }

  private greet(): void {
    this.opened = true
    this.clock.cancel(this.timer)
    this.request({ action: 'hello' }).then(
      (answer) => (answer.type === 'welcome' ? this.welcome(answer) : this.end()),
      (error: WireError) => {
        // If the server opens the connection and then rejects `hello`, it has refused the connection.
        this.opened = error.temporary
        this.end()
      },
    )
  }

  private welcome(welcome: Welcome): void {
    if (this.over) return
    this.greeted = true
    this.schedulePing(welcome.ping_every_s * 1000)
    this.owner.welcomed(this, welcome)
  }

  private schedulePing(everyMs: number): void {
    this.timer = this.clock.after(everyMs, () => {
      this.request({ action: 'ping' }).then(
        () => this.over || this.schedulePing(everyMs),
        () => this.end(),
      )
    })
  }

  private receive(data: unknown): void {
    if (typeof data !== 'string') return
    for (const event of eventsOf(data)) {
      if (this.over) return
      if (!this.pending.settle(event)) this.owner.heard(this, event)
      // The server no longer has this connection's row, so a new connection is needed.
      if (this.greeted && event.type === 'error' && event.code === 'unauthorized') this.end()
    }
    if (this.retiring && this.pending.isEmpty) this.end()
  }
}

/** The HTTP status of a refused handshake. Only `ws` tells it, and only in words; browsers keep it from the page. */
function statusIn(error: object): number | undefined {
  const message = 'message' in error ? String(error.message) : ''
  const status = /^Unexpected server response: (\d{3})$/.exec(message)?.[1]
  return status === undefined ? undefined : Number(status)
}
