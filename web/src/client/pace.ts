import type { Event } from './protocol.ts'

/** The shortest and the longest interval that is shown. A server may send any number, and a short one is not slow */
const INTERVAL_MS = { shortest: 1_000, longest: 600_000 }

/** News that come more intervals after the last announcement were not collected: the server is fast again */
const INTERVALS_UNTIL_FAST = 3

/**
 * The events that only ever come as news. All others also come unannounced from a slow server, for example as an
 * answer, as a whole state, as a comment or as an update of the list.
 */
const NEWS: readonly Event['type'][] = ['test.started', 'test.finished', 'step.started', 'step.finished']

/**
 * How often the news of a job come. A slow server announces its interval at the start of each message. Several servers
 * may do so for one job, and the last announcement counts. Silence does not end the pace, because a slow server may have
 * no news. News that come long after the last announcement end it. A server that is still slow announces it again.
 */
export class Pace {
  /** How long news are collected, in milliseconds; `undefined` while they come at once */
  everyMs: number | undefined
  private announcedAt = 0

  apply(event: Event, now: number): void {
    if (event.type === 'pace') this.announce(event.every_ms, now)
    else if (NEWS.includes(event.type) && this.isOutdated(now)) this.everyMs = undefined
  }

  private announce(everyMs: unknown, now: number): void {
    // The types do not hold for what a server really sends.
    if (typeof everyMs !== 'number' || !Number.isFinite(everyMs) || everyMs <= 0) return
    this.everyMs = Math.min(INTERVAL_MS.longest, Math.max(INTERVAL_MS.shortest, everyMs))
    this.announcedAt = now
  }

  private isOutdated(now: number): boolean {
    return this.everyMs !== undefined && now - this.announcedAt > INTERVALS_UNTIL_FAST * this.everyMs
  }
}
