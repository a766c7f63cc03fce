import { backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { Link } from './link.ts'
import type { Event, Topic } from './protocol.ts'
import { keyOf, type Topics } from './topics.ts'
import { WireError } from './wire-error.ts'

/** Sends `watch` for each topic on a link until the server accepts it, and passes on the answers. */
export class Subscriber {
  constructor(
    private readonly topics: Topics,
    private readonly clock: Clock,
    private readonly tell: (event: Event) => void,
  ) {}

  /** The last subscription to each topic on a link: a later one, which needs more, must not overtake it. */
  private readonly turns = new WeakMap<Link, Map<string, Promise<void>>>()

  /** Subscribes to every topic that is watched now. */
  async subscribeAll(link: Link): Promise<void> {
    await Promise.all(this.topics.all().map((topic) => this.subscribe(topic, link)))
  }

  /**
   * Returns once the server accepts `topic` on `link` or rejects it permanently, the topic has no watchers left, or the
   * link has ended. Passes on a permanent rejection as an event, with its job; retries others after a growing pause.
   */
  async subscribe(topic: Topic, link: Link): Promise<void> {
    const turns = this.turns.get(link) ?? new Map<string, Promise<void>>()
    this.turns.set(link, turns)
    const before = turns.get(keyOf(topic))
    const own = before === undefined ? this.ask(topic, link) : before.then(() => this.ask(topic, link))
    turns.set(keyOf(topic), own)
    await own
  }

  private async ask(topic: Topic, link: Link): Promise<void> {
    for (let tries = 1; !link.isOver; tries += 1) {
      const needed = this.topics.needed(topic)
      if (needed === undefined) return
      const answer = await link.request({ action: 'watch', ...needed }).catch((error: WireError) => error)
      if (!(answer instanceof WireError)) return this.tell(answer)
      if (!answer.temporary) return this.refused(topic, answer)
      await new Promise<void>((resolve) => this.clock.after(backoff(tries, this.clock), resolve))
    }
  }

  private refused(topic: Topic, { code, message, temporary }: WireError): void {
    // The server no longer knows this connection. It rejects the connection, which ends, and not the topic.
    if (code === 'unauthorized') return
    this.tell({ type: 'error', at: '', code, message, temporary, ...(topic.job ? { job: topic.job } : {}) })
  }
}
