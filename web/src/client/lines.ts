import type { Event } from './protocol.ts'

/** The events of one frame, one JSON object per line. Skips lines that are not events and keeps the others. */
export function eventsOf(frame: string): Event[] {
  return frame.split('\n').flatMap((line) => {
    const event = line.trim() === '' ? undefined : parse(line)
    return event === undefined ? [] : [event]
  })
}

function parse(line: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(line)
    const isEvent = typeof value === 'object' && value !== null && 'type' in value
    return isEvent ? (value as Event) : undefined
  } catch {
    return undefined
  }
}
