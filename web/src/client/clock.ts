export type Timer = ReturnType<typeof setTimeout>

/** The clock and timers, passed in so that tests can control time. */
export interface Clock {
  now(): number
  after(milliseconds: number, run: () => void): Timer
  cancel(timer: Timer | undefined): void
  /** At least 0 and less than 1 */
  random(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, run) => setTimeout(run, milliseconds),
  cancel: (timer) => clearTimeout(timer),
  random: () => Math.random(),
}
