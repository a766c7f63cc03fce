import type { Event } from './protocol.ts'

type NoticeEvent = Extract<Event, { type: 'notice' }>

/** A message that an admin broadcast to all clients. */
export interface Notice {
  at: string
  text: string
}

/** How many notices are kept; the server sends a new connection as many */
const MOST_NOTICES = 10

/** The notices that the user has not dismissed, newest first. The server sends them again on each new connection. */
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

  /** Dismisses all notices received so far. */
  dismiss(): void {
    this.dismissedUntil = this.all[0]?.at ?? this.dismissedUntil
    this.all = []
  }
}
