import { backoff } from './backoff'
import type { Clock, Timer } from './clock'
import { ANSWER_TIMEOUT_MS, Link, type LinkOwner, type SocketClass, type Welcome } from './link'
import { Listeners } from './listeners'
import type { Command, Event, Topic } from './protocol'
import type { Source, SourceStatus } from './source'
import { Topics } from './topics'
import { WireError } from './wire-error'

export interface ConnectionOptions {
  url: string
  token: string
  Socket: SocketClass
  clock: Clock
}

/** How long before the platform cuts a connection its successor is opened, where the connection lives that long. */
const SUCCEED_BEFORE_MS = 60_000

/** Timers that run longer than 31 bits of milliseconds fire at once instead */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const RESUBSCRIBE_AFTER_MS = 2_000

/**
 * A connection that stays: when a link is lost the next one is opened after a growing pause, and before the platform
 * cuts one its successor is opened beside it, so that nothing is missed. Everything watched is watched again on each
 * new link, and its answer is the whole state: there is nothing to recover.
 *
 * Commands are not repeated: one whose link is lost is rejected as temporary, and its sender decides.
 */
export class Connection implements Source, LinkOwner {
  status: SourceStatus = { phase: 'connecting' }
  private readonly statuses = new Listeners<SourceStatus>()
  private readonly events = new Listeners<Event>()
  private readonly topics = new Topics()
  /** Told the link once there is one, or nothing when there will be none */
  private readonly connected = new Listeners<Link | undefined>()
  /** The link that commands go to, once it is welcomed */
  private current: Link | undefined
  /** The link that is being opened, beside the current one or in its place */
  private next: Link | undefined
  /** When to open the next link, whether after a failure or before the current one is cut */
  private timer: Timer | undefined
  private failures = 0
  private refusals = 0

  constructor(private readonly options: ConnectionOptions) {
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
    if (this.topics.add(topic) && this.current) void this.subscribe(topic, this.current)
    let watching = true
    return () => {
      if (!watching) return
      watching = false
      if (this.topics.remove(topic)) this.current?.request({ action: 'unwatch', ...topic }).catch(() => undefined)
    }
  }

  reconnectNow(): void {
    if (this.status.phase === 'waiting') this.open()
  }

  close(): void {
    this.finish('closed')
  }

  welcomed(link: Link, welcome: Welcome): void {
    const previous = this.current
    this.current = link
    this.next = undefined
    this.failures = this.refusals = 0
    this.scheduleSuccessor(welcome)
    this.setStatus({ phase: 'connected', principal: welcome.principal, role: welcome.role })
    this.connected.tell(link)
    // The old link keeps talking until the new one was told everything that is watched.
    const answers = this.topics.all().map((topic) => this.subscribe(topic, link))
    void Promise.all(answers).then(() => previous?.retire())
  }

  heard(link: Link, event: Event): void {
    const isOurs = link === this.current || link === this.next
    if (event.type === 'bye' && !event.reconnect && isOurs) return this.finish(event.code)
    this.events.tell(event)
  }

  ended(link: Link, opened: boolean): void {
    const wasOurs = link === this.current || link === this.next
    if (link === this.current) this.current = undefined
    if (link === this.next) this.next = undefined
    if (!wasOurs || this.status.phase === 'ended') return
    if (this.next !== undefined) return this.setStatus({ phase: 'connecting' })
    this.failures += 1
    this.refusals = opened ? 0 : this.refusals + 1
    this.retry()
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

  /** Counts from the server's own clock to its own deadline, because this one's may be wrong. */
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

  /** A refusal that will not go away by itself is told as an event, with the job it concerns; the others are repeated. */
  private async subscribe(topic: Topic, link: Link): Promise<void> {
    try {
      this.events.tell(await link.request({ action: 'watch', ...topic }))
    } catch (error) {
      if (!(error instanceof WireError) || link !== this.current || !this.topics.has(topic)) return
      if (error.temporary) {
        this.options.clock.after(RESUBSCRIBE_AFTER_MS, () => this.topics.has(topic) && this.subscribe(topic, link))
        return
      }
      const { code, message, temporary } = error
      this.events.tell({ type: 'error', at: '', code, message, temporary, ...(topic.job ? { job: topic.job } : {}) })
    }
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
    for (const link of [this.current, this.next]) link?.end()
    this.connected.tell(undefined)
  }

  private setStatus(status: SourceStatus): void {
    this.status = status
    this.statuses.tell(status)
  }
}
