import type { Event } from './protocol'

type NoticeEvent = Extract<Event, { type: 'notice' }>

/** Something an admin said to everybody. */
export interface Notice {
  at: string
  text: string
}

/** How many are kept, as many as a new connection is told */
const MOST_NOTICES = 10

/** What was said to everybody, the newest first, without what the reader has put away. Every connection is told again. */
export class Notices {
  private all: readonly Notice[] = []
  private dismissedUntil = ''

  /** The same array until something changes. */
  shown(): readonly Notice[] {
    return this.all
  }

  add({ at, text }: NoticeEvent): void {
    const isKnown = this.all.some((other) => other.at === at && other.text === text)
    if (isKnown || at <= this.dismissedUntil) return
    const sorted = [...this.all, { at, text }].sort((one, other) => (one.at < other.at ? 1 : -1))
    this.all = sorted.slice(0, MOST_NOTICES)
  }

  /** Puts away everything that was said until now. */
  dismiss(): void {
    this.dismissedUntil = this.all[0]?.at ?? this.dismissedUntil
    this.all = []
  }
}
