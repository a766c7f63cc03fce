import type { Socket } from '../link.ts'
import type { Command, Event } from '../protocol.ts'

type Sent = Command & { id: number }

/** Replaces a `WebSocket` and lets a test act as the server. */
export class FakeSocket implements Socket {
  onopen: (() => void) | null = null
  onmessage: ((message: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  onerror: ((error: object) => void) | null = null
  readonly sent: Sent[] = []
  isClosed = false

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent)
  }

  close(): void {
    this.isClosed = true
  }

  say(...events: object[]): void {
    this.onmessage?.({ data: events.map((event) => JSON.stringify(event)).join('\n') })
  }

  open(): void {
    this.onopen?.()
  }

  cut(): void {
    this.isClosed = true
    this.onclose?.()
  }

  /** Refuses the handshake as `ws` tells it. */
  refuse(status: number): void {
    this.onerror?.({ message: `Unexpected server response: ${status}` })
    this.cut()
  }

  /** The last command with this action; throws if there is none. */
  command<A extends Command['action']>(action: A): Extract<Sent, { action: A }> {
    const found = this.sent.findLast((command) => command.action === action)
    if (found === undefined) throw new Error(`no \`${action}\` was sent; the client sent ${JSON.stringify(this.sent)}`)
    return found as Extract<Sent, { action: A }>
  }

  answer(action: Command['action'], event: object): void {
    this.say({ at: '', ...event, re: this.command(action).id })
  }

  welcome(more: Partial<Extract<Event, { type: 'welcome' }>> = {}): void {
    this.open()
    this.answer('hello', {
      type: 'welcome',
      at: '2025-11-22T09:00:00.000Z',
      connection: 'c1',
      principal: 'ana',
      role: 'runner',
      limits: { message_bytes: 131072, frame_bytes: 32768, suite_bytes: 1048576, tests_per_job: 10000 },
      ping_every_s: 240,
      connected_until: '2025-11-22T11:00:00.000Z',
      ...more,
    })
  }
}

/** Collects the sockets that a connection opens. */
export class FakeServer {
  readonly sockets: FakeSocket[] = []
  readonly Socket: new (url: string, protocols: string[]) => Socket

  constructor() {
    const { sockets } = this
    this.Socket = class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        sockets.push(this)
      }
    }
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1)
    if (socket === undefined) throw new Error('no client has connected')
    return socket
  }
}
