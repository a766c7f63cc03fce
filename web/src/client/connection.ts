import { backoff } from './backoff.ts'
import type { Clock, Timer } from './clock.ts'
import { ANSWER_TIMEOUT_MS, Link, type LinkOwner, type SocketClass, type Welcome } from './link.ts'
import { Listeners } from './listeners.ts'
import type { Command, Event, Topic } from './protocol.ts'
import type { Source, SourceStatus } from './source.ts'
import { Subscriber } from './subscriber.ts'
import { bare, Topics } from './topics.ts'
import { WireError } from './wire-error.ts'

export interface ConnectionOptions {
  url: string
  token: string
  Socket: SocketClass
  clock: Clock
}

/** How long before the platform cuts a connection the next one is opened, if the connection lives that long */
const SUCCEED_BEFORE_MS = 60_000

/** The statuses with which the same token is refused again, if they can be seen */
const FINAL_REFUSALS: Record<number, string> = { 401: 'unauthorized', 403: 'forbidden' }

/** Browsers fire timers at once if their milliseconds do not fit in 31 bits */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * A persistent connection. When a link is lost, the next one opens after a growing pause. Shortly before the platform
 * cuts a link, the next one opens beside it, so that no event is missed. Each new link subscribes to every watched
 * topic again. The answers contain the whole state, so nothing has to be recovered. The previous link stays open until
 * then, and takes over again if the new one fails.
 *
 * Commands are not repeated. If the link of a command is lost, the command is rejected as temporary, and the caller
 * decides whether to retry.
 */
export class Connection implements Source, LinkOwner {
  status: SourceStatus = { phase: 'connecting' }
  private readonly statuses = new Listeners<SourceStatus>()
  private readonly events = new Listeners<Event>()
  private readonly topics = new Topics()
  private readonly subscriber: Subscriber
  /** Called with the link once one is connected, or with `undefined` if the connection ends first */
  private readonly connected = new Listeners<Link | undefined>()
  /** The link that sends the commands, once it has its `welcome` */
  private current: Link | undefined
  /** The previous link, which stays open until the current one has subscribed to every watched topic */
  private previous: Link | undefined
  /** The link that is being opened, beside the current one or to replace it */
  private next: Link | undefined
  /** Opens the next link, after a failure or before the current link is cut */
  private timer: Timer | undefined
  private failures = 0
  private refusals = 0

  constructor(private readonly options: ConnectionOptions) {
    this.subscriber = new Subscriber(this.topics, options.clock, (event) => this.events.tell(event))
    this.open()
  }

  onStatus(listener: (status: SourceStatus) => void): () => void {
    return this.statuses.add(listener)
  }

  onEvent(listener: (event: Event) => void): () => void {
    return this.events.add(listener)
  }

  async request(command: Command): Promise<Event> {
    const link = this.current ?? (await this.whenConnected())
    return link.request(command)
  }

  watch(topic: Topic): () => void {
    if (this.topics.add(topic) && this.current) void this.subscriber.subscribe(topic, this.current)
    let watching = true
    return () => {
      if (!watching) return
      watching = false
      if (this.topics.remove(topic)) this.current?.request({ action: 'unwatch', ...bare(topic) }).catch(() => undefined)
    }
  }

  reconnectNow(): void {
    if (this.status.phase === 'waiting') this.open()
  }

  close(): void {
    this.finish('closed')
  }

  welcomed(link: Link, welcome: Welcome): void {
    this.retirePrevious()
    this.previous = this.current
    this.current = link
    this.next = undefined
    this.scheduleSuccessor(welcome)
    const { principal, role, connection } = welcome
    this.setStatus({ phase: 'connected', principal, role, connection })
    this.connected.tell(link)
    void this.subscriber.subscribeAll(link).then(() => this.subscribed(link))
  }

  heard(link: Link, event: Event): void {
    if (event.type === 'bye' && !event.reconnect && this.links().includes(link)) return this.finish(event.code)
    this.events.tell(event)
  }

  ended(link: Link, opened: boolean, status?: number): void {
    const wasOurs = link === this.current || link === this.next
    if (link === this.previous) this.previous = undefined
    if (link === this.next) this.next = undefined
    if (link === this.current) this.fallBack()
    if (!wasOurs || this.status.phase === 'ended') return
    if (this.current === undefined && status !== undefined && status in FINAL_REFUSALS) {
      return this.finish(FINAL_REFUSALS[status] ?? '')
    }
    if (this.next !== undefined) return this.current ? undefined : this.setStatus({ phase: 'connecting' })
    this.failures += 1
    this.refusals = opened ? 0 : this.refusals + 1
    this.retry()
  }

  /** A link is a success once it has subscribed to every topic. If it is cut earlier, the pauses keep growing. */
  private subscribed(link: Link): void {
    if (link !== this.current || link.isOver) return
    this.failures = this.refusals = 0
    this.retirePrevious()
  }

  private retirePrevious(): void {
    const { previous } = this
    this.previous = undefined
    previous?.retire()
  }

  /** Makes the previous link current again and subscribes it to the topics that were added since. */
  private fallBack(): void {
    this.current = this.previous
    this.previous = undefined
    if (this.current !== undefined) void this.subscriber.subscribeAll(this.current)
  }

  private open(): void {
    const { Socket, url, token, clock } = this.options
    clock.cancel(this.timer)
    if (this.current === undefined) this.setStatus({ phase: 'connecting' })
    this.next = new Link(Socket, url, token, clock, this)
  }

  private retry(): void {
    const { clock } = this.options
    const pause = backoff(this.failures, clock)
    this.openAfter(pause)
    if (this.current === undefined) {
      this.setStatus({ phase: 'waiting', until: clock.now() + pause, refusals: this.refusals })
    }
  }

  /** Computes the lifetime from the server's own clock, because the local clock may be wrong. */
  private scheduleSuccessor(welcome: Welcome): void {
    const lifetime = Date.parse(welcome.connected_until) - Date.parse(welcome.at)
    if (Number.isNaN(lifetime)) return
    const lead = Math.min(SUCCEED_BEFORE_MS, lifetime / 4)
    this.openAfter(Math.min(LONGEST_TIMER_MS, lifetime - lead - this.options.clock.random() * lead))
  }

  private openAfter(pause: number): void {
    const { clock } = this.options
    clock.cancel(this.timer)
    this.timer = clock.after(pause, () => this.open())
  }

  private whenConnected(): Promise<Link> {
    if (this.status.phase === 'ended') return Promise.reject(WireError.unavailable('the connection is closed'))
    return new Promise((resolve, reject) => {
      const stop = this.connected.add((link) => {
        stop()
        this.options.clock.cancel(timer)
        if (link === undefined) reject(WireError.unavailable('the connection is closed'))
        else resolve(link)
      })
      const timer = this.options.clock.after(ANSWER_TIMEOUT_MS, () => {
        stop()
        reject(WireError.unavailable('there is no connection to the server'))
      })
    })
  }

  private finish(reason: string): void {
    if (this.status.phase === 'ended') return
    this.setStatus({ phase: 'ended', reason })
    this.options.clock.cancel(this.timer)
    for (const link of this.links()) link.end()
    this.connected.tell(undefined)
  }

  private links(): Link[] {
    return [this.current, this.next, this.previous].filter((link) => link !== undefined)
  }

  private setStatus(status: SourceStatus): void {
    this.status = status
    this.statuses.tell(status)
  }
}
