import type { Command, Event, Role, Topic } from './protocol.ts'

/** The status of a source, for the components that show it. */
export type SourceStatus =
  | { phase: 'connecting' }
  | { phase: 'connected'; principal: string; role: Role; connection?: string }
  /** Between two tries. `refusals` counts the consecutive tries that were refused before the connection opened */
  | { phase: 'waiting'; until: number; refusals: number }
  /** The server said not to reconnect, or the connection was closed here */
  | { phase: 'ended'; reason: string }

/**
 * A source of events: a live connection or a replayed recording. Callers use both in the same way.
 *
 * The answer to a command goes to its caller; every other event goes to the listeners.
 */
export interface Source {
  readonly status: SourceStatus
  onStatus(listener: (status: SourceStatus) => void): () => void
  onEvent(listener: (event: Event) => void): () => void
  /** Sends a command. Rejects with a `WireError` if the command is refused, lost or not answered in time */
  request(command: Command): Promise<Event>
  /** Watches `topic`, also after reconnecting, until the returned function is called */
  watch(topic: Topic): () => void
  /** Retries at once instead of waiting */
  reconnectNow(): void
  close(): void
}
