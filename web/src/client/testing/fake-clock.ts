import type { Clock, Timer } from '../clock.ts'

interface Planned {
  at: number
  run: () => void
}

/** A clock that moves only when a test calls `advance`. */
export class FakeClock implements Clock {
  /** The result of `random`: it selects the longest pause of the jitter, so that tests know when the pause ends */
  randomness = 0.999_999
  private time = Date.parse('2025-11-22T09:00:00.000Z')
  private readonly planned = new Map<number, Planned>()
  private lastTimer = 0

  /** How many timers are set */
  get timers(): number {
    return this.planned.size
  }

  now(): number {
    return this.time
  }

  random(): number {
    return this.randomness
  }

  after(milliseconds: number, run: () => void): Timer {
    this.planned.set(++this.lastTimer, { at: this.time + Math.max(0, milliseconds), run })
    return this.lastTimer as unknown as Timer
  }

  cancel(timer: Timer | undefined): void {
    this.planned.delete(timer as unknown as number)
  }

  /** Lets time pass in which no timer fires, because the caller works. */
  work(milliseconds: number): void {
    this.time += milliseconds
  }

  /** Advances the time, runs the timers that are due, and settles all promises after each. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.time + milliseconds
    await settled()
    for (let next = this.nextUntil(until); next !== undefined; next = this.nextUntil(until)) {
      const [timer, { at, run }] = next
      this.planned.delete(timer)
      this.time = Math.max(this.time, at)
      run()
      await settled()
    }
    this.time = Math.max(this.time, until)
  }

  private nextUntil(until: number): [number, Planned] | undefined {
    const due = [...this.planned].filter(([, { at }]) => at <= until)
    return due.sort(([one, { at }], [other, { at: otherAt }]) => at - otherAt || one - other)[0]
  }
}

/** Waits until all promises that can settle have settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
