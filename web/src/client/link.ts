import type { Clock, Timer } from './clock'
import { eventsOf } from './lines'
import { Pending } from './pending'
import type { Command, Event } from './protocol'
import { WireError } from './wire-error'

export type Welcome = Extract<Event, { type: 'welcome' }>

/** The part of the `WebSocket` interface that `Link` uses. */
export interface Socket {
  onopen: (() => void) | null
  onmessage: ((message: { data: unknown }) => void) | null
  onclose: (() => void) | null
  send(text: string): void
  close(): void
}

export type SocketClass = new (url: string, protocols: string[]) => Socket

/** The calls that a link makes to the connection that opened it. */
export interface LinkOwner {
  welcomed(link: Link, welcome: Welcome): void
  heard(link: Link, event: Event): void
  /** Called once. `opened` is true if the connection was cut, false if it was refused */
  ended(link: Link, opened: boolean): void
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
    this.socket.onmessage = ({ data }) => this.receive(data)
    this.socket.onclose = () => this.end()
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
    this.socket.close()
    this.pending.rejectAll(WireError.unavailable('the connection was lost before the answer arrived'))
    this.owner.ended(this, this.opened)
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
