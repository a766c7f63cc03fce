import { backoff } from './backoff'
import type { Clock } from './clock'
import type { Link } from './link'
import type { Event, Topic } from './protocol'
import type { Topics } from './topics'
import { WireError } from './wire-error'

/** Says on a link what is watched, until the link has taken it in, and tells what it answers. */
export class Subscriber {
  constructor(
    private readonly topics: Topics,
    private readonly clock: Clock,
    private readonly tell: (event: Event) => void,
  ) {}

  /** Everything that is watched now. */
  async subscribeAll(link: Link): Promise<void> {
    await Promise.all(this.topics.all().map((topic) => this.subscribe(topic, link)))
  }

  /**
   * Ends once `topic` is watched on `link` or refused for good, nobody wants it any more, or the link is over. A
   * refusal for good is told as an event, with the job it concerns; the others are asked again after a growing pause.
   */
  async subscribe(topic: Topic, link: Link): Promise<void> {
    for (let tries = 1; this.topics.has(topic) && !link.isOver; tries += 1) {
      const answer = await link.request({ action: 'watch', ...topic }).catch((error: WireError) => error)
      if (!(answer instanceof WireError)) return this.tell(answer)
      if (!answer.temporary) return this.refused(topic, answer)
      await new Promise<void>((resolve) => this.clock.after(backoff(tries, this.clock), resolve))
    }
  }

  private refused(topic: Topic, { code, message, temporary }: WireError): void {
    // A server that does not know this connection any more has refused the connection, which ends, and not the topic.
    if (code === 'unauthorized') return
    this.tell({ type: 'error', at: '', code, message, temporary, ...(topic.job ? { job: topic.job } : {}) })
  }
}
