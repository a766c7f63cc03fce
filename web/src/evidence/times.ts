import type { ExchangeTimes } from '../client/protocol'

/** A part of the time that a request took. */
export interface TimePart {
  name: 'waiting' | 'name' | 'connection' | 'answer' | 'body'
  /** What happened in it */
  about: string
  microseconds: number
}

/** The parts of a request that took place, in their order. A connection that was used again has neither of two. */
export function timeParts(times: ExchangeTimes): TimePart[] {
  const { waiting_us, name_us, connect_us, answer_us, body_us } = times
  const parts: (Omit<TimePart, 'microseconds'> & { microseconds: number | undefined })[] = [
    { name: 'waiting', about: 'until its turn at the host', microseconds: waiting_us },
    { name: 'name', about: 'resolving the name of the host', microseconds: name_us },
    { name: 'connection', about: 'connecting, with TLS', microseconds: connect_us },
    { name: 'answer', about: 'from the request to the headers of the answer', microseconds: answer_us },
    { name: 'body', about: 'reading the body of the answer', microseconds: body_us },
  ]
  return parts.flatMap((part) =>
    part.microseconds === undefined ? [] : [{ ...part, microseconds: part.microseconds }],
  )
}
