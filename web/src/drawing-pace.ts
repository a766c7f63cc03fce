import type { Clock } from 'stepcast-client'

/** The pause between two drawings, in milliseconds. Half of the shortest takes a fifth more of the main thread */
const PAUSE_MS = { shortest: 200, longest: 500 }

/** How many times as long as a drawing took the page is left alone after it: for scrolling, typing and clicks */
const REST = 5

/**
 * Draws the page with the next frame after a change. While changes keep coming, it waits between two drawings, the
 * longer the more the last one cost: on a busy or slow machine, most frames stay free for what the user does.
 */
export class DrawingPace {
  private earliest = 0
  private lastCost = 0
  private isDrawing = false
  /** What was asked for while it was not yet known how long the drawing takes */
  private readonly waiting: (() => void)[] = []

  constructor(
    private readonly clock: Clock,
    private readonly nextFrame: (run: () => void) => void,
    private readonly pauseMs: { shortest: number; longest: number } = PAUSE_MS,
  ) {}

  beforeNextFrame(run: () => void): void {
    const wait = this.earliest - this.clock.now()
    if (this.isDrawing) this.waiting.push(run)
    else if (wait > 0) this.clock.after(wait, () => this.beforeNextFrame(run))
    else this.nextFrame(() => this.draw(run))
  }

  private draw(run: () => void): void {
    const start = this.clock.now()
    this.isDrawing = true
    // A timer that is set in a frame fires after the browser has laid the page out and painted it.
    this.clock.after(0, () => this.drawn(this.clock.now() - start))
    run()
  }

  private drawn(cost: number): void {
    this.isDrawing = false
    // A page that opens is slow to draw once. The smaller of two costs is that of an update.
    const pause = REST * Math.min(cost, this.lastCost)
    this.lastCost = cost
    const { shortest, longest } = this.pauseMs
    this.earliest = this.clock.now() + Math.min(longest, Math.max(shortest, pause))
    for (const run of this.waiting.splice(0)) this.beforeNextFrame(run)
  }
}
