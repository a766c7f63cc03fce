import type { Clock, Timer } from './clock.ts'

/** A clock that can cancel all timers that were set on it, so that nothing keeps a process alive. */
export class OwnTimers implements Clock {
  private readonly timers = new Set<Timer>()
  /** Who waits for a pause */
  private readonly waiting = new Set<() => void>()

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now()
  }

  random(): number {
    return this.clock.random()
  }

  after(milliseconds: number, run: () => void): Timer {
    const timer = this.clock.after(milliseconds, () => {
      this.timers.delete(timer)
      run()
    })
    this.timers.add(timer)
    return timer
  }

  cancel(timer: Timer | undefined): void {
    this.clock.cancel(timer)
    if (timer !== undefined) this.timers.delete(timer)
  }

  /** Settles after a while, or when all timers are cancelled. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done)
        resolve()
      }
      this.waiting.add(done)
      this.after(milliseconds, done)
    })
  }

  cancelAll(): void {
    for (const timer of this.timers) this.clock.cancel(timer)
    this.timers.clear()
    for (const done of [...this.waiting]) done()
  }
}
