import type { Clock, Timer } from './clock.ts'
import type { Event } from './protocol.ts'
import { WireError } from './wire-error.ts'

interface Waiting {
  resolve(answer: Event): void
  reject(error: WireError): void
  timer: Timer
}

/** The commands that wait for an answer. Each one is settled in the end: answered, refused, timed out or lost. */
export class Pending {
  private readonly waiting = new Map<number, Waiting>()
  private lastId = 0

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  get isEmpty(): boolean {
    return this.waiting.size === 0
  }

  /** Assigns an id to the command, sends it with `send`, and waits for the answer with the same id. */
  add(send: (id: number) => void): Promise<Event> {
    const id = ++this.lastId
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(this.timeoutMs, () => {
        const seconds = Math.round(this.timeoutMs / 1000)
        this.take(id)?.reject(WireError.unavailable(`the server did not answer within ${seconds} s`))
      })
      this.waiting.set(id, { resolve, reject, timer })
      send(id)
    })
  }

  /** Settles the command that `event` answers. Returns whether there was one. */
  settle(event: Event): boolean {
    const waiting = typeof event.re === 'number' ? this.take(event.re) : undefined
    if (waiting === undefined) return false
    if (event.type === 'error') waiting.reject(WireError.from(event))
    else waiting.resolve(event)
    return true
  }

  rejectAll(error: WireError): void {
    for (const id of [...this.waiting.keys()]) this.take(id)?.reject(error)
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id)
    this.clock.cancel(waiting?.timer)
    this.waiting.delete(id)
    return waiting
  }
}
