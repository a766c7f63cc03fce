import type { Command, Event, Role, Topic } from './protocol'

/** What anybody who shows jobs needs to know of where they come from. */
export type SourceStatus =
  | { phase: 'connecting' }
  | { phase: 'connected'; principal: string; role: Role; connection?: string }
  /** Between two tries. `refusals` counts the tries in a row that were turned away before the connection opened */
  | { phase: 'waiting'; until: number; refusals: number }
  /** The server said not to come back, or nobody wants to any more */
  | { phase: 'ended'; reason: string }

/**
 * Where events come from: a live connection, or a recording that is played. Whoever uses one cannot tell which.
 *
 * The answer to a command goes to whoever asked for it; every other event goes to the listeners.
 */
export interface Source {
  readonly status: SourceStatus
  onStatus(listener: (status: SourceStatus) => void): () => void
  onEvent(listener: (event: Event) => void): () => void
  /** Asks for something. Rejects with a `WireError` when it is refused, lost or not answered in time */
  request(command: Command): Promise<Event>
  /** Keeps `topic` watched, over reconnections too, until the function it returns is called */
  watch(topic: Topic): () => void
  /** Tries again at once instead of waiting */
  reconnectNow(): void
  close(): void
}
