import type { Clock, Timer } from './clock'
import type { Event } from './protocol'
import { WireError } from './wire-error'

interface Waiting {
  resolve(answer: Event): void
  reject(error: WireError): void
  timer: Timer
}

/** The commands that wait for their answer. Every one of them is settled: answered, refused, timed out or lost. */
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

  /** Gives the command an id, has it sent, and waits for the answer that repeats the id. */
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

  /** Whether `event` was the answer to one of them. */
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
