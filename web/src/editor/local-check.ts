import { type Checked, check } from './check'
import { SUITE_SCHEMA } from './suite-schema'

const SHORTEST_PAUSE_MS = 400
/** The pause is at least this many times as long as the last check took, so that checking never fills the time. */
const PAUSES_PER_CHECK = 5

/** Checks a text once it has not changed for a while. */
export class LocalCheck {
  private timer: ReturnType<typeof setTimeout> | undefined
  private pause = SHORTEST_PAUSE_MS

  constructor(private readonly onChecked: (checked: Checked, text: string) => void) {}

  soon(text: string): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.now(text), this.pause)
  }

  stop(): void {
    clearTimeout(this.timer)
  }

  private now(text: string): void {
    const start = performance.now()
    const checked = check(text, SUITE_SCHEMA)
    this.pause = Math.max(SHORTEST_PAUSE_MS, PAUSES_PER_CHECK * (performance.now() - start))
    this.onChecked(checked, text)
  }
}
