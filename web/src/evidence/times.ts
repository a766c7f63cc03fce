import type { ExchangeTimes } from 'stepcast-client'

/** A part of the time that a request took. */
export interface TimePart {
  name: 'waiting' | 'name' | 'connection' | 'TLS' | 'answer' | 'body'
  /** What happened in it */
  about: string
  microseconds: number
}

/** The parts of a request that took place, in their order. A connection that was used again has none of three. */
export function timeParts(times: ExchangeTimes): TimePart[] {
  const { waiting_us, name_us, connect_us, tls_us, answer_us, body_us } = times
  const parts: (Omit<TimePart, 'microseconds'> & { microseconds: number | undefined })[] = [
    { name: 'waiting', about: 'until its turn at the host', microseconds: waiting_us },
    { name: 'name', about: 'resolving the name of the host', microseconds: name_us },
    { name: 'connection', about: 'connecting', microseconds: connect_us },
    { name: 'TLS', about: 'agreeing on how the connection is encrypted', microseconds: tls_us },
    { name: 'answer', about: 'from the request to the headers of the answer', microseconds: answer_us },
    { name: 'body', about: 'reading the body of the answer', microseconds: body_us },
  ]
  return parts.flatMap((part) =>
    part.microseconds === undefined ? [] : [{ ...part, microseconds: part.microseconds }],
  )
}
