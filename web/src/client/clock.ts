export type Timer = ReturnType<typeof setTimeout>

/** Time, passed in so that tests can hold it still. */
export interface Clock {
  now(): number
  after(milliseconds: number, run: () => void): Timer
  cancel(timer: Timer | undefined): void
  /** From 0 up to, not including, 1 */
  random(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, run) => setTimeout(run, milliseconds),
  cancel: (timer) => clearTimeout(timer),
  random: () => Math.random(),
}
